"""An embedder that remembers questions, so that a second run over the same set embeds nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from kb.ports import Embedder, Vectors
from kb.records import EmbeddingSpace

_SAVED_EVERY = 500  # new questions: some seconds of embedding, which is what a killed run may lose


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
        self._new: dict[str, Vectors] = {}

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
            self._vectors[key] = self._new[key] = self._embedder.embed_question(text)
            if len(self._new) >= _SAVED_EVERY:
                self.save()
        return self._vectors[key]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the embedder counts."""
        return self._embedder.count_tokens(texts)

    def save(self) -> None:
        """Keeps what is new, beside what another run has kept meanwhile."""
        if not self._new:
            return
        self._vectors = self._load() | self._vectors
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez(file, keys=np.array(list(self._vectors)), vectors=np.stack(list(self._vectors.values())))
        part.replace(self._path)
        self._new = {}

    def _load(self) -> dict[str, Vectors]:
        try:
            with self._path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # missing or damaged: embedded anew
            return {}
