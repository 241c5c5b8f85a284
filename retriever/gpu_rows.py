"""Exact search on the first GPU, where FAISS sees one. What is kept on disk stays what a CPU reads."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids, Scores, Vectors
from retriever.flat_index import as_query, load_faiss

_MOST_RESULTS = 2048  # FAISS's own limit for one question on a GPU
_COPIED_AT_ONCE = 100_000  # vectors widened to single precision on their way to the GPU: 150 MB at 384 dimensions


class GpuRows:
    """The rows of a base in half precision on the GPU, copied when first searched. One search at a time.

    Removed rows stay there: so many more results are asked for.
    """

    def __init__(self, vectors: NDArray[np.float16]) -> None:
        self._faiss: Any = load_faiss()
        self._vectors = vectors
        self._lock = threading.Lock()
        self._resources: Any = None
        self._index: Any = None

    def search(self, vector: Vectors, k: int, live: NDArray[np.bool_]) -> tuple[Ids, Scores] | None:
        """Rows and scores of the `k` nearest that are live; None where the GPU cannot tell."""
        count = min(k + len(live) - int(np.count_nonzero(live)), len(live))
        if count > _MOST_RESULTS:
            return None
        with self._lock:
            if self._index is None:
                self._index = self._copied()
            scores, rows = self._index.search(as_query(vector), count)
        kept = live[rows[0]]
        return rows[0][kept][:k], scores[0][kept][:k]

    def _copied(self) -> Any:
        settings = self._faiss.GpuIndexFlatConfig()
        settings.useFloat16 = True
        self._resources = self._faiss.StandardGpuResources()
        index = self._faiss.GpuIndexFlatIP(self._resources, self._vectors.shape[1], settings)
        for first in range(0, len(self._vectors), _COPIED_AT_ONCE):
            index.add(self._vectors[first : first + _COPIED_AT_ONCE].astype(np.float32))
        return index


def open_gpu(vectors: NDArray[np.float16]) -> GpuRows | None:
    """The rows on the GPU; None where FAISS has or sees none."""
    faiss = load_faiss()
    # The CPU build also has get_num_gpus; only the GPU build has what is needed to use one.
    usable = getattr(faiss, "get_num_gpus", lambda: 0)() > 0 and hasattr(faiss, "StandardGpuResources")
    return GpuRows(vectors) if usable and len(vectors) else None
