"""FAISS behind the `VectorIndex` port: exact search, on the GPU where FAISS sees one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import MissingPartError
from kb.ports import Ids, Scores, Vectors

_MOST_FROM_A_GPU = 2048  # FAISS's own limit of results for one question
_COPIED_AT_ONCE = 100_000  # vectors widened to single precision on their way to the GPU: 150 MB at 384 dimensions


class FaissIndex:
    """Exact inner products over half-precision vectors, which are what the catalog holds: nothing is lost.

    Searches may run side by side; a change needs the index for itself (`DenseIndex` sees to it). Half precision is
    twice as fast as single precision, since a search reads every vector once.
    """

    def __init__(self, dimension: int) -> None:
        self._faiss: Any = load_faiss()
        self._dimension = dimension
        half = self._faiss.ScalarQuantizer.QT_fp16
        self._vectors = self._faiss.IndexScalarQuantizer(dimension, half, self._faiss.METRIC_INNER_PRODUCT)
        self._index = self._faiss.IndexIDMap(self._vectors)
        self._gpu = _GpuCopy(self._faiss) if _has_gpu(self._faiss) else None

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
        if self._gpu:
            self._gpu.forget()

    def search(self, vector: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """At most `k` ids and scores, best first; only among `allowed` where given."""
        count = min(k, len(self) if allowed is None else len(allowed))
        if count <= 0 or len(self) == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        query = np.ascontiguousarray(vector, np.float32).reshape(1, -1)
        if self._gpu and allowed is None:
            return self._gpu.search(query, count, self.contents)
        # FAISS keeps this number for each thread; with more, a search on a busy machine costs six times the CPU.
        self._faiss.omp_set_num_threads(1)
        parameters = None if allowed is None else self._faiss.SearchParameters(sel=self._selector(allowed))
        scores, ids = self._index.search(query, count, params=parameters)
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def contents(self) -> tuple[Ids, NDArray[np.float16]]:
        """All ids and, row by row, their vectors."""
        codes = self._faiss.vector_to_array(self._vectors.codes).view(np.float16)
        return self._faiss.vector_to_array(self._index.id_map), codes.reshape(-1, self._dimension)

    def _selector(self, allowed: Ids) -> Any:
        # One bit for each number up to the largest: built and asked ten times faster than a set of numbers.
        bits = np.zeros(int(allowed.max()) + 1, dtype=bool)
        bits[allowed] = True
        return self._faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))


class _GpuCopy:
    """The same vectors on the first GPU, copied anew after a change. One search at a time, as FAISS demands."""

    def __init__(self, faiss: Any) -> None:
        self._faiss = faiss
        self._resources = faiss.StandardGpuResources()
        self._lock = threading.Lock()
        self._index: Any = None
        self._ids: Ids = np.zeros(0, np.int64)

    def forget(self) -> None:
        self._index = None

    def search(
        self, query: Vectors, k: int, contents: Callable[[], tuple[Ids, NDArray[np.float16]]]
    ) -> tuple[Ids, Scores]:
        with self._lock:
            if self._index is None:
                self._copy(*contents())
            scores, rows = self._index.search(query, min(k, _MOST_FROM_A_GPU))
        found = rows[0] >= 0
        return self._ids[rows[0][found]], scores[0][found]

    def _copy(self, ids: Ids, vectors: NDArray[np.float16]) -> None:
        settings = self._faiss.GpuIndexFlatConfig()
        settings.useFloat16 = True
        index = self._faiss.GpuIndexFlatIP(self._resources, vectors.shape[1], settings)
        for first in range(0, len(ids), _COPIED_AT_ONCE):
            index.add(vectors[first : first + _COPIED_AT_ONCE].astype(np.float32))
        self._index, self._ids = index, ids


def load_faiss() -> ModuleType:
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
    module: ModuleType = faiss
    return module


def _has_gpu(faiss: Any) -> bool:
    # The CPU build also has get_num_gpus; only the GPU build has what is needed to use one.
    return getattr(faiss, "get_num_gpus", lambda: 0)() > 0 and hasattr(faiss, "StandardGpuResources")
