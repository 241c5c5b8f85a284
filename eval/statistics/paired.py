"""Whether two runs over the same questions differ: paired tests, and correction when many metrics are compared."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eval.statistics.intervals import Interval

LEVEL = 0.05  # false alarms in 20 comparisons of equal runs: what everybody means by "significant"

# Swaps drawn for a p-value: its standard error is .0022 at .05, and the smallest p-value, 1/10001, survives a
# correction over 30 metrics with room to spare.
_SWAPS = 10_000
_RESAMPLES = 2_000  # as for the interval of a mean
_AT_ONCE = 4_000_000  # random numbers held at one time, 32 MB of them
_SAME = 1e-12  # differences of means that differ by less are the same number
_SEED = 20_261_122  # any fixed number: the same values give the same p-value

Values = NDArray[np.float64]


class Verdict(StrEnum):
    """What may be said about the second run."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SHOWN = "no difference shown"


class Difference(NamedTuple):
    """The second run's mean minus the first's, with its interval, and how likely so large a one is by chance."""

    interval: Interval
    p: float  # two-sided, not corrected


def paired_difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Compares two runs question by question.

    Yes/no values are compared by McNemar's exact test, all others by swapping the two runs' values of random questions.
    NaN stands for "not defined for this question": each mean is over the questions that define it in its own run, so
    that a metric such as a precision, which other questions define in each run, is compared too.

    Args:
        before: the first run's values, one for each question.
        after: the second run's, in the same order.

    Raises:
        ValueError: they are not equally long, or one run defines no value at all.
    """
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"runs of {first.size} and {second.size} questions cannot be paired")
    if np.isnan(first).all() or np.isnan(second).all():
        raise ValueError("a run without values cannot be compared")
    interval = _bootstrap_difference(first, second)
    both = np.concatenate([first, second])
    if np.isin(both, (0.0, 1.0)).all():  # (NaN is neither)
        return Difference(interval, mcnemar(int(((first == 0) & (second == 1)).sum()), int((first > second).sum())))
    return Difference(interval, _swap_test(first, second))


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p-value of McNemar's test (Psychometrika 12, 1947, p. 153), given the discordant pairs.

    With no difference each of the n = gained + lost pairs falls to either side like a coin:
    p = min(1, 2 · P(X <= min(gained, lost))), X ~ Binomial(n, 1/2).
    """
    from scipy.special import bdtr  # type: ignore[import-untyped]  # scipy has no types

    pairs = gained + lost
    return 1.0 if pairs == 0 else min(1.0, 2.0 * float(bdtr(min(gained, lost), pairs, 0.5)))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being many (Holm, Scandinavian Journal of Statistics 6, 1979, p. 65), in their order.

    The k-th smallest of m is multiplied by m - k + 1, and is never below the one before it.
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = highest
    return corrected


def verdict_of(difference: float, corrected_p: float, *, lower_is_better: bool = False) -> Verdict:
    """Better or worse only where the corrected p-value is below .05; otherwise nothing was shown."""
    if not corrected_p < LEVEL or difference == 0:
        return Verdict.NOT_SHOWN
    return Verdict.BETTER if (difference > 0) != lower_is_better else Verdict.WORSE


def _swap_test(first: Values, second: Values) -> float:
    """Two-sided p-value by approximate randomisation (Noreen, Computer-Intensive Methods, 1989, chapter 2).

    If the runs do not differ, the two values of a question might as well be the other way round. p is the share of
    random swaps, the observed order included, whose difference of means is at least as large as the observed one. With
    every value defined in both runs this is the sign-flip test of the mean difference.
    """
    changes = ~((first == second) | (np.isnan(first) & np.isnan(second)))  # swapping equal values changes nothing
    if not changes.any():
        return 1.0
    moved, moved_count = (_sums(second[changes]) - _sums(first[changes])).T
    (total, count), (other_total, other_count) = _sums(first).sum(axis=0), _sums(second).sum(axis=0)
    observed = abs(other_total / other_count - total / count)
    generator = np.random.default_rng(_SEED)
    step = max(1, _AT_ONCE // moved.size)
    extreme = 0
    for start in range(0, _SWAPS, step):
        drawn = generator.integers(0, 2, (min(step, _SWAPS - start), moved.size), dtype=np.int8).astype(np.float64)
        shift, count_shift = drawn @ moved, drawn @ moved_count
        with np.errstate(invalid="ignore", divide="ignore"):  # a swap may leave one run without a value
            means = (total + shift) / (count + count_shift)
            other_means = (other_total - shift) / (other_count - count_shift)
        # Sums in another order differ in the last digits; a run with no value left counts as extreme.
        extreme += int((~(np.abs(other_means - means) < observed - _SAME)).sum())
    return (extreme + 1) / (_SWAPS + 1)


def _bootstrap_difference(first: Values, second: Values) -> Interval:
    """The difference of means with its percentile bootstrap interval over questions, 95 %."""
    sums = np.concatenate([_sums(first), _sums(second)], axis=1)
    totals = sums.sum(axis=0)
    mean = float(totals[2] / totals[3] - totals[0] / totals[1])
    generator = np.random.default_rng(_SEED)
    step = max(1, _AT_ONCE // first.size)
    drawn: list[Values] = []
    for start in range(0, _RESAMPLES, step):
        chosen = generator.integers(0, first.size, (min(step, _RESAMPLES - start), first.size), dtype=np.int32)
        total, count, other_total, other_count = (column[chosen].sum(axis=1) for column in sums.T)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn.append(other_total / other_count - total / count)
    low, high = np.nanpercentile(np.concatenate(drawn), [2.5, 97.5])  # a sample without any value says nothing
    return Interval(mean, float(low), float(high))


def _sums(values: Values) -> Values:
    """Each value (0 where it is not defined) and whether it is defined: shape (n, 2)."""
    return np.stack([np.nan_to_num(values), ~np.isnan(values)], axis=1).astype(np.float64)
