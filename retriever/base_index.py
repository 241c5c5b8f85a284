"""The large, unchanging part of a dense index: rows in a file, and codes where there are too many to read them all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids, Scores, Vectors
from retriever.index_sizes import WANTED_RECALL, Effort, IndexKind, IndexSizes, efforts
from retriever.rabitq import Codes, learn_codes
from retriever.vector_rows import Rows, VectorRows

_SAMPLED = 200  # made-up questions that recall is measured with: an error of .01, 5 s of CPU at 1,000,000
# A stored vector finds its neighbours far more easily than a question does (.998 against .959 with an eighth of the
# lists). One with 0.7 of another added is as far from the rest as 400 real questions were from 112,000 real passages,
# and is found as well (.961): questions of the user's own are not at hand when an index is built.
_OF_ANOTHER = 0.7
_MEASURED_AT = 10  # recall at 10
_SEED = 7
_SAME_SCORE = 1e-5  # of two ways to sum up one inner product
_EXACT_SHARE = 5  # of more than a fifth of all vectors, the codes' order is not worth asking for
_OUTGROWN = 2  # clusters are learnt anew once there are twice as many vectors


@dataclass(frozen=True, slots=True)
class BaseIndex:
    """Rows with the way to search them. Where `effort` is None, every row is read."""

    rows: VectorRows
    kind: IndexKind
    codes: Codes | None = None
    effort: Effort | None = None
    recall: float = 1.0  # at 10, of a sample of the rows; 1 where search is exact

    def search(
        self, vector: Vectors, k: int, among: Rows | None, live: NDArray[np.bool_] | None, sizes: IndexSizes
    ) -> tuple[Ids, Scores]:
        """At most `k` ids and scores, best first: of the rows `among` where given, else of those that are `live`."""
        asked = len(self.rows) if among is None else len(among)
        few = among is not None and asked <= sizes.exact
        if self.codes is None or self.effort is None or few or _EXACT_SHARE * k >= asked:
            return self.rows.search(vector, k, among, live)
        wanted, effort = live, self.effort
        if among is not None:
            wanted = np.zeros(len(self.rows), dtype=bool)
            wanted[among] = True
            # The fewer rows a filter lets through, the more lists hold the nearest of them.
            effort = replace(effort, probes=-(-effort.probes * len(self.rows) // asked))
        found = self.codes.search(self.rows, vector, k, effort, wanted)
        return found if len(found[0]) == k else self.rows.search(vector, k, among, live)


def build_base(rows: VectorRows, sizes: IndexSizes, codes: Codes | None = None) -> BaseIndex:
    """The index that is right for so many rows, its recall measured.

    Args:
        rows: what is searched.
        sizes: which kind is right when.
        codes: of the first of these rows, from a smaller index: they are extended unless it was much smaller.
    """
    kind = sizes.kind(len(rows))
    if kind is IndexKind.EXACT:
        return BaseIndex(rows, kind)
    if codes is None or not _still_fits(codes, rows, sizes):
        codes = learn_codes(rows, sizes.lists(len(rows)))
    elif len(codes) < len(rows):
        codes = codes.extended(rows)
    return measured(BaseIndex(rows, kind, codes))


def measured(base: BaseIndex) -> BaseIndex:
    """The base with the cheapest effort that reaches the wanted recall; without effort, so exact, where none does."""
    assert base.codes is not None
    count = min(_MEASURED_AT, len(base.rows))
    sample = _made_up_questions(base.rows)
    _, exact = base.rows.nearest_of_many(sample, count)
    for effort in efforts(base.codes.lists):
        found = [base.codes.search(base.rows, vector, count, effort, None)[1] for vector in sample]
        recall = float(np.mean([_recall(scores, wanted) for scores, wanted in zip(found, exact, strict=True)]))
        if recall >= WANTED_RECALL:
            return replace(base, effort=effort, recall=recall)
    return replace(base, effort=None, recall=1.0)


def _made_up_questions(rows: VectorRows) -> Vectors:
    chosen = np.random.default_rng(_SEED).integers(0, len(rows), (2, _SAMPLED))
    one, another = (rows.vectors[half].astype(np.float32) for half in chosen)
    mixed = one + _OF_ANOTHER * another
    made: Vectors = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return made


def _recall(scores: Scores, exact: Scores) -> float:
    """The share of the nearest that were found; equally near ones stand for each other."""
    return int((scores >= exact[-1] - _SAME_SCORE).sum()) / len(exact)


def _still_fits(codes: Codes, rows: VectorRows, sizes: IndexSizes) -> bool:
    one_list = sizes.lists(len(rows)) == 1
    return one_list == (codes.lists == 1) and len(rows) <= _OUTGROWN * codes.trained_on
