"""Writes reports: what the templates show, gathered from runs and comparisons."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.records import Run
from eval.report.charts import Bar, Curve, bars_of, risk_curve
from eval.report.questions import Shown, leading_metric, shown_question, telling_metric, worst_questions
from eval.report.wording import Words, language_of_terminal, read_words
from eval.runs.comparing import Comparison, QuestionChange
from eval.runs.directions import lower_is_better
from eval.runs.tables import shown_number, shown_p
from eval.statistics.intervals import bootstrap_interval
from kb.errors import UsageError
from kb.text.language import detect_language

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent / "templates"
_WORST = 15  # questions of a run shown with everything about them: an hour's reading
_MOVED = 8  # questions of a comparison in each direction
_GROUPS = 24  # groups of questions in one chart: beyond that nobody compares them
_SMALL_GROUP = 3  # questions that a mean needs to say anything


@dataclass(frozen=True, slots=True)
class Part:
    """What the report says of one run."""

    label: str
    run: Run
    machine: str
    config: tuple[tuple[str, str], ...]
    metrics: tuple[Bar, ...]
    grouped_by: str
    groups: tuple[Bar, ...]
    curve: Curve | None
    ordered_by: str
    cost: bool  # whether that metric is better when lower
    worst: tuple[Shown, ...]


def write_report(
    path: Path, runs: Sequence[Run], comparisons: Sequence[Comparison] = (), *, language: str | None = None
) -> None:
    """Writes one HTML file, aside first, so that it is never half written.

    Args:
        path: the file.
        runs: at least one.
        comparisons: of runs among them, or of one with an earlier run.
        language: "en" or "zh"; the terminal's where not given.

    Raises:
        UsageError: the file cannot be written, there is no run, or no such language.
    """
    content = report_html(runs, comparisons, language=language)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(content, encoding="utf-8", errors="replace")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}", str(error.strerror), "Name another file") from error


def report_html(runs: Sequence[Run], comparisons: Sequence[Comparison] = (), *, language: str | None = None) -> str:
    """The report as one HTML document; it fetches nothing and runs no script.

    Raises:
        UsageError: there is no run, or no such language.
    """
    if not runs:
        raise UsageError("there is no run to report")
    words = read_words(language or language_of_terminal())
    labels = _labels(runs, words, compared=bool(comparisons))
    environment = _environment(words)
    return environment.get_template("report.html").render(
        style=(_FOLDER / "report.css").read_text(encoding="utf-8"),
        overview=_overview(runs, labels),
        comparisons=[_comparison(comparison, words) for comparison in comparisons],
        both_curves=_curves_together(runs, words),
        parts=[_part(run, label, words) for run, label in zip(runs, labels, strict=True)],
    )


def _environment(words: Words) -> Environment:
    """Everything that comes from runs is escaped: the templates hold no |safe but for the style sheet."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    environment.filters["language"] = detect_language
    environment.filters["number"] = shown_number
    environment.filters["signed"] = _signed
    environment.filters["p"] = shown_p
    return environment


def _labels(runs: Sequence[Run], words: Words, *, compared: bool) -> list[str]:
    """What each run is called: its set, and a letter where another run is of the same set and task."""
    same = Counter((run.set, run.task) for run in runs)
    if compared and len(runs) == 2 and len(same) == 1:
        return [f"{runs[0].set} ({words('before')})", f"{runs[1].set} ({words('after')})"]
    letters = [f"{chr(ord('A') + index % 26)} · " for index in range(len(runs))]
    return [f"{letters[index] if same[run.set, run.task] > 1 else ''}{run.set}" for index, run in enumerate(runs)]


def _overview(runs: Sequence[Run], labels: Sequence[str]) -> list[tuple[str, str, list[Bar]]]:
    """Task, metric and a bar for each run, for the tasks that several runs measured."""
    by_task: dict[str, list[tuple[str, Run]]] = defaultdict(list)
    for run, label in zip(runs, labels, strict=True):
        by_task[run.task].append((label, run))
    charts = []
    for task, same in by_task.items():
        metric = next((name for name in same[0][1].metrics if all(name in run.metrics for _, run in same)), "")
        if len(same) > 1 and metric:
            charts.append(
                (task, metric, bars_of([(label, run.metrics[metric], len(run.queries)) for label, run in same]))
            )
    return charts


def _part(run: Run, label: str, words: Words) -> Part:
    metric, telling = leading_metric(run), telling_metric(run)
    counts = {name: sum(name in query.values for query in run.queries) for name in run.metrics}
    counts = {name: count if count < len(run.queries) else 0 for name, count in counts.items()}
    return Part(
        label=label,
        run=run,
        machine=" · ".join(words.machine_fact(name, value) for name, value in run.machine.items() if _given(value)),
        config=tuple((words.named("details", name), str(value)) for name, value in run.config.items() if _given(value)),
        metrics=tuple(bars_of([(words.metric(name), run.metrics[name], counts[name]) for name in run.metrics])),
        grouped_by=metric,
        ordered_by=telling,
        cost=lower_is_better(telling),
        groups=tuple(_groups(run, metric, words)),
        curve=risk_curve([(run.set, run)]),
        worst=tuple(shown_question(query, words) for query in worst_questions(run, telling, _WORST)),
    )


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{shown_number(abs(value))}"


def _given(value: Any) -> bool:
    return value not in ("", None, 0, [], {})


def _groups(run: Run, metric: str, words: Words) -> list[Bar]:
    """The leading metric by domain (or whatever parts the questions of the set), the largest groups first."""
    values: dict[str, list[float]] = defaultdict(list)
    for query in run.queries:
        if metric in query.values:
            for group in _groups_of(query.details):
                values[group].append(query.values[metric])
    large = {name: found for name, found in values.items() if len(found) >= _SMALL_GROUP}
    if len(large) < 2:
        return []
    chosen = sorted(large, key=lambda name: -len(large[name]))[:_GROUPS]
    return bars_of(
        [(words.named("values", name), bootstrap_interval(large[name]), len(large[name])) for name in chosen]
    )


def _groups_of(details: Mapping[str, Any]) -> list[str]:
    found = next((details[name] for name in ("domain", "group", "kind", "tags") if details.get(name)), "")
    return [str(item) for item in found] if isinstance(found, list) else [str(found)] if found else []


def _curves_together(runs: Sequence[Run], words: Words) -> Curve | None:
    """Both runs' curves over one pair of axes, where two runs of one set and task are reported."""
    if len(runs) != 2 or (runs[0].set, runs[0].task) != (runs[1].set, runs[1].task):
        return None
    curve = risk_curve(zip((words("before"), words("after")), runs, strict=True))
    return curve if curve and len(curve.lines) == 2 else None


def _comparison(comparison: Comparison, words: Words) -> dict[str, Any]:
    def shown(changes: Sequence[QuestionChange]) -> list[tuple[str, str, Shown, Shown]]:
        name = comparison.metric
        return [
            (
                shown_number(one.values[name]),
                shown_number(other.values[name]),
                shown_question(one, words),
                shown_question(other, words),
            )
            for one, other, _ in changes[:_MOVED]
        ]

    return {
        "of": comparison,
        "tested": sum(change.p is not None for change in comparison.metrics),
        "settings": [*comparison.settings, *comparison.surroundings],
        "moved": [
            (direction, len(changes), shown(changes))
            for direction, changes in (("worse", comparison.worse), ("better", comparison.better))
        ],
    }
