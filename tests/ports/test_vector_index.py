from __future__ import annotations

import sys

import numpy as np
import pytest

from kb.errors import MissingPartError
from kb.ports import Ids, Scores, VectorIndex, Vectors
from retriever.faiss_index import FaissIndex
from tests.ports.vector_index_suite import VectorIndexSuite


class ExactIndex:
    """The port in plain numpy: slow and obviously right."""

    def __init__(self) -> None:
        self._vectors: dict[int, Vectors] = {}

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self._vectors.update(zip(ids.tolist(), vectors, strict=True))

    def remove(self, ids: Ids) -> None:
        for number in ids.tolist():
            self._vectors.pop(number, None)

    def search(self, vector: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        wanted = self._vectors.keys() if allowed is None else self._vectors.keys() & set(allowed.tolist())
        scored = sorted(((float(self._vectors[number] @ vector), number) for number in wanted), reverse=True)[:k]
        return np.array([n for _, n in scored], np.int64), np.array([s for s, _ in scored], np.float32)


class TestFaissIndex(VectorIndexSuite):
    def make(self, dimension: int) -> VectorIndex:
        return FaissIndex(dimension)


class TestExactIndex(VectorIndexSuite):
    def make(self, dimension: int) -> VectorIndex:
        return ExactIndex()


def test_without_faiss_the_error_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)  # as if it were not installed
    with pytest.raises(MissingPartError, match=r"ibid\[cpu\].*ibid\[gpu\]"):
        FaissIndex(8)
