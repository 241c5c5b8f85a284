"""Whether confidence tells right answers from wrong ones: risk-coverage curve, its area, area under the ROC.

Questions are answered from the most confident one on. After k of n, coverage is k / n and risk the share of wrong ones
among the k (El-Yaniv and Wiener 2010). AURC = (1/n) Σₖ risk(k); E-AURC takes off the area of the same answers in the
best order, all right ones first (Geifman, Uziel and El-Yaniv 2019, section 3), here exactly and not by its limit. Equal
confidences have no order of their own: each stands for the mean over all orders of the tie. AUROC is Mann and Whitney's
statistic: the chance that a positive one has more confidence than a negative one, ties counting half (Hanley and McNeil
1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


class Curve(NamedTuple):
    """Risk at each coverage, both of shape (n,), from the most confident question to all of them."""

    coverage: Values
    risk: Values


def risk_coverage_curve(confidence: ArrayLike, wrong: ArrayLike) -> Curve:
    """The curve.

    Args:
        confidence: shape (n,), any scale, higher is surer.
        wrong: shape (n,), the loss of each answer, 0 (right) to 1.
    """
    losses = _losses_in_order(np.asarray(confidence, np.float64), np.asarray(wrong, np.float64))
    counts = np.arange(1, losses.size + 1)
    return Curve(counts / max(losses.size, 1), np.cumsum(losses) / counts)


def area_under_risk(confidence: ArrayLike, wrong: ArrayLike) -> float:
    """AURC, 0 (never wrong) to 1; NaN for no questions."""
    risk = risk_coverage_curve(confidence, wrong).risk
    return float(risk.mean()) if risk.size else float("nan")


def excess_area_under_risk(confidence: ArrayLike, wrong: ArrayLike) -> float:
    """E-AURC: 0 where every right answer is surer than every wrong one; NaN for no questions."""
    losses = np.asarray(wrong, np.float64)
    return area_under_risk(confidence, losses) - area_under_risk(-losses, losses)


def area_under_roc(confidence: ArrayLike, positive: Sequence[bool] | NDArray[np.bool_]) -> float | None:
    """0 to 1, .5 for a confidence that tells nothing; None unless there are positive and negative ones."""
    chosen = np.asarray(positive, np.bool_)
    ranks = _ranks(np.asarray(confidence, np.float64))
    positives, negatives = int(chosen.sum()), int((~chosen).sum())
    if not positives or not negatives:
        return None
    return float((ranks[chosen].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def forced_answers(confidence: ArrayLike, right: ArrayLike, refused: ArrayLike) -> tuple[Values, Values]:
    """Confidence and loss as if no question could be refused, for the functions above.

    What was refused comes after all that was answered and counts as wrong: nobody knows what would have been said.

    Args:
        confidence: shape (n,).
        right: shape (n,), 1 for a right answer; what it says of refused questions does not matter.
        refused: shape (n,), 1 for a refused question.

    Returns:
        Two arrays of shape (n,).
    """
    left_out = np.asarray(refused, np.bool_)
    sure = np.asarray(confidence, np.float64)
    lowest = sure.min(initial=0.0) - 1
    return np.where(left_out, lowest, sure), np.where(left_out, 1.0, 1.0 - np.asarray(right, np.float64))


def _losses_in_order(confidence: Values, losses: Values) -> Values:
    """The losses from the surest on, each replaced by the mean of those with the same confidence."""
    _, group, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=losses, minlength=sizes.size) / sizes
    return np.repeat(means, sizes)


def _ranks(values: Values) -> Values:
    """From 1, the lowest; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last: Values = np.cumsum(sizes).astype(np.float64)
    ranks: Values = (last - (sizes - 1) / 2)[group]
    return ranks
