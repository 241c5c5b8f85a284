"""Exact search over vectors in memory that come and go: a small collection, or what is new in a large one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import MissingPartError
from kb.ports import Ids, Scores, Vectors

NOTHING: tuple[Ids, Scores] = (np.zeros(0, np.int64), np.zeros(0, np.float32))


class FlatIndex:
    """Exact inner products over half-precision vectors, which are what the catalog holds: nothing is lost.

    Half precision is twice as fast as single precision, since a search reads every vector once. Searches may run side
    by side; a change needs the index for itself.
    """

    def __init__(self, dimension: int) -> None:
        self._faiss: Any = load_faiss()
        self._dimension = dimension
        self._vectors = half_precision(self._faiss, dimension)
        self._index = self._faiss.IndexIDMap(self._vectors)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Adds vectors of shape (n, dimension) under ids of shape (n,). Ids already present are replaced."""
        if len(ids) == 0:
            return
        self.remove(ids)
        _, first_from_behind = np.unique(ids[::-1], return_index=True)
        last = np.sort(len(ids) - 1 - first_from_behind)  # of an id given twice, the last vector counts
        self._index.add_with_ids(np.ascontiguousarray(vectors[last], np.float32), np.ascontiguousarray(ids[last]))

    def remove(self, ids: Ids) -> None:
        """Removes what is present of `ids`; the others are passed over."""
        if len(ids) and len(self):
            self._index.remove_ids(self._faiss.IDSelectorBatch(np.ascontiguousarray(ids, np.int64)))

    def search(self, vector: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """At most `k` ids and scores, best first; only among `allowed` where given."""
        count = min(k, len(self) if allowed is None else len(allowed), len(self))
        if count <= 0:
            return NOTHING
        one_thread(self._faiss)
        parameters = None if allowed is None else self._faiss.SearchParameters(sel=self._selector(allowed))
        scores, ids = self._index.search(as_query(vector), count, params=parameters)
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def contents(self) -> tuple[Ids, NDArray[np.float16]]:
        """All ids and, row by row, their vectors: copies."""
        codes = self._faiss.vector_to_array(self._vectors.codes).view(np.float16)
        return self._faiss.vector_to_array(self._index.id_map), codes.reshape(-1, self._dimension)

    def _selector(self, allowed: Ids) -> Any:
        # One bit for each number up to the largest: built and asked ten times faster than a set of numbers.
        bits = np.zeros(int(allowed.max()) + 1, dtype=bool)
        bits[allowed] = True
        return self._faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))


def load_faiss() -> Any:
    """The module `faiss`.

    Raises:
        MissingPartError: neither of its builds is installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise MissingPartError(
            "dense search needs FAISS, which is not installed",
            advice="Run `pip install 'ibid[cpu]'`, or `pip install 'ibid[gpu]'` on a machine with a CUDA GPU",
        ) from error
    return faiss


def half_precision(faiss: Any, dimension: int) -> Any:
    """An empty FAISS index of half-precision rows for inner products."""
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def one_thread(faiss: Any) -> None:
    """Lets the calling thread's next FAISS calls use no other: clients on a busy machine would fight for the cores.

    FAISS keeps this number for each thread; with more, a search on a busy machine costs six times the CPU.
    """
    faiss.omp_set_num_threads(1)


def as_query(vector: Vectors) -> Vectors:
    """The vector as FAISS takes it: shape (1, dimension)."""
    return np.ascontiguousarray(vector, np.float32).reshape(1, -1)
