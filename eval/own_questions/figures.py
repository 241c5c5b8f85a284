"""What people look at of a run: its metrics, the risk at each coverage, its worst questions, what changed since."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from eval.metrics.risk_coverage import forced_answers, risk_coverage_curve
from eval.records import QuestionResult, Run
from eval.report.questions import telling_metric, worst_questions
from eval.runs.comparing import compare_runs, comparison_json
from eval.runs.directions import lower_is_better
from eval.runs.files import read_run
from kb.errors import NotFoundError, StorageError, UsageError
from kb.records import AnswerStatus

_WORST = 15  # questions: as many as a report shows
_POINTS = 160  # of the curve: more than a phone has pixels between them
_DETAILS = ("status", "answer", "expected", "citations", "top", "failure")  # what is told of a question


class Earlier(NamedTuple):
    """The run that one is compared with, and its name."""

    name: str
    run: Run


def figures_json(run: Run, earlier: Earlier | None = None) -> dict[str, Any]:
    """The figures of a run over a collection's own questions, as `NAME.figures.json` has them.

    Args:
        run: whose figures.
        earlier: a run over the same collection; where no question is in both, nothing is compared.
    """
    ordered_by = telling_metric(run)
    figures = {
        "started": run.started,
        "config": dict(run.config),
        "collection": dict(run.collection),
        "questions": len(run.queries),
        "metrics": {
            name: {
                **interval._asdict(),
                "questions": sum(name in query.values for query in run.queries),
                "lower_is_better": lower_is_better(name),
            }
            for name, interval in run.metrics.items()
        },
        "curve": risk_curve_points(run),
        "ordered_by": ordered_by,
        "worst": [_question(query) for query in worst_questions(run, ordered_by, _WORST)] if ordered_by else [],
        "comparison": _comparison(run, earlier) if earlier else None,
    }
    without_nan: dict[str, Any] = _without_nan(figures)
    return without_nan


def compare_run_files(before: Path, after: Path) -> dict[str, Any] | None:
    """How the run of one file compares with that of another; None where no question is in both.

    Raises:
        NotFoundError: one of them is not there.
        StorageError: one of them is damaged.
    """
    compared: dict[str, Any] | None = _without_nan(_comparison(_read(after), Earlier(before.stem, _read(before))))
    return compared


def risk_curve_points(run: Run) -> list[list[float]]:
    """Coverage and risk, from the most confident question to all of them; none where fewer than two can be told.

    An answer is right when it holds the expected words or, where only a document is expected, cites it; never where the
    question has to be refused. What was refused comes last and counts as wrong: nobody knows what would have been said.
    """
    rows = [row for query in run.queries if (row := _risk_row(query)) is not None]
    if len(rows) < 2:
        return []
    confidence, right, refused = zip(*rows, strict=True)
    curve = risk_coverage_curve(*forced_answers(confidence, right, refused))
    chosen = sorted({round(index * (curve.risk.size - 1) / (_POINTS - 1)) for index in range(_POINTS)})
    return [[round(float(curve.coverage[at]), 4), round(float(curve.risk[at]), 4)] for at in chosen]


def _risk_row(query: QuestionResult) -> tuple[float, float, float] | None:
    """Confidence, whether it is right, whether it was refused; None where the model failed."""
    values = query.values
    if "confidence" not in values:
        return None
    right = 0.0 if "right refusal" in values else values.get("answer contains", values.get("cites document", 0.0))
    return values["confidence"], right, float(query.details.get("status") == AnswerStatus.REFUSED)


def _question(query: QuestionResult) -> dict[str, Any]:
    told = {name: query.details[name] for name in _DETAILS if name in query.details}
    return {"id": query.id, "question": query.question, "values": dict(query.values), **told}


def _read(path: Path) -> Run:
    try:
        return read_run(path)
    except NotFoundError as error:  # said without the folder, which is nobody's business beyond this machine
        raise NotFoundError(f"no run {path.stem!r}") from error
    except UsageError as error:
        raise StorageError(f"cannot read {path.name}", "the file is damaged") from error


def _comparison(run: Run, earlier: Earlier) -> dict[str, Any] | None:
    try:
        return {"with": earlier.name, **comparison_json(compare_runs(earlier.run, run))}
    except UsageError:  # every question is another
        return None


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: what nothing defines is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, list | tuple) else value
