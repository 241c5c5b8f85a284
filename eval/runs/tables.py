"""Runs and comparisons as text for a terminal."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from eval.records import Run
from eval.runs.comparing import Comparison, MetricChange, QuestionChange
from eval.statistics.intervals import Interval

_MOVED_SHOWN = 5  # questions in each direction: a screen holds them beside the metrics
_WORDS_SHOWN = 90  # columns of a question


def run_table(run: Run) -> str:
    """A heading with the configuration, then a line for each metric with its 95 % interval."""
    settings = ", ".join(f"{name} {value}" for name, value in run.config.items() if value not in ("", 0, None))
    rows = [
        (name, shown_number(interval.mean), _interval(interval), _count(run, name))
        for name, interval in run.metrics.items()
    ]
    return "\n".join([f"{run.set} · {run.task} · {settings}", *_columns(rows)])


def comparison_table(comparison: Comparison) -> str:
    """What was set differently, every metric with its difference and verdict, and the questions that moved most."""
    lines = [f"{comparison.set} · {comparison.task} · {comparison.questions} questions in both runs"]
    if comparison.only_before or comparison.only_after:
        lines.append(
            f"  only these are compared: {comparison.only_before} are in the first run alone,"
            f" {comparison.only_after} in the second alone"
        )
    lines += [f"  set differently: {name}: {_word(one)} → {_word(other)}" for name, one, other in comparison.settings]
    lines += [
        f"  also different: {name}: {_word(one)} → {_word(other)}" for name, one, other in comparison.surroundings
    ]
    rows = [("", "before", "after", "difference", "95 % interval", "p", "")]
    lines += _columns([*rows, *map(_change_row, comparison.metrics)])
    tested = sum(change.p is not None for change in comparison.metrics)
    lines.append(
        f"  p is two-sided and corrected for {tested} metrics (Holm); a difference counts where it is below .05"
    )
    lines += _moved("better", comparison.better, comparison.metric)
    lines += _moved("worse", comparison.worse, comparison.metric)
    return "\n".join(lines)


def shown_number(value: float) -> str:
    """A metric's value with three digits that say something."""
    if math.isnan(value):
        return "—"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def shown_p(p: float) -> str:
    """A p-value."""
    return "<.001" if p < 0.001 else f"{p:.3f}"


def _interval(interval: Interval) -> str:
    return f"[{shown_number(interval.low)}, {shown_number(interval.high)}]"


def _count(run: Run, metric: str) -> str:
    """How many questions the metric is a mean of, where not of all."""
    defined = sum(metric in query.values for query in run.queries)
    return f"{defined} of {len(run.queries)} questions" if 0 < defined < len(run.queries) else ""


def _change_row(change: MetricChange) -> tuple[str, ...]:
    one, other = shown_number(change.before), shown_number(change.after)
    if change.difference is None or change.p is None:
        return (change.name, one, other, "", "", "", "of the whole run: not tested")
    difference = change.difference
    return (
        change.name,
        one,
        other,
        f"{'+' if difference.mean >= 0 else '-'}{shown_number(abs(difference.mean))}",
        _interval(difference),
        shown_p(change.p),
        change.verdict.value,
    )


def _moved(direction: str, changes: Sequence[QuestionChange], metric: str) -> list[str]:
    if not changes:
        return []
    lines = [f"  {len(changes)} questions got {direction} by {metric}:"]
    for one, other, _ in changes[:_MOVED_SHOWN]:
        values = f"{shown_number(one.values[metric])} → {shown_number(other.values[metric])}"
        lines.append(f"    {values}  {other.id}  {_cut(other.question)}")
    return lines


def _word(value: Any) -> str:
    return "(none)" if value in ("", None) else str(value)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORDS_SHOWN else f"{line[: _WORDS_SHOWN - 1]}…"


def _columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows under each other, two blanks in front, each column as wide as its widest cell."""
    table = list(rows)
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    return [
        "  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
