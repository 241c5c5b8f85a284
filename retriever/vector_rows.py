"""Many vectors that do not change, searched exactly where they lie: usually in a mapped file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids, Scores, Vectors
from retriever.flat_index import NOTHING, as_query, half_precision, load_faiss, one_thread

Half = NDArray[np.float16]
Rows = NDArray[np.int64]

_AT_ONCE = 20_000  # rows widened to single precision at a time: 30 MB at 384 dimensions

# A row picked out one by one costs 0.55 microseconds, one scanned behind a selector 0.06, one that the selector passes
# over 0.0025: picking is cheaper up to one row in 200.
_PICKED_SHARE = 1 / 200


class VectorRows:
    """Ids, strictly ascending, and their vectors; FAISS reads the very same memory, so nothing is held twice.

    Args:
        ids: shape (n,).
        vectors: shape (n, dimension), contiguous; a mapped file is read page by page, as searches need it.
    """

    def __init__(self, ids: Ids, vectors: Half) -> None:
        self.ids = ids
        self.vectors = vectors
        self._faiss: Any = load_faiss()
        self.index = _looking_at(self._faiss, vectors)
        self._contiguous = len(ids) > 0 and int(ids[-1]) - int(ids[0]) == len(ids) - 1

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: Ids) -> Rows:
        """The rows of those of `ids` that are here, each once, ascending."""
        if len(self) == 0:
            return np.zeros(0, np.int64)
        wanted = _ascending(ids)
        if self._contiguous:  # passages that were stored and never removed: ten times faster than searching for each
            inside: Rows = wanted - self.ids[0]
            return inside[(inside >= 0) & (inside < len(self))]
        places = np.searchsorted(self.ids, wanted)
        places[places == len(self)] = 0
        rows: Rows = places[self.ids[places] == wanted]
        return rows

    def search(self, vector: Vectors, k: int, rows: Rows | None, live: NDArray[np.bool_] | None) -> tuple[Ids, Scores]:
        """The `k` nearest, exactly, best first: among `rows` where given, else among `live` where given."""
        count = min(k, len(self) if rows is None else len(rows))
        if count <= 0:
            return NOTHING
        if rows is not None and len(rows) <= _PICKED_SHARE * len(self):
            return self._search_picked(vector, count, rows)
        one_thread(self._faiss)
        wanted = live if rows is None else mask_of(rows, len(self))
        parameters = None if wanted is None else self._faiss.SearchParameters(sel=selector(self._faiss, wanted))
        scores, found = self.index.search(as_query(vector), count, params=parameters)
        return self.named(found[0], scores[0])

    def _search_picked(self, vector: Vectors, count: int, rows: Rows) -> tuple[Ids, Scores]:
        # einsum, since a product of matrices would start BLAS's own threads
        scores = np.einsum("ij,j->i", self.vectors[rows].astype(np.float32), as_query(vector)[0])
        best = np.argpartition(-scores, count - 1)[:count]
        best = best[np.argsort(-scores[best], kind="stable")]
        return self.ids[rows[best]], scores[best]

    def named(self, rows: Rows, scores: Scores) -> tuple[Ids, Scores]:
        """Ids instead of rows; -1, FAISS's "nothing more", is left out."""
        found = rows >= 0
        return self.ids[rows[found]], scores[found]

    def widened(self, first: int = 0) -> Iterator[Vectors]:
        """The vectors from row `first` on, in order, some at a time, in single precision."""
        for start in range(first, len(self), _AT_ONCE):
            yield self.vectors[start : start + _AT_ONCE].astype(np.float32)

    def nearest_of_many(self, vectors: Vectors, k: int) -> tuple[Rows, Scores]:
        """Rows and scores of shape (len(vectors), k), exact, in one pass over the file."""
        one_thread(self._faiss)
        best = self._faiss.ResultHeap(len(vectors), k, keep_max=True)
        first = 0
        for part in self.widened():
            scores, rows = self._faiss.knn(vectors, part, min(k, len(part)), metric=self._faiss.METRIC_INNER_PRODUCT)
            best.add_result(scores, rows + first)
            first += len(part)
        best.finalize()
        return best.I, best.D


def _ascending(ids: Ids) -> Ids:
    """The same ids, each once, in order. Most are so already; numpy's `unique` costs 0.3 s of half a million."""
    if len(ids) < 2 or bool(np.all(ids[1:] > ids[:-1])):
        return ids
    ordered = np.sort(ids)
    return ordered[np.concatenate(([True], ordered[1:] > ordered[:-1]))]


def mask_of(rows: Rows, count: int) -> NDArray[np.bool_]:
    """True at `rows`, shape (count,)."""
    mask = np.zeros(count, dtype=bool)
    mask[rows] = True
    return mask


def selector(faiss: Any, mask: NDArray[np.bool_]) -> Any:
    """What lets FAISS see only the rows where `mask` is true."""
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))


def _looking_at(faiss: Any, vectors: Half) -> Any:
    """A FAISS index over memory that is not its own. Valid as long as `vectors` lives."""
    index = half_precision(faiss, vectors.shape[1])
    if len(vectors):
        memory = vectors.reshape(-1).view(np.uint8)
        codes = index.codes
        codes.is_owned = False
        codes.view_data = codes.c_ptr = faiss.swig_ptr(memory)
        codes.view_size = codes.c_size = memory.nbytes
        index.ntotal = len(vectors)
    return index
