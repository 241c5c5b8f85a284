"""What every vector index must do. A test module inherits this class and says how to make an index."""

from __future__ import annotations

import numpy as np
import pytest

from kb.ports import Ids, Scores, VectorIndex, Vectors

DIMENSION = 16


def unit_vectors(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def ids_of(*numbers: int) -> Ids:
    return np.array(numbers, dtype=np.int64)


def nearest(vectors: Vectors, ids: Ids, query: Vectors, k: int) -> tuple[Ids, Scores]:
    scores = vectors @ query
    order = np.argsort(-scores, kind="stable")[:k]
    return ids[order], scores[order]


class VectorIndexSuite:
    def make(self, dimension: int) -> VectorIndex:
        raise NotImplementedError

    @pytest.fixture
    def index(self) -> VectorIndex:
        return self.make(DIMENSION)

    def test_the_nearest_are_found_best_first(self, index: VectorIndex) -> None:
        vectors, ids = unit_vectors(200), np.arange(1000, 1200)
        index.add(ids, vectors)
        for query in unit_vectors(5, seed=1):
            found, scores = index.search(query, 10)
            expected_ids, expected_scores = nearest(vectors, ids, query, 10)
            assert scores == pytest.approx(expected_scores, abs=2e-3)  # half precision may swap near ties
            assert len(set(found.tolist()) & set(expected_ids.tolist())) >= 9
            assert np.all(np.diff(scores) <= 1e-6)

    def test_ids_and_scores_have_their_types_and_lengths(self, index: VectorIndex) -> None:
        index.add(ids_of(5, 6, 7), unit_vectors(3))
        found, scores = index.search(unit_vectors(1)[0], 2)
        assert found.dtype == np.dtype(np.int64)
        assert scores.dtype == np.dtype(np.float32)
        assert found.shape == scores.shape == (2,)

    def test_an_empty_index_finds_nothing(self, index: VectorIndex) -> None:
        found, scores = index.search(unit_vectors(1)[0], 10)
        assert len(index) == len(found) == len(scores) == 0

    def test_asking_for_more_than_there_is_returns_all(self, index: VectorIndex) -> None:
        index.add(ids_of(1, 2), unit_vectors(2))
        assert sorted(index.search(unit_vectors(1)[0], 50)[0].tolist()) == [1, 2]

    def test_what_was_removed_is_not_found(self, index: VectorIndex) -> None:
        vectors = unit_vectors(20)
        index.add(np.arange(20), vectors)
        index.remove(ids_of(3, 7))
        assert len(index) == 18
        for number in (3, 7):
            assert number not in index.search(vectors[number], 20)[0]

    def test_removing_what_is_not_there_changes_nothing(self, index: VectorIndex) -> None:
        index.add(ids_of(1), unit_vectors(1))
        index.remove(ids_of(99))
        index.remove(ids_of())
        assert len(index) == 1

    def test_an_id_added_again_has_its_new_vector(self, index: VectorIndex) -> None:
        old, new = unit_vectors(2)
        index.add(ids_of(1), old[None])
        index.add(ids_of(1), new[None])
        found, scores = index.search(new, 5)
        assert (len(index), found.tolist()) == (1, [1])
        assert scores[0] == pytest.approx(1.0, abs=2e-3)

    def test_of_an_id_given_twice_the_last_vector_counts(self, index: VectorIndex) -> None:
        vectors = unit_vectors(2)
        index.add(ids_of(1, 1), vectors)
        assert len(index) == 1
        assert index.search(vectors[1], 1)[1][0] == pytest.approx(1.0, abs=2e-3)

    def test_only_allowed_ids_are_found_however_far_away(self, index: VectorIndex) -> None:
        vectors, ids = unit_vectors(100), np.arange(100)
        index.add(ids, vectors)
        allowed = ids_of(4, 50, 99)
        found, scores = index.search(vectors[0], 2, allowed)
        expected_ids, expected_scores = nearest(vectors[allowed], allowed, vectors[0], 2)
        assert found.tolist() == expected_ids.tolist()
        assert scores == pytest.approx(expected_scores, abs=2e-3)

    def test_allowed_ids_that_are_not_there_are_not_found(self, index: VectorIndex) -> None:
        index.add(ids_of(1, 2), unit_vectors(2))
        assert index.search(unit_vectors(1)[0], 5, ids_of(2, 3))[0].tolist() == [2]
        assert index.search(unit_vectors(1)[0], 5, ids_of())[0].tolist() == []

    def test_adding_nothing_is_allowed(self, index: VectorIndex) -> None:
        index.add(ids_of(), unit_vectors(0))
        assert len(index) == 0
