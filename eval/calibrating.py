"""Fits a calibration to questions whose right answers are known.

With few questions, two numbers are fitted (Platt, "Probabilistic outputs for support vector machines", 1999): a
logistic curve over the logit of the confidence, held near the confidence itself. With many, a curve that only has to
rise (Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD 2002).
The risk of a threshold is counted with one wrong answer more than was seen, as in conformal risk control (Angelopoulos
et al. 2022): a threshold at which nothing happened to be wrong is not one without risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize  # type: ignore[import-untyped]  # has no types

from eval.metrics.risk_coverage import area_under_roc
from kb.calibration import Calibration, Knot, Step
from kb.errors import UsageError

Values = NDArray[np.float64]

FEWEST = 20  # questions: with fewer, the curve would be drawn by chance
_ENOUGH_TO_RISE = 400  # questions from which on the rising curve beats the logistic one (benchmarks/calibration.py)
_PRIOR = 4.0  # questions' worth of belief that the confidence is right as it is
_FOLDS = 5
_MOST_KNOTS = 40  # a curve of more only repeats the sample


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration and how good it is on questions that it was not fitted on (in five parts). All from 0 to 1."""

    calibration: Calibration
    brier_before: float  # mean squared difference of confidence and outcome
    brier: float
    error_before: float  # expected calibration error over ten equal parts
    error: float
    auroc: float | None


def fit_calibration(confidences: Sequence[float], right: Sequence[bool], *, answered_by: str, fitted_on: str) -> Fit:
    """Fits a calibration to the confidence of would-be answers and whether they are right.

    Args:
        confidences: of every question as it would be answered, also of those that would be refused; 0 to 1.
        right: whether that answer is right; never for a question that cannot be answered.
        answered_by: the model's name, or "extractive".
        fitted_on: the questions' name, for people.

    Raises:
        UsageError: there are too few questions, or all are right, or all wrong.
    """
    x, y = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if len(x) < FEWEST:
        raise UsageError(f"{len(x)} questions are too few to calibrate with", advice=f"Use at least {FEWEST}")
    if y.min() == y.max():
        which = "right" if y[0] else "wrong"
        raise UsageError("nothing can be calibrated", f"all {len(x)} answers are {which}", "Mix in others")
    chances = _held_out(x, y)
    knots = _curve(x, y)
    calibration = Calibration(knots, _steps(_read(knots, x), y), answered_by, fitted_on, len(x))
    return Fit(
        calibration,
        brier_before=float(np.mean((x - y) ** 2)),
        brier=float(np.mean((chances - y) ** 2)),
        error_before=expected_error(x, y),
        error=expected_error(chances, y),
        auroc=area_under_roc(chances, y > 0),
    )


def expected_error(chances: Values, right: Values, parts: int = 10) -> float:
    """Mean difference of chance and share of right answers over parts of equal size (Naeini et al. 2015)."""
    order = np.argsort(chances, kind="stable")
    groups = np.array_split(order, parts)
    return float(sum(abs(chances[g].mean() - right[g].mean()) * len(g) for g in groups if len(g)) / len(chances))


def _held_out(x: Values, y: Values) -> Values:
    """The chance of each answer by a curve fitted on the other folds; folds by place, so that the result repeats."""
    chances = np.empty_like(x)
    fold = np.arange(len(x)) % _FOLDS
    for part in range(_FOLDS):
        here = fold == part
        others = y[~here]
        chances[here] = others.mean() if others.min() == others.max() else _read(_curve(x[~here], others), x[here])
    return chances


def _curve(x: Values, y: Values) -> tuple[Knot, ...]:
    return _rising(x, y) if len(x) >= _ENOUGH_TO_RISE else _logistic(x, y)


def _logistic(x: Values, y: Values) -> tuple[Knot, ...]:
    logits = _logit(x)
    # Outcomes a little inside 0 and 1, as Platt has them: a perfect sample does not make a certain curve.
    good, bad = y.sum(), len(y) - y.sum()
    target = np.where(y > 0, (good + 1) / (good + 2), 1 / (bad + 2))

    def loss(weights: Values) -> float:
        z = weights[0] * logits + weights[1]
        return float(np.sum(np.logaddexp(0, z) - target * z) + _PRIOR * ((weights[0] - 1) ** 2 + weights[1] ** 2) / 2)

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, 5.0), (-10, 10)]).x
    points = np.linspace(0.005, 0.995, _MOST_KNOTS)
    return _knots(points, 1 / (1 + np.exp(-(slope * _logit(points) + offset))))


def _rising(x: Values, y: Values) -> tuple[Knot, ...]:
    order = np.argsort(x, kind="stable")
    groups = np.array_split(order, min(_MOST_KNOTS, len(x) // 10))
    heights = np.array([(y[g].sum() + 0.5) / (len(g) + 1) for g in groups])  # never quite 0 or 1
    return _knots(np.array([x[g].mean() for g in groups]), isotonic_regression(heights).x)


def _knots(confidences: Values, chances: Values) -> tuple[Knot, ...]:
    found: list[Knot] = []
    for confidence, chance in zip(confidences.tolist(), chances.tolist(), strict=True):
        if not found or confidence > found[-1].confidence + 1e-9:
            found.append(Knot(round(confidence, 6), round(chance, 6)))
    return tuple(found)


def _read(knots: Sequence[Knot], x: Values) -> Values:
    return np.interp(x, [knot.confidence for knot in knots], [knot.chance for knot in knots])


def _steps(chances: Values, right: Values) -> tuple[Step, ...]:
    """Risk and coverage at every chance that occurs, from the highest; risks as they are when one more was wrong."""
    order = np.argsort(-chances, kind="stable")
    wrong = np.cumsum(1 - right[order])
    steps = []
    for place, index in enumerate(order.tolist()):
        last = place == len(order) - 1 or chances[order[place + 1]] < chances[index]
        if last:
            risk = (wrong[place] + 1) / (place + 2)
            steps.append(
                Step(round(float(chances[index]), 6), round(float(risk), 6), round((place + 1) / len(order), 6))
            )
    return tuple(steps)


def _logit(chances: Values) -> Values:
    inside = np.clip(chances, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))
