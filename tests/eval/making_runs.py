"""Small runs for tests, made in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.records import QuestionResult, Run
from eval.statistics.intervals import bootstrap_interval


def make_run(
    values: Mapping[str, Sequence[float]],
    *,
    name: str = "tiny",
    task: str = "retrieval",
    ids: Sequence[str] = (),
    config: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    question: str = "When does the library open?",
    without_mean: Sequence[str] = (),
) -> Run:
    """A run with these values by metric, one for each question; `without_mean` names those that are no metrics."""
    count = len(next(iter(values.values())))
    queries = tuple(
        QuestionResult(
            ids[i] if ids else f"q{i}", question, {key: float(found[i]) for key, found in values.items()}, details or {}
        )
        for i in range(count)
    )
    metrics = {key: bootstrap_interval(found) for key, found in values.items() if key not in without_mean}
    return Run(name, task, config or {"mode": "hybrid"}, metrics, queries, {"name": name, "version": 3, "passages": 9})
