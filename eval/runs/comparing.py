"""Two runs side by side: what was set differently, which metrics differ beyond chance, which questions moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from eval.records import QuestionResult, Run
from eval.runs.directions import lower_is_better
from eval.runs.whole_runs import figure_of, rows_of
from eval.statistics.intervals import Interval
from eval.statistics.paired import Difference, Verdict, holm, paired_difference, verdict_of
from eval.statistics.whole_runs import difference_of
from kb.errors import UsageError


class Setting(NamedTuple):
    """A setting, or a fact of the collection or machine, that the two runs do not share."""

    name: str
    before: Any
    after: Any


class MetricChange(NamedTuple):
    """One metric in both runs, over the questions that both have.

    `difference` and `p` (corrected over all metrics of the comparison) are None where the questions do not tell how the
    metric came about, so that nothing can be paired; such a metric is never said to differ.
    """

    name: str
    before: float
    after: float
    difference: Interval | None
    p: float | None
    verdict: Verdict


class QuestionChange(NamedTuple):
    """One question that moved: the second run's value minus the first's is not 0."""

    before: QuestionResult
    after: QuestionResult
    change: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A second run against a first one, of the same set and task.

    Attributes:
        set: the set that both measured.
        task: the task of both.
        settings: what was set differently.
        surroundings: what else differs: the collection's version, the machine.
        questions: how many questions both have; only these are compared.
        only_before: questions of the first run alone.
        only_after: questions of the second run alone.
        metrics: those that both runs have, in the order of the second.
        metric: the one by which questions are said to have moved; "" where no metric has values for questions.
        better: questions that got better, the most improved first.
        worse: questions that got worse, the worst first.
    """

    set: str
    task: str
    settings: tuple[Setting, ...]
    surroundings: tuple[Setting, ...]
    questions: int
    only_before: int
    only_after: int
    metrics: tuple[MetricChange, ...]
    metric: str
    better: tuple[QuestionChange, ...]
    worse: tuple[QuestionChange, ...]


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison for a program: as `ibid eval --compare A B --json FILE` writes it."""

    def moved(changes: tuple[QuestionChange, ...]) -> list[dict[str, Any]]:
        name = comparison.metric
        return [
            {"id": one.id, "question": other.question, "before": one.values[name], "after": other.values[name]}
            for one, other, _ in changes
        ]

    return {
        "set": comparison.set,
        "task": comparison.task,
        "questions": comparison.questions,
        "only_before": comparison.only_before,
        "only_after": comparison.only_after,
        "settings": [item._asdict() for item in (*comparison.settings, *comparison.surroundings)],
        "metrics": {
            change.name: {
                "before": change.before,
                "after": change.after,
                "difference": change.difference._asdict() if change.difference else None,
                "p": change.p,
                "verdict": change.verdict.value,
            }
            for change in comparison.metrics
        },
        "metric": comparison.metric,
        "better": moved(comparison.better),
        "worse": moved(comparison.worse),
    }


def compare_runs(before: Run, after: Run, metric: str = "") -> Comparison:
    """Compares two runs over the questions that both have.

    Args:
        before: the run to compare with.
        after: the run that may be better or worse.
        metric: by which questions are said to have moved; the first that both have where none is named.

    Raises:
        UsageError: they measured other sets or tasks, share no question or no metric, or do not have `metric`.
    """
    _require_same(before, after)
    first = {query.id: query for query in before.queries}
    second = {query.id: query for query in after.queries}
    pairs = [(first[key], second[key]) for key in second if key in first]
    if not pairs:
        raise UsageError("the runs cannot be compared", "they have no question in common")
    names = [name for name in after.metrics if name in before.metrics]
    if not names or (metric and metric not in names):
        raise UsageError("the runs cannot be compared", f"they do not both have {metric or 'any metric'}")
    changes = _compare_metrics(names, pairs, before, after)
    chosen = metric or next((name for name in names if any(name in one.values for one, _ in pairs)), "")
    moved = _moved(pairs, chosen)
    return Comparison(
        set=after.set,
        task=after.task,
        settings=tuple(_differing(before.config, after.config)),
        surroundings=(*_differing(before.collection, after.collection), *_differing(before.machine, after.machine)),
        questions=len(pairs),
        only_before=len(first) - len(pairs),
        only_after=len(second) - len(pairs),
        metrics=changes,
        metric=chosen,
        better=tuple(change for change in moved if change.change > 0),
        worse=tuple(reversed([change for change in moved if change.change < 0])),
    )


def _require_same(before: Run, after: Run) -> None:
    for what, one, other in (("set", before.set, after.set), ("task", before.task, after.task)):
        if one != other:
            raise UsageError(
                "the runs cannot be compared",
                f"they are of the {what}s {one!r} and {other!r}",
                f"Compare runs of the same {what}",
            )


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Setting]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Setting(name, before.get(name), after.get(name))


def _compare_metrics(
    names: list[str], pairs: list[tuple[QuestionResult, QuestionResult]], before: Run, after: Run
) -> tuple[MetricChange, ...]:
    found = {name: _paired(name, pairs) for name in names}
    compared = [name for name in names if found[name] is not None]
    corrected = dict(zip(compared, holm([item[2].p for name in compared if (item := found[name])]), strict=True))
    changes = []
    for name in names:
        item = found[name]
        if item is None:
            whole = (before.metrics[name].mean, after.metrics[name].mean)
            changes.append(MetricChange(name, *whole, None, None, Verdict.NOT_SHOWN))
            continue
        one, other, (interval, _) = item
        verdict = verdict_of(interval.mean, corrected[name], lower_is_better=lower_is_better(name))
        changes.append(MetricChange(name, one, other, interval, corrected[name], verdict))
    return tuple(changes)


def _paired(name: str, pairs: list[tuple[QuestionResult, QuestionResult]]) -> tuple[float, float, Difference] | None:
    """Both values and their difference; None where the questions do not tell how the metric came about."""
    first = [one.values.get(name, math.nan) for one, _ in pairs]
    second = [other.values.get(name, math.nan) for _, other in pairs]
    known = [[value for value in values if not math.isnan(value)] for values in (first, second)]
    if all(known):
        means = [math.fsum(values) / len(values) for values in known]
        return means[0], means[1], paired_difference(first, second)
    figure = figure_of(name)
    rows = [rows_of(figure, run) for run in zip(*pairs, strict=True)] if figure else []
    if figure is None or rows[0] is None or rows[1] is None:
        return None
    difference = difference_of(figure.statistic, rows[0], rows[1])
    if math.isnan(difference.interval.mean):
        return None
    return figure.statistic(rows[0]), figure.statistic(rows[1]), difference


def _moved(pairs: list[tuple[QuestionResult, QuestionResult]], metric: str) -> list[QuestionChange]:
    """Questions whose value changed, from the most improved to the one that lost most."""
    sign = -1.0 if lower_is_better(metric) else 1.0
    changes = [
        QuestionChange(one, other, sign * (other.values[metric] - one.values[metric]))
        for one, other in pairs
        if metric in one.values and metric in other.values and one.values[metric] != other.values[metric]
    ]
    return sorted(changes, key=lambda change: -change.change)
