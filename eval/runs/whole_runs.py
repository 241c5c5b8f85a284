"""Figures of a whole run, computed again from its questions, so that two runs can be compared in them too."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from eval.metrics.risk_coverage import area_under_risk, area_under_roc, excess_area_under_risk, forced_answers
from eval.records import QuestionResult
from eval.statistics.whole_runs import Rows, Statistic

_PERCENTILE = re.compile(r"(.+) p(\d+)")
_ANSWERABLE = "answerable"
_RECALL_OF = "refusal recall, "


class Figure(NamedTuple):
    """How to compute a figure: what it needs of each question, and from all of them."""

    row: Callable[[QuestionResult], tuple[float, ...]]
    statistic: Statistic


def figure_of(metric: str) -> Figure | None:
    """How `metric` is computed from the questions of a run; None where that is not known."""
    if metric in _FIGURES:
        return _FIGURES[metric]
    if metric.startswith(_RECALL_OF):
        kind = metric.removeprefix(_RECALL_OF)
        return Figure(lambda query: (_value(query, "refused"), float(query.details.get("kind") == kind)), _recall)
    if found := _PERCENTILE.fullmatch(metric):
        name, percent = found[1], float(found[2])
        return Figure(lambda query: (_value(query, name),), lambda rows: _percentile(rows, percent))
    return None


def rows_of(figure: Figure, queries: Sequence[QuestionResult]) -> Rows | None:
    """Shape (questions, columns); None where no question has all that the figure needs."""
    rows = np.array([figure.row(query) for query in queries], dtype=np.float64)
    return rows if rows.size and not np.isnan(rows).any(axis=1).all() else None


def _value(query: QuestionResult, name: str) -> float:
    return query.values.get(name, math.nan)


def _confidence_row(query: QuestionResult) -> tuple[float, ...]:
    return (_value(query, "confidence"), _value(query, "right"), query.values.get("refused", 0.0))


def _refusal_row(query: QuestionResult) -> tuple[float, ...]:
    kind = query.details.get("kind")
    return (_value(query, "refused"), math.nan if kind is None else float(kind != _ANSWERABLE))


def _answerable_row(query: QuestionResult) -> tuple[float, ...]:
    return (_value(query, "confidence"), 1 - _refusal_row(query)[1])


def _risk(rows: Rows) -> float:
    return area_under_risk(*forced_answers(*rows.T))


def _excess_risk(rows: Rows) -> float:
    return excess_area_under_risk(*forced_answers(*rows.T))


def _roc_of_answered(rows: Rows) -> float:
    shown = rows[rows[:, 2] == 0]
    return _roc(shown)


def _roc(rows: Rows) -> float:
    area = area_under_roc(rows[:, 0], rows[:, 1] > 0)
    return math.nan if area is None else area


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _precision(rows: Rows) -> float:
    return _share(float((rows[:, 0] * rows[:, 1]).sum()), float(rows[:, 0].sum()))


def _recall(rows: Rows) -> float:
    return _share(float((rows[:, 0] * rows[:, 1]).sum()), float(rows[:, 1].sum()))


def _f1(rows: Rows) -> float:
    return _share(2 * float((rows[:, 0] * rows[:, 1]).sum()), float(rows.sum()))


def _percentile(rows: Rows, percent: float) -> float:
    known = rows[~np.isnan(rows)]
    return float(np.percentile(known, percent)) if known.size else math.nan


_FIGURES = {
    "AURC": Figure(_confidence_row, _risk),
    "E-AURC": Figure(_confidence_row, _excess_risk),
    "AUROC right": Figure(_confidence_row, _roc_of_answered),
    "AUROC answerable": Figure(_answerable_row, _roc),
    "refusal precision": Figure(_refusal_row, _precision),
    "refusal recall": Figure(_refusal_row, _recall),
    "refusal F1": Figure(_refusal_row, _f1),
}
