"""Intervals of figures of a whole run, such as an area under a curve, which are no mean over its questions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eval.statistics.intervals import Interval

Places = NDArray[np.intp]  # which questions, some of them several times

_RESAMPLES = 500  # a curve is sorted anew for each; the ends move by some hundredths of the width beyond this
_SEED = 20_261_122  # any fixed number: the same run gives the same interval


def interval_of(statistic: Callable[[Places], float | None], count: int) -> Interval:
    """The statistic of all `count` questions with its percentile bootstrap interval (Efron 1979), 95 %.

    Args:
        statistic: of the questions at these places, or None where it is not defined for them.
        count: how many questions there are.

    Returns:
        NaN throughout where the statistic of all questions is not defined.
    """
    whole = statistic(np.arange(count)) if count else None
    if whole is None:
        return Interval(float("nan"), float("nan"), float("nan"))
    generator = np.random.default_rng(_SEED)
    drawn = [statistic(generator.integers(0, count, count)) for _ in range(_RESAMPLES)]
    low, high = np.percentile([value for value in [*drawn, whole] if value is not None], [2.5, 97.5])
    return Interval(whole, float(low), float(high))
