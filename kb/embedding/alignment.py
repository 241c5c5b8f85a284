"""Turning the vectors of one model so that they mean the same as another's.

Two sentence embedders differ, for the most part, by a rotation (Mikolov, Le and Sutskever, arXiv 1309.4168; orthogonal:
Xing et al., NAACL 2015, p. 1008; Smith et al., arXiv 1702.03859). It is learnt on texts that both can read
(`benchmarks/embedding_alignment.py`) and keeps every cosine between two vectors of the turned model.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelError
from kb.ports import Vectors

PACKAGED_ALIGNMENT = Path(__file__).with_name("alignment.npz")

# The rotation is stored in half precision: this far from orthogonal it may be, a damaged file is further.
_ROTATION_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """What is done to the turned model's vectors: the mean taken off, then the rotation.

    Attributes:
        question_mean: mean of the turned model's vectors of questions, (dimension,).
        passage_mean: the same of passages.
        rotation: (dimension, dimension), orthogonal; multiplied from the right.
        digest: the first 16 hexadecimal digits of a hash of the file; a part of the embedding space's revision.
    """

    question_mean: NDArray[np.float32]
    passage_mean: NDArray[np.float32]
    rotation: NDArray[np.float32]
    digest: str

    def turn_question(self, vector: Vectors) -> Vectors:
        """A question's unit vector, (dimension,), in the other model's space."""
        turned: Vectors = self._turn(vector[np.newaxis], self.question_mean)[0]
        return turned

    def turn_passages(self, vectors: Vectors) -> Vectors:
        """Passages' unit vectors, (count, dimension), in the other model's space."""
        return self._turn(vectors, self.passage_mean)

    def _turn(self, vectors: Vectors, mean: NDArray[np.float32]) -> Vectors:
        turned = (vectors - mean) @ self.rotation
        lengths = np.linalg.norm(turned, axis=1, keepdims=True)
        return np.asarray(turned / np.maximum(lengths, 1e-12), dtype=np.float32)


def read_alignment(file: Path = PACKAGED_ALIGNMENT) -> Alignment:
    """Reads what `write_alignment` wrote.

    Raises:
        ModelError: the file is missing or damaged.
    """
    try:
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            parts = {name: stored[name].astype(np.float32) for name in ("question_mean", "passage_mean", "rotation")}
    except Exception as error:  # numpy and zipfile raise OSError, ValueError, KeyError, BadZipFile and zlib.error
        raise ModelError(f"cannot read {file}", str(error), "Install ibid anew") from error
    rotation = parts["rotation"]
    off = float(np.abs(rotation @ rotation.T - np.eye(len(rotation), dtype=np.float32)).max())
    if not off <= _ROTATION_TOLERANCE:  # "not <=" so that a NaN is refused
        raise ModelError(f"cannot use {file}", f"its rotation is off by {off:.3g}", "Install ibid anew")
    return Alignment(digest=digest, **parts)


def write_alignment(
    file: Path, question_mean: NDArray[np.float32], passage_mean: NDArray[np.float32], rotation: NDArray[np.float32]
) -> None:
    """Writes an alignment in half precision, byte for byte the same for the same numbers."""
    half = np.float16
    np.savez(
        file,
        question_mean=question_mean.astype(half),
        passage_mean=passage_mean.astype(half),
        rotation=rotation.astype(half),
    )


def fit_rotation(turned: NDArray[np.float32], kept: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rotation that brings `turned` closest to `kept`, both (count, dimension), row by row.

    The orthogonal Procrustes problem: with the singular value decomposition U S V' of turned' kept, it is U V'
    (Schönemann, Psychometrika 31, 1966, p. 5).
    """
    left, _, right = np.linalg.svd(turned.T @ kept)
    return np.asarray(left @ right, dtype=np.float32)
