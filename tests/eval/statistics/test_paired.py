"""Paired comparison: its promises, a second implementation, and its false alarms on runs that do not differ."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.statistics.intervals import bootstrap_interval
from eval.statistics.paired import Verdict, holm, mcnemar, paired_difference, verdict_of

values = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0])
pairs = st.lists(st.tuples(values, values), min_size=1, max_size=30)


@settings(max_examples=25)
@given(pairs)
def test_swapping_the_runs_turns_the_difference_around_and_keeps_p(both: list[tuple[float, float]]) -> None:
    first, second = map(list, zip(*both, strict=True))
    forth, back = paired_difference(first, second), paired_difference(second, first)
    assert forth.interval.mean == pytest.approx(-back.interval.mean, abs=1e-12)
    assert forth.interval.low == pytest.approx(-back.interval.high, abs=1e-9)
    assert forth.p == pytest.approx(back.p, abs=1e-12)
    assert 0 < forth.p <= 1


@settings(max_examples=25)
@given(st.lists(values, min_size=1, max_size=30))
def test_identical_runs_never_differ(run: list[float]) -> None:
    difference = paired_difference(run, run)
    assert difference == ((0, 0, 0), 1)
    assert verdict_of(difference.interval.mean, difference.p) is Verdict.NOT_SHOWN


@pytest.mark.parametrize("size", [1, 4, 9])
def test_the_p_value_is_the_share_of_all_sign_flips(size: int) -> None:
    generator = np.random.default_rng(size)
    first, second = generator.random(size), generator.random(size)
    differences = second - first
    flips = np.array(list(itertools.product((1, -1), repeat=size)))
    exact = (np.abs(flips @ differences) >= abs(differences.sum()) - 1e-12).mean()
    assert paired_difference(first, second).p == pytest.approx(exact, abs=0.02)  # four standard errors of 10,000 draws


def test_the_p_value_agrees_with_the_t_test_where_that_holds() -> None:
    from scipy.stats import ttest_rel  # type: ignore[import-untyped]

    generator = np.random.default_rng(1)
    first = generator.normal(0.5, 0.2, 300)
    second = first + generator.normal(0.02, 0.15, 300)
    assert paired_difference(first, second).p == pytest.approx(ttest_rel(first, second).pvalue, abs=0.01)


@pytest.mark.parametrize("kind", ["graded", "yes or no"])
def test_runs_that_do_not_differ_raise_a_false_alarm_in_one_of_twenty(kind: str) -> None:
    generator = np.random.default_rng(3)
    alarms, trials = 0, 300
    for _ in range(trials):
        hard = generator.random(40)  # what both runs share: how hard the question is
        first, second = (generator.random(40) * hard for _ in range(2))
        if kind == "yes or no":
            first, second = (first > 0.3).astype(float), (second > 0.3).astype(float)
        alarms += paired_difference(first, second).p < 0.05
    upper = 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    assert alarms / trials <= upper
    if kind == "graded":  # the exact test of yes and no keeps below its level
        assert alarms / trials >= 0.05 - 3 * math.sqrt(0.05 * 0.95 / trials)


def test_a_large_difference_is_seen() -> None:
    generator = np.random.default_rng(4)
    first = generator.random(100)
    difference = paired_difference(first, np.minimum(1, first + 0.1))
    assert difference.p < 0.001
    assert 0 < difference.interval.low < difference.interval.mean < difference.interval.high


def test_the_interval_is_that_of_the_mean_of_the_differences() -> None:
    generator = np.random.default_rng(5)
    first, second = generator.random(200), generator.random(200)
    expected = bootstrap_interval(second - first)
    assert paired_difference(first, second).interval == pytest.approx(expected, abs=0.01)


def test_a_metric_that_other_questions_define_in_each_run_is_compared_by_its_own_means() -> None:
    nan = math.nan
    first, second = [1, 0, nan, nan, 0.5, 0] * 20, [nan, 0, 1, 1, 0.5, nan] * 20
    difference = paired_difference(first, second)
    assert difference.interval.mean == pytest.approx(2.5 / 4 - 1.5 / 4)
    assert difference.p < 0.05


def test_runs_of_other_lengths_and_runs_without_values_are_refused() -> None:
    with pytest.raises(ValueError, match="2 and 1"):
        paired_difference([1, 2], [1])
    with pytest.raises(ValueError, match="without values"):
        paired_difference([1.0], [math.nan])


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int) -> None:
    from scipy.stats import binomtest

    pairs_that_differ = gained + lost
    expected = binomtest(gained, pairs_that_differ).pvalue if pairs_that_differ else 1.0
    assert mcnemar(gained, lost) == pytest.approx(expected)
    assert mcnemar(gained, lost) == mcnemar(lost, gained)


def test_mcnemar_counts_the_ways_in_which_eight_coins_fall() -> None:
    assert mcnemar(1, 7) == pytest.approx(2 * (1 + 8) / 2**8)
    assert mcnemar(0, 0) == mcnemar(4, 4) == 1


def test_holm_on_the_example_that_everybody_computes() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_a_corrected_p_value_is_never_smaller_and_keeps_the_order(found: list[float]) -> None:
    corrected = holm(found)
    assert all(after >= before for before, after in zip(found, corrected, strict=True))
    assert all(after <= min(1, len(found) * before) + 1e-12 for before, after in zip(found, corrected, strict=True))
    order = sorted(range(len(found)), key=found.__getitem__)
    assert [corrected[i] for i in order] == sorted(corrected)


@pytest.mark.parametrize(
    ("difference", "p", "lower", "verdict"),
    [
        (0.1, 0.049, False, Verdict.BETTER),
        (-0.1, 0.049, False, Verdict.WORSE),
        (-0.1, 0.001, True, Verdict.BETTER),
        (0.1, 0.001, True, Verdict.WORSE),
        (0.9, 0.05, False, Verdict.NOT_SHOWN),
        (0.9, math.nan, False, Verdict.NOT_SHOWN),
        (0.0, 0.001, False, Verdict.NOT_SHOWN),
    ],
)
def test_a_verdict_needs_a_corrected_p_value_below_the_level(
    difference: float, p: float, lower: bool, verdict: Verdict
) -> None:
    assert verdict_of(difference, p, lower_is_better=lower) is verdict
