from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kb.errors import MissingPartError
from kb.ports import Ids, Scores, VectorIndex, Vectors
from retriever.base_index import build_base, measured
from retriever.faiss_index import FaissIndex
from retriever.flat_index import FlatIndex
from retriever.folding import folded
from retriever.index_sizes import Effort, IndexKind, IndexSizes
from retriever.rabitq import Codes
from retriever.vector_rows import VectorRows
from tests.ports.vector_index_suite import VectorIndexSuite, clustered_vectors, unit_vectors


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


class TestFlatIndex(VectorIndexSuite):
    def make(self, dimension: int) -> VectorIndex:
        return FlatIndex(dimension)


class TestFaissIndexWithNothingSaved(VectorIndexSuite):
    def make(self, dimension: int) -> VectorIndex:
        return FaissIndex(dimension)


class FilledBase(VectorIndexSuite):
    """An index whose vectors are in its base, searched as `sizes` says."""

    sizes = IndexSizes()

    def make(self, dimension: int) -> VectorIndex:
        return FaissIndex(dimension, sizes=self.sizes)

    def filled(self, ids: Ids, vectors: Vectors) -> VectorIndex:
        base = build_base(VectorRows(ids, vectors.astype(np.float16)), self.sizes)
        return FaissIndex(vectors.shape[1], base, sizes=self.sizes)


class TestExactBase(FilledBase):
    pass


class TestCodesBase(FilledBase):
    sizes = IndexSizes(exact=20, codes=10**9)
    lowest_recall = 0.97


class TestListsBase(FilledBase):
    sizes = IndexSizes(exact=20, codes=30)
    lowest_recall = 0.97


class TestExactIndex(VectorIndexSuite):
    def make(self, dimension: int) -> VectorIndex:
        return ExactIndex()


def test_without_faiss_the_error_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)  # as if it were not installed
    with pytest.raises(MissingPartError, match=r"ibid\[cpu\].*ibid\[gpu\]"):
        FaissIndex(8)


@pytest.mark.parametrize(
    ("count", "kind"),
    [(100, IndexKind.EXACT), (100_000, IndexKind.EXACT), (100_001, IndexKind.CODES), (300_001, IndexKind.LISTS)],
)
def test_the_kind_changes_with_the_size(count: int, kind: IndexKind) -> None:
    assert IndexSizes().kind(count) is kind


NEVER_EXACT = IndexSizes(exact=20, codes=30)


def lists_base(count: int = 3000) -> FaissIndex:
    sizes = IndexSizes(exact=20, codes=30)
    vectors = clustered_vectors(count).astype(np.float16)
    return FaissIndex(vectors.shape[1], build_base(VectorRows(np.arange(count), vectors), sizes), sizes=sizes)


def test_the_report_names_kind_size_and_measured_recall() -> None:
    index = lists_base()
    index.add(np.array([5000]), unit_vectors(1))
    index.remove(np.array([1, 2, 9999]))
    report = index.report()
    assert (report.kind, report.vectors, report.recent, report.removed) == (IndexKind.LISTS, 2999, 1, 2)
    assert 0.975 <= report.recall <= 1.0
    assert "of 54 lists" in report.effort


def test_search_is_exact_where_no_effort_reaches_the_wanted_recall() -> None:
    class BlindCodes(Codes):
        """Codes that find one and the same vector, whatever is asked."""

        def search(
            self, rows: VectorRows, vector: Vectors, k: int, effort: Effort, wanted: object
        ) -> tuple[Ids, Scores]:
            return np.zeros(k, np.int64), np.zeros(k, np.float32)

    base = lists_base(500).frozen().base
    assert base is not None
    assert base.codes is not None
    blind = measured(replace(base, codes=BlindCodes(base.codes.index, 500)))
    assert (blind.effort, blind.recall) == (None, 1.0)
    index = FaissIndex(blind.rows.vectors.shape[1], blind, sizes=IndexSizes(exact=20, codes=30))
    query = unit_vectors(1, seed=3)[0]
    exact = blind.rows.vectors.astype(np.float32) @ query
    assert index.search(query, 10)[0].tolist() == np.argsort(-exact)[:10].tolist()
    assert index.report().kind is IndexKind.EXACT


def test_codes_that_are_extended_find_the_new_vectors_as_well() -> None:
    sizes = IndexSizes(exact=20, codes=30)
    vectors = clustered_vectors(1500).astype(np.float16)
    first = build_base(VectorRows(np.arange(1000), vectors[:1000]), sizes)
    longer = build_base(VectorRows(np.arange(1500), vectors), sizes, first.codes)
    assert longer.codes is not None
    assert (longer.codes.trained_on, len(longer.codes)) == (1000, 1500)
    index = FaissIndex(vectors.shape[1], longer, sizes=sizes)
    assert [index.search(vectors[row].astype(np.float32), 1)[0].tolist() for row in (3, 1200, 1499)] == [
        [3],
        [1200],
        [1499],
    ]


def test_search_is_exact_where_the_lists_looked_into_hold_too_few() -> None:
    base = lists_base(1000).frozen().base
    assert base is not None
    narrow = FaissIndex(base.rows.vectors.shape[1], replace(base, effort=Effort(1, 1000)), sizes=NEVER_EXACT)
    query = clustered_vectors(1, seed=3)[0]
    exact = np.argsort(-(base.rows.vectors.astype(np.float32) @ query))[:150]
    assert narrow.search(query, 150)[0].tolist() == exact.tolist()
    assert narrow.search(query, 5)[0].tolist() == exact[:5].tolist()  # these are in the one list that is looked into


def test_numbers_smaller_than_those_in_the_file_are_folded_into_their_places(tmp_path: Path) -> None:
    vectors = clustered_vectors(300)
    base = build_base(VectorRows(np.arange(500, 700), vectors[:200].astype(np.float16)), NEVER_EXACT)
    index = FaissIndex(vectors.shape[1], base, sizes=NEVER_EXACT)
    numbers = np.concatenate([np.arange(50, 0, -1), np.arange(650, 700)])
    index.add(numbers, vectors[200:])
    for again in (folded(tmp_path / "x.vectors", "space", 1, index.frozen(), NEVER_EXACT), index):
        found = [again.search(vector, 1)[0].tolist() for vector in vectors[200:]]
        assert found == [[number] for number in numbers.tolist()]
        again.remove(np.arange(1, 51))
        assert len(again) == 200
