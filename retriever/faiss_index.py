"""FAISS behind the `VectorIndex` port: a large part that does not change, a small one that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids, Scores, Vectors
from retriever.base_index import BaseIndex
from retriever.flat_index import FlatIndex
from retriever.gpu_rows import GpuRows, open_gpu
from retriever.index_sizes import IndexKind, IndexSizes
from retriever.vector_rows import Half


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What `ibid doctor` says of a dense index."""

    kind: IndexKind
    vectors: int
    recent: int  # of them, those not in the file yet; searched exactly
    removed: int  # rows of the file that are passed over until it is written anew
    recall: float  # at 10, measured when it was built on a sample of its vectors; 1 where search is exact
    effort: str  # "" where search is exact


class Frozen(NamedTuple):
    """All that an index holds at one moment, untouched by later changes."""

    base: BaseIndex | None
    live: NDArray[np.bool_]  # of the base's rows
    ids: Ids  # of the vectors outside the base
    vectors: Half


class FaissIndex:
    """The port's index. Removed rows of the base are passed over; new vectors are kept beside it and searched exactly.

    Searches may run side by side; a change needs the index for itself (`DenseIndex` sees to it). A change costs the
    same whatever the size; `retriever.folding` makes a new base when many have come together.

    Args:
        dimension: of the vectors.
        base: what was built before; it is never changed.
        dead: ids of the base that are removed already.
        sizes: which kind of search is right when.
    """

    def __init__(
        self, dimension: int, base: BaseIndex | None = None, dead: Ids | None = None, sizes: IndexSizes | None = None
    ) -> None:
        self.dimension = dimension
        self.sizes = sizes or IndexSizes()
        self._base = base
        self._recent = FlatIndex(dimension)
        self._live = np.ones(len(base.rows) if base else 0, dtype=bool)
        self._removed = 0
        self._gpu: GpuRows | None = open_gpu(base.rows.vectors) if base else None
        if dead is not None:
            self.remove(dead)

    def __len__(self) -> int:
        return len(self._live) - self._removed + len(self._recent)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Adds vectors of shape (n, dimension) under ids of shape (n,). Ids already present are replaced."""
        self._remove_from_base(ids)
        self._recent.add(ids, vectors)

    def remove(self, ids: Ids) -> None:
        """Removes what is present of `ids`; the others are passed over."""
        self._remove_from_base(ids)
        self._recent.remove(ids)

    def search(self, vector: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """At most `k` ids and scores, best first; only among `allowed` where given."""
        ids, scores = self._recent.search(vector, k, allowed)
        if self._base is None or k <= 0:
            return ids, scores
        base_ids, base_scores = self._search_base(self._base, vector, k, allowed)
        if len(ids) == 0:
            return base_ids, base_scores
        ids, scores = np.concatenate([base_ids, ids]), np.concatenate([base_scores, scores])
        best = np.argsort(-scores, kind="stable")[:k]
        return ids[best], scores[best]

    def report(self) -> IndexReport:
        """Its kind, size and measured recall."""
        effort, base = "", self._base
        if base and base.effort and base.codes:
            effort = f"{base.effort.probes} of {base.codes.lists} lists, {base.effort.candidates} compared exactly"
        kind = base.kind if base and effort else IndexKind.EXACT
        return IndexReport(kind, len(self), len(self._recent), self._removed, base.recall if base else 1.0, effort)

    def frozen(self) -> Frozen:
        """What it holds now."""
        return Frozen(self._base, self._live.copy(), *self._recent.contents())

    def _search_base(self, base: BaseIndex, vector: Vectors, k: int, allowed: Ids | None) -> tuple[Ids, Scores]:
        if allowed is None:
            if self._gpu and (found := self._gpu.search(vector, k, self._live)) is not None:
                return base.rows.named(*found)
            live = self._live if self._removed else None
            return base.search(vector, min(k, len(self._live) - self._removed), None, live, self.sizes)
        among = base.rows.rows_of(allowed)
        among = among[self._live[among]]
        return base.search(vector, min(k, len(among)), among, None, self.sizes)

    def _remove_from_base(self, ids: Ids) -> None:
        if self._base is None or len(ids) == 0:
            return
        rows = self._base.rows.rows_of(ids)
        self._removed += int(self._live[rows].sum())
        self._live[rows] = False
