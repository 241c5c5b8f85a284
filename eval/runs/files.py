"""Run files: one JSON object for a run, or a list of them for several sets."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.records import QuestionResult, Run
from eval.statistics.intervals import Interval
from kb.errors import NotFoundError, UsageError

_ADVICE = "A run file is what `ibid eval … --json FILE` writes"
_OWN_KEYS = ("id", "question")


def run_json(run: Run) -> dict[str, Any]:
    """A run as its file has it: each question's values and details flat beside its id.

    Raises:
        ValueError: a detail has the name of a value, or either is called "id" or "question".
    """
    others = sorted({name for query in run.queries for name in query.values} - run.metrics.keys())
    return {
        "set": run.set,
        "task": run.task,
        "config": dict(run.config),
        "metrics": {name: _interval_json(interval) for name, interval in run.metrics.items()},
        "values": others,  # what each question may have besides the metrics, such as a confidence
        "queries": [_query_json(query) for query in run.queries],
        "collection": dict(run.collection),
        "machine": dict(run.machine),
        "started": run.started,
    }


def write_run(path: Path, run: Run | Sequence[Run]) -> None:
    """Writes one run, or a list of several, aside first, so that a file is never half written.

    Raises:
        UsageError: the file cannot be written.
    """
    write_json(path, run_json(run) if isinstance(run, Run) else [run_json(one) for one in run])


def write_json(path: Path, content: object) -> None:
    """Writes one JSON document, aside first.

    Raises:
        UsageError: the file cannot be written.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        part.write_text(text, encoding="utf-8", errors="replace")  # half of a surrogate pair is no text
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}", str(error.strerror), "Name another file") from error


def read_run(path: Path) -> Run:
    """The one run of a file.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is not a run file, or it holds several runs.
    """
    runs = read_runs(path)
    if len(runs) != 1:
        raise UsageError(f"{path} holds {len(runs)} runs", "one is needed here", "Measure one set with `--json`")
    return runs[0]


def read_runs(path: Path) -> tuple[Run, ...]:
    """Every run of a file.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is not a run file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"no run file {path}", advice=_ADVICE) from error
    except OSError as error:
        raise UsageError(f"cannot read {path}", str(error.strerror), _ADVICE) from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise UsageError(f"{path} is not a run file", str(error), _ADVICE) from error
    items = content if isinstance(content, list) else [content]
    return tuple(_run_from(item, path) for item in items)


def _run_from(item: Any, path: Path) -> Run:
    try:
        metrics = {name: _interval_from(value) for name, value in item["metrics"].items()}
        names = metrics.keys() | set(item.get("values", ()))
        run = Run(
            set=str(item["set"]),
            task=str(item["task"]),
            config=dict(item["config"]),
            metrics=metrics,
            queries=tuple(_query_from(query, names) for query in item["queries"]),
            collection=dict(item.get("collection") or {}),
            machine=dict(item.get("machine") or {}),
            started=str(item.get("started") or ""),
        )
    except KeyError as error:
        raise UsageError(f"{path} is not a run file", f"{error} is missing", _ADVICE) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is not a run file", str(error), _ADVICE) from error
    if len({query.id for query in run.queries}) != len(run.queries):
        raise UsageError(f"{path} is not a run file", "two questions have the same id", _ADVICE)
    return run


def _interval_json(interval: Interval) -> dict[str, float | None]:
    """JSON has no NaN: a metric that no question defines is null."""
    return {name: None if math.isnan(value) else value for name, value in interval._asdict().items()}


def _interval_from(value: Mapping[str, float | None]) -> Interval:
    return Interval(*(math.nan if value[name] is None else float(value[name] or 0) for name in Interval._fields))


def _query_json(query: QuestionResult) -> dict[str, Any]:
    taken = set(_OWN_KEYS) | query.values.keys()
    if clash := (taken & query.details.keys()) or (set(_OWN_KEYS) & query.values.keys()):
        raise ValueError(f"question {query.id} has two things called {sorted(clash)}")
    return {"id": query.id, "question": query.question, **query.values, **query.details}


def _query_from(query: Mapping[str, Any], names: set[str]) -> QuestionResult:
    values = {name: float(value) for name, value in query.items() if name in names and value is not None}
    details = {name: value for name, value in query.items() if name not in names and name not in _OWN_KEYS}
    return QuestionResult(str(query["id"]), str(query.get("question", "")), values, details)
