"""Ranking metrics against a second implementation, written from the formulas with numpy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.ranking import MEASURES, by_document, measure_rankings

PASSAGES = [f"p{number}" for number in range(140)]

judged_questions = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(6)]),
    st.dictionaries(st.sampled_from(PASSAGES), st.integers(0, 3), min_size=1, max_size=12),
    min_size=1,
)


def by_hand(grades: dict[str, int], ranking: list[str]) -> dict[str, float]:
    """Every measure of one question, from its definition."""
    gains = np.array([grades.get(key, 0) for key in ranking[:100]], dtype=float)
    hits = gains > 0
    relevant = sum(grade > 0 for grade in grades.values())
    places = np.flatnonzero(hits) + 1
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(grades.values(), reverse=True)[:10]))
    values = {
        "nDCG@10": sum(g / math.log2(i + 2) for i, g in enumerate(gains[:10])) / ideal if ideal else 0.0,
        "MRR@10": 1 / places[0] if places.size and places[0] <= 10 else 0.0,
        "MAP@100": sum((number + 1) / place for number, place in enumerate(places)) / relevant if relevant else 0.0,
    }
    values |= {f"Recall@{k}": hits[:k].sum() / relevant if relevant else 0.0 for k in (5, 10, 100)}
    return values | {f"Success@{k}": float(hits[:k].any()) for k in (1, 5, 10)}


@given(judged_questions, st.randoms(use_true_random=False))
def test_every_measure_is_what_its_formula_says(grades: dict[str, dict[str, int]], chance) -> None:  # type: ignore[no-untyped-def]
    rankings = {
        key: chance.sample(PASSAGES, chance.randrange(len(PASSAGES))) for key in grades if chance.random() < 0.8
    }
    found = measure_rankings(grades, rankings)
    assert list(found) == list(grades)
    for key, values in found.items():
        assert list(values) == list(MEASURES)
        assert values == pytest.approx(by_hand(grades[key], rankings.get(key, [])), abs=1e-9)


def test_measures_are_those_computed_by_hand() -> None:
    grades = {"1": {"a": 1, "b": 2, "x": 0}, "2": {"c": 1}, "3": {"d": 1}}
    values = measure_rankings(grades, {"1": ["a", "x", "b"], "2": ["x", "y", "z", "u", "v", "c"]})
    assert values["1"]["nDCG@10"] == pytest.approx((1 / 1 + 2 / 2) / (2 / 1 + 1 / 1.584962500721156))
    assert values["1"]["MAP@100"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert (values["2"]["nDCG@10"], values["2"]["MRR@10"]) == pytest.approx((1 / 2.807354922057604, 1 / 6))
    assert (values["2"]["Success@5"], values["2"]["Success@10"]) == (0, 1)
    assert set(values["3"].values()) == {0.0}  # judged, and nothing was returned


def test_questions_that_nobody_judged_count_for_nothing() -> None:
    assert measure_rankings({"1": {"a": 1}}, {"1": ["a"], "2": ["b"]}, ["MRR@10"]) == {"1": {"MRR@10": 1.0}}


def test_the_order_of_a_ranking_counts_and_not_the_names_of_the_passages() -> None:
    for first, second in (("a", "b"), ("b", "a")):
        value = measure_rankings({"1": {"a": 1}}, {"1": [first, second]})["1"]["MRR@10"]
        assert value == (1 if first == "a" else 0.5)


def test_more_questions_than_are_measured_at_once_are_all_measured() -> None:
    grades = {str(number): {"a": 1} for number in range(1_201)}
    values = measure_rankings(grades, {key: ["x", "a"] for key in grades}, ["MRR@10"])
    assert {value["MRR@10"] for value in values.values()} == {0.5}


def test_a_document_stands_where_its_best_passage_does() -> None:
    assert by_document(["p2", "p1", "q1", "p3"], {"p1": "p", "p2": "p", "p3": "p", "q1": "q"}) == ["p", "q"]
