"""An embedder that remembers questions, so that a second run over the same set embeds nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kb.ports import Embedder, Vectors
from kb.records import EmbeddingSpace


class RememberingEmbedder:
    """Passes everything on to an embedder, except questions that were embedded before.

    Args:
        embedder: does the work.
        folder: where the questions' vectors are kept, in one file for each embedding space.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self._path = folder / f"questions-{embedder.space.id}.npz"
        self._vectors: dict[str, Vectors] = self._load()
        self._new = False

    @property
    def space(self) -> EmbeddingSpace:
        """The embedder's own."""
        return self._embedder.space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension)."""
        return self._embedder.embed_passages(texts)

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,)."""
        key = hashlib.sha256(text.encode()).hexdigest()
        if key not in self._vectors:
            self._vectors[key] = self._embedder.embed_question(text)
            self._new = True
        return self._vectors[key]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the embedder counts."""
        return self._embedder.count_tokens(texts)

    def save(self) -> None:
        """Keeps what is new."""
        if self._new:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            keys, vectors = list(self._vectors), np.stack(list(self._vectors.values()))
            with self._path.with_suffix(".part").open("wb") as file:
                np.savez(file, keys=np.array(keys), vectors=vectors)
            self._path.with_suffix(".part").replace(self._path)
            self._new = False

    def _load(self) -> dict[str, Vectors]:
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError):  # missing or damaged: embedded anew
            return {}
