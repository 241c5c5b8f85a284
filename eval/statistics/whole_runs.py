"""Whether two runs differ in a figure of the whole run: an area under a curve, a percentile, a ratio of counts."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eval.statistics.intervals import Interval
from eval.statistics.paired import Difference

# Each draw computes the figure twice, a millisecond for 6,000 questions: fewer draws than for means, so that eight such
# figures take half a minute. The smallest p-value, 1/2001, survives a correction over 30 metrics.
_SWAPS = 2_000
_RESAMPLES = 1_000
_SAME = 1e-12  # differences that differ by less are the same number
_SEED = 20_261_122  # any fixed number: the same values give the same p-value

Rows = NDArray[np.float64]
Statistic = Callable[[Rows], float]


def difference_of(statistic: Statistic, before: Rows, after: Rows) -> Difference:
    """Compares a figure of two runs by swapping the two runs' rows of random questions.

    The test is approximate randomisation (Noreen, Computer-Intensive Methods, 1989, chapter 2), the interval a
    percentile bootstrap over questions.

    Args:
        statistic: gives the figure of rows; NaN where they do not define it.
        before: the first run, shape (questions, columns).
        after: the second run, in the same order.

    Raises:
        ValueError: the shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"runs of {len(before)} and {len(after)} questions cannot be paired")
    difference = statistic(after) - statistic(before)
    if math.isnan(difference) or np.array_equal(before, after, equal_nan=True):
        return Difference(Interval(difference, difference, difference), 1.0)
    generator = np.random.default_rng(_SEED)
    extreme = 0
    for _ in range(_SWAPS):
        swapped = generator.integers(0, 2, len(before), dtype=np.bool_)[:, None]
        change = statistic(np.where(swapped, before, after)) - statistic(np.where(swapped, after, before))
        extreme += not abs(change) < abs(difference) - _SAME  # NaN, an undefined figure, counts as extreme
    drawn = np.empty(_RESAMPLES)
    for number in range(_RESAMPLES):
        chosen = generator.integers(0, len(before), len(before))
        drawn[number] = statistic(after[chosen]) - statistic(before[chosen])
    known = drawn[~np.isnan(drawn)]
    low, high = np.percentile(known, [2.5, 97.5]) if known.size else (math.nan, math.nan)
    return Difference(Interval(difference, float(low), float(high)), (extreme + 1) / (_SWAPS + 1))
