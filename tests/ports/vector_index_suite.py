"""What every vector index must do. A test module inherits this class and says how to make an index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.ports import Ids, Scores, VectorIndex, Vectors

DIMENSION = 16


def unit_vectors(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def clustered_vectors(count: int, seed: int = 0) -> Vectors:
    """Unit vectors in clusters of about 50, as passages of one subject are."""
    draw = np.random.default_rng(seed)
    centres = unit_vectors(max(count // 50, 1), seed=5)
    vectors = centres[draw.integers(0, len(centres), count)] + 0.5 * unit_vectors(count, seed + 100)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def ids_of(*numbers: int) -> Ids:
    return np.array(numbers, dtype=np.int64)


def nearest(vectors: Vectors, ids: Ids, query: Vectors, k: int) -> tuple[Ids, Scores]:
    scores = vectors @ query
    order = np.argsort(-scores, kind="stable")[:k]
    return ids[order], scores[order]


class VectorIndexSuite:
    """`lowest_recall` is what the index promises at 10 on clustered vectors; equally near ones stand for each other."""

    lowest_recall = 1.0

    def make(self, dimension: int) -> VectorIndex:
        raise NotImplementedError

    def filled(self, ids: Ids, vectors: Vectors) -> VectorIndex:
        """An index that holds these vectors, in the state that is to be tested."""
        index = self.make(vectors.shape[1])
        index.add(ids, vectors)
        return index

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

    def test_the_ten_nearest_are_found_as_often_as_promised(self) -> None:
        vectors, ids = clustered_vectors(3000), np.arange(10, 3010)
        index = self.filled(ids, vectors)
        found = [overlap(index, vectors, ids, query) for query in clustered_vectors(60, seed=1)]
        assert np.mean(found) >= self.lowest_recall

    def test_what_is_changed_in_a_filled_index_counts_at_once(self) -> None:
        vectors, ids = clustered_vectors(2000), np.arange(2000)
        index = self.filled(ids, vectors)
        index.remove(np.arange(0, 2000, 3))
        index.add(ids_of(1, 5000), unit_vectors(2, seed=9))
        live = np.setdiff1d(ids, [*range(0, 2000, 3), 1])
        assert len(index) == len(live) + 2
        assert [index.search(vector, 1)[0].tolist() for vector in unit_vectors(2, seed=9)] == [[1], [5000]]
        for query in vectors[:30]:
            assert not set(index.search(query, 50)[0].tolist()) & set(range(0, 2000, 3))
        found = [overlap(index, vectors[live], live, query) for query in clustered_vectors(60, seed=1)]
        assert np.mean(found) >= self.lowest_recall - 0.002  # the two that were added may be among the nearest

    @pytest.mark.parametrize("share", [2, 10, 200])
    def test_only_allowed_ids_of_a_filled_index_are_found_and_enough_of_them(self, share: int) -> None:
        vectors, ids = clustered_vectors(3000), np.arange(3000)
        index, allowed = self.filled(ids, vectors), ids[::share]
        for query in clustered_vectors(10, seed=1):
            assert not set(index.search(query, 10, allowed)[0].tolist()) - set(allowed.tolist())
        found = [overlap(index, vectors[allowed], allowed, query, allowed) for query in clustered_vectors(60, seed=1)]
        assert np.mean(found) >= self.lowest_recall

    @pytest.mark.parametrize("count", [8, 2000])
    def test_what_was_removed_is_not_found_though_it_is_allowed(self, count: int) -> None:
        vectors, ids = clustered_vectors(2000), np.arange(2000)
        index = self.filled(ids, vectors)
        index.remove(np.repeat(ids[1::2], 2))
        assert len(index) == 1000
        found = index.search(vectors[1], 100, np.repeat(ids[:count], 2))[0].tolist()
        assert not [number for number in found if number % 2]
        assert len(set(found)) == len(found) == min(count // 2, 100)

    def test_all_of_a_filled_index_are_found_where_all_are_asked_for(self) -> None:
        vectors, ids = clustered_vectors(600), np.arange(600)
        index = self.filled(ids, vectors)
        found, scores = index.search(vectors[0], 600)
        assert sorted(found.tolist()) == ids.tolist()
        assert np.all(np.diff(scores) <= 1e-6)
        assert sorted(index.search(vectors[0], 10_000, ids[::2])[0].tolist()) == ids[::2].tolist()

    @settings(max_examples=25, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 80), max_size=12)), max_size=12))
    def test_after_any_changes_it_holds_what_a_dictionary_would(self, changes: list[tuple[bool, set[int]]]) -> None:
        start, held = unit_vectors(40), dict(enumerate(unit_vectors(40)))
        index = self.filled(np.arange(40), start)
        for seed, (adds, numbers) in enumerate(changes):
            chosen = np.array(sorted(numbers, reverse=True), np.int64)
            if adds:
                vectors = unit_vectors(len(chosen), seed=seed + 1)
                index.add(chosen, vectors)
                held |= dict(zip(chosen.tolist(), vectors, strict=True))
            else:
                index.remove(chosen)
                held = {number: vector for number, vector in held.items() if number not in numbers}
        query = unit_vectors(1, seed=99)[0]
        found, scores = index.search(query, 100)
        assert len(index) == len(held)
        assert sorted(found.tolist()) == sorted(held)
        assert scores == pytest.approx([float(held[number] @ query) for number in found.tolist()], abs=2e-3)


def overlap(index: VectorIndex, vectors: Vectors, ids: Ids, query: Vectors, allowed: Ids | None = None) -> float:
    """The share of the ten nearest that are found; what is as near as the tenth counts (half precision may swap)."""
    _, exact = nearest(vectors, ids, query, 10)
    _, scores = index.search(query, 10, allowed)
    return float((scores >= exact[-1] - 2e-3).sum()) / len(exact)
