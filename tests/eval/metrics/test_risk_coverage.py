"""Curves and areas, against scikit-learn and against all orders tried out."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score  # type: ignore[import-untyped]  # no types

from eval.metrics.refusals import measure_refusals
from eval.metrics.risk_coverage import (
    area_under_risk,
    area_under_roc,
    excess_area_under_risk,
    forced_answers,
    risk_coverage_curve,
)

CASES = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=7)


def area_over_all_orders(confidence: list[float], wrong: list[float]) -> float:
    """The mean area over every order that goes from the surest to the least sure."""
    areas = [
        np.mean(np.cumsum(np.array(wrong)[list(order)]) / np.arange(1, len(wrong) + 1))
        for order in permutations(range(len(wrong)))
        if all(confidence[a] >= confidence[b] for a, b in pairwise(order))
    ]
    return float(np.mean(areas))


def test_the_curve_of_four_answers_is_the_one_drawn_by_hand() -> None:
    curve = risk_coverage_curve([0.2, 0.9, 0.6, 0.4], [1, 0, 1, 0])
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert area_under_risk([0.2, 0.9, 0.6, 0.4], [1, 0, 1, 0]) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    best = (0 + 0 + 1 / 3 + 1 / 2) / 4
    assert excess_area_under_risk([0.2, 0.9, 0.6, 0.4], [1, 0, 1, 0]) == pytest.approx(1 / 3 - best)


@settings(max_examples=60)
@given(CASES)
def test_equal_confidences_stand_for_all_their_orders(case: list[tuple[float, bool]]) -> None:
    confidence, wrong = [sure for sure, _ in case], [float(bad) for _, bad in case]
    assert area_under_risk(confidence, wrong) == pytest.approx(area_over_all_orders(confidence, wrong))


@settings(max_examples=60)
@given(CASES)
def test_areas_keep_within_their_bounds(case: list[tuple[float, bool]]) -> None:
    confidence, wrong = [sure for sure, _ in case], [float(bad) for _, bad in case]
    area, excess = area_under_risk(confidence, wrong), excess_area_under_risk(confidence, wrong)
    assert -1e-12 <= excess <= area <= 1
    assert risk_coverage_curve(confidence, wrong).risk[-1] == pytest.approx(np.mean(wrong))
    assert excess_area_under_risk([-bad for bad in wrong], wrong) == pytest.approx(0)  # the best order
    order = list(reversed(range(len(case))))
    assert area == pytest.approx(area_under_risk([confidence[i] for i in order], [wrong[i] for i in order]))


def test_the_excess_is_near_its_known_limit_for_many_answers() -> None:
    """Geifman et al. 2019, section 3: the best area goes to r + (1 - r) ln(1 - r)."""
    wrong = np.zeros(20_000)
    wrong[:6_000] = 1.0
    assert area_under_risk(-wrong, wrong) == pytest.approx(0.3 + 0.7 * np.log(0.7), abs=1e-3)


@settings(max_examples=60)
@given(CASES)
def test_the_area_under_the_roc_is_scikit_learns(case: list[tuple[float, bool]]) -> None:
    confidence, positive = [sure for sure, _ in case], [good for _, good in case]
    found = area_under_roc(confidence, positive)
    if len(set(positive)) < 2:
        assert found is None
    else:
        assert found == pytest.approx(roc_auc_score(positive, confidence))
        assert area_under_roc([-sure for sure in confidence], positive) == pytest.approx(1 - found)


def test_what_was_refused_comes_last_and_counts_as_wrong() -> None:
    confidence, wrong = forced_answers([0.9, 0.3, 0.5], [1, 1, 0], [0, 1, 0])
    assert wrong.tolist() == [0, 1, 1]
    assert confidence[1] < min(confidence[0], confidence[2])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_refusals_are_scikit_learns_precision_and_recall(case: list[tuple[bool, bool]]) -> None:
    refused, answerable = [no for no, _ in case], [can for _, can in case]
    wanted = [not can for can in answerable]
    expected = precision_recall_fscore_support(wanted, refused, average="binary", zero_division=0)[:3]
    assert tuple(measure_refusals(refused, answerable)) == pytest.approx(expected)


def test_refusing_everything_has_full_recall_and_refusing_nothing_has_none() -> None:
    assert measure_refusals([True] * 4, [True, True, True, False]) == (0.25, 1.0, pytest.approx(0.4))
    assert measure_refusals([False] * 2, [True, False]) == (0.0, 0.0, 0.0)


def test_no_questions_have_no_area() -> None:
    assert np.isnan(area_under_risk([], []))
