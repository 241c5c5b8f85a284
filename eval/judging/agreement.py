"""Figures of agreement between two judges of the same items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.statistics.intervals import Interval

Values = NDArray[np.float64]

_RESAMPLES = 1_000  # an interval's ends to two digits
_SEED = 20_261_122  # any fixed number


def balanced_accuracy(gold: Values, said: Values) -> float:
    """The mean of the shares of yes and of no that were found: (TP/P + TN/N) / 2. NaN where there is only one kind."""
    yes, no = gold > 0, gold <= 0
    if not yes.any() or not no.any():
        return float("nan")
    return float(((said[yes] > 0).mean() + (said[no] <= 0).mean()) / 2)


def macro_f1(gold: Values, said: Values) -> float:
    """The mean over the labels of `gold` of F1 = 2·TP / (2·TP + FP + FN), each label counting the same."""
    scores = []
    for label in np.unique(gold):
        right = float(((gold == label) & (said == label)).sum())
        named = float((gold == label).sum() + (said == label).sum())
        scores.append(2 * right / named)
    return float(np.mean(scores))


def cohens_kappa(gold: Values, said: Values) -> float:
    """κ = (p_o - p_e) / (1 - p_e), agreement beyond chance (Cohen 1960, p. 40), for yes and no."""
    first, second = gold > 0, said > 0
    observed = float((first == second).mean())
    chance = float(first.mean() * second.mean() + (1 - first.mean()) * (1 - second.mean()))
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def preference_accuracy(gold: Values, said: Values) -> float:
    """Of the pairs of which people prefer one, the share in which the judge prefers the same; half for a tie."""
    decided = gold != 0
    if not decided.any():
        return float("nan")
    same = np.sign(gold[decided]) == np.sign(said[decided])
    return float(np.where(said[decided] == 0, 0.5, same).mean())


def spearman(gold: Values, said: Values) -> float:
    """ρ, Pearson's correlation of the ranks, equal values sharing their mean rank. NaN where one side is constant."""
    first, second = _ranks(gold), _ranks(said)
    if first.std() == 0 or second.std() == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def with_interval(figure: Callable[[Values, Values], float], gold: Sequence[float], said: Sequence[float]) -> Interval:
    """The figure over all items, with its percentile bootstrap interval, 95 %."""
    first, second = np.asarray(gold, dtype=np.float64), np.asarray(said, dtype=np.float64)
    if first.size == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    generator = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_RESAMPLES):
        chosen = generator.integers(0, first.size, first.size)
        drawn.append(figure(first[chosen], second[chosen]))
    known = [value for value in drawn if not np.isnan(value)]
    low, high = np.percentile(known, [2.5, 97.5]) if known else (float("nan"), float("nan"))
    return Interval(figure(first, second), float(low), float(high))


def _ranks(values: Values) -> Values:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean_ranks: Values = (ends - (counts - 1) / 2)[inverse]
    return mean_ranks
