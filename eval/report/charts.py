"""Where the marks of a chart stand, in per cent of its width and height; the templates draw them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from numpy.typing import ArrayLike

from eval.records import Run
from eval.runs.tables import shown_number
from eval.statistics.intervals import Interval

_POINTS = 160  # of a curve: more than a phone has pixels between them
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)  # where a risk axis may end


class Bar(NamedTuple):
    """A mean with its interval; `mean`, `low` and `high` are per cent of the track."""

    label: str
    value: str
    interval: str
    mean: float
    low: float
    high: float
    questions: int  # 0 where they are those of the whole run


class Line(NamedTuple):
    """A curve as the points of an SVG polyline over a square of 100 by 100, its overall risk as a height in it."""

    label: str
    points: str
    level: float


class Curve(NamedTuple):
    """Curves over one pair of axes. `top` is the risk at the upper end."""

    lines: tuple[Line, ...]
    top: float


def bars_of(items: Sequence[tuple[str, Interval, int]]) -> list[Bar]:
    """A bar for each label, mean and number of questions.

    Shares have one scale from 0 to 1; what is beyond 1 (milliseconds, tokens) has another, lest it dwarf them.
    """
    known = [item for item in items if not math.isnan(item[1].mean)]
    highest = max((_end(interval) for _, interval, _ in known), default=1.0)

    def places(interval: Interval) -> tuple[float, float, float]:
        scale = 1.0 if _end(interval) <= 1 else highest
        mean, low, high = (value / scale if math.isfinite(value) else 0.0 for value in interval)
        return _per_cent(mean), _per_cent(low), _per_cent(high)

    bars = []
    for label, interval, count in known:
        shown = f"{shown_number(interval.low)} – {shown_number(interval.high)}"
        bars.append(Bar(label, shown_number(interval.mean), shown, *places(interval), count))
    return bars


def _end(interval: Interval) -> float:
    return max((value for value in interval if math.isfinite(value)), default=0.0)


def _per_cent(share: float) -> float:
    return round(100 * min(1.0, max(0.0, share)), 2)


def risk_curve(runs: Iterable[tuple[str, Run]]) -> Curve | None:
    """The risk-coverage curves of the runs whose questions have a confidence and a "right"; None where none has."""
    from eval.metrics.risk_coverage import risk_coverage_curve

    curves = []
    for label, run in runs:
        rows = [query.values for query in run.queries if {"confidence", "right"} <= query.values.keys()]
        if len(rows) > 1:
            curves.append((label, risk_coverage_curve(*_confidence_and_loss(rows))))
    if not curves:
        return None
    highest = max(float(curve.risk.max()) for _, curve in curves)
    top = next((step for step in _STEPS if step >= highest), 1.0)
    lines = []
    for label, curve in curves:
        chosen = sorted({round(index * (curve.risk.size - 1) / (_POINTS - 1)) for index in range(_POINTS)})
        points = " ".join(
            f"{100 * curve.coverage[index]:.2f},{100 * (1 - curve.risk[index] / top):.2f}" for index in chosen
        )
        lines.append(Line(label, points, round(100 * (1 - float(curve.risk[-1]) / top), 2)))
    return Curve(tuple(lines), top)


def _confidence_and_loss(rows: Sequence[Mapping[str, float]]) -> tuple[ArrayLike, ArrayLike]:
    """Of every question as if none could be refused; where nobody asked what would have been said, see there."""
    from eval.metrics.risk_coverage import forced_answers

    confidence = [row["confidence"] for row in rows]
    if all("right if answered" in row for row in rows):
        return confidence, [1.0 - row["right if answered"] for row in rows]
    return forced_answers(confidence, [row["right"] for row in rows], [row.get("refused", 0.0) for row in rows])
