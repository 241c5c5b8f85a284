"""What the server replies to the page Check, as types."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kb.records import JobState
from ui.browser.api.parsing import Json, page_number


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation on its way to a run."""

    id: str
    state: JobState
    done: int
    total: int
    reason: str
    run: str

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run as the picker shows it."""

    id: str
    started: str
    questions: int


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric of a run: its mean over `questions` questions, with the 95 % interval."""

    name: str
    mean: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage or a citation of a worst question."""

    document: str
    page: int | None
    text: str


@dataclass(frozen=True, slots=True)
class WorstQuestion:
    """A question that a person should look at first. `expected` are phrases, a document, or nothing: to be refused."""

    question: str
    value: float
    answer: str
    refused: bool
    failure: str
    must_refuse: bool
    expected: tuple[str, ...]
    document: str
    cited: tuple[Passage, ...]
    read: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two runs, over the questions that both have; `verdict` is "better", "worse" or something else."""

    name: str
    before: float
    after: float
    low: float
    high: float
    p: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A question whose value changed between two runs."""

    question: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against the one before it."""

    run_before: str
    questions: int
    metric: str
    changes: tuple[Change, ...]
    better: tuple[Moved, ...]
    worse: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown of a run. `curve` holds coverage and risk; `answered_by` is the model."""

    answered_by: str
    questions: int
    metrics: tuple[Measure, ...]
    curve: tuple[tuple[float, float], ...]
    ordered_by: str
    worst: tuple[WorstQuestion, ...]
    comparison: Comparison | None


def read_evaluation(value: Json) -> Evaluation:
    """An evaluation."""
    return Evaluation(
        id=str(value["id"]),
        state=JobState(value["status"]),
        done=int(value["done"]),
        total=int(value["total"]),
        reason=str(value.get("reason") or ""),
        run=str(value.get("run") or ""),
    )


def read_run_summary(value: Json) -> RunSummary:
    """A run of the list. What runs say of themselves may have come with a collection from elsewhere."""
    return RunSummary(str(value["id"]), str(value.get("started") or ""), int(value.get("questions") or 0))


def read_figures(value: Json) -> Figures:
    """The figures of a run."""
    ordered_by = str(value.get("ordered_by") or "")
    return Figures(
        answered_by=str((value.get("config") or {}).get("answers by") or ""),
        questions=int(value["questions"]),
        metrics=tuple(_measure(name, metric) for name, metric in value["metrics"].items()),
        curve=tuple((_share(coverage), _share(risk)) for coverage, risk in value.get("curve") or ()),
        ordered_by=ordered_by,
        worst=tuple(_worst(question, ordered_by) for question in value.get("worst") or ()),
        comparison=_comparison(value["comparison"]) if value.get("comparison") else None,
    )


def _measure(name: str, metric: Json) -> Measure:
    mean, low, high = (_number(metric.get(key)) for key in ("mean", "low", "high"))
    return Measure(str(name), mean, low, high, int(metric.get("questions") or 0))


def _worst(value: Json, metric: str) -> WorstQuestion:
    expected = value.get("expected") or {}
    return WorstQuestion(
        question=str(value["question"]),
        value=_number((value.get("values") or {}).get(metric)),
        answer=str(value.get("answer") or ""),
        refused=value.get("status") == "refused",
        failure=str(value.get("failure") or ""),
        must_refuse=expected.get("must_refuse") is True,
        expected=tuple(map(str, expected.get("answers") or ())),
        document=str(expected.get("document") or ""),
        cited=tuple(_passage(item, "quote") for item in value.get("citations") or ()),
        read=tuple(_passage(item, "text") for item in value.get("top") or ()),
    )


def _passage(value: Json, words: str) -> Passage:
    return Passage(str(value.get("document") or ""), page_number(value.get("page")), str(value.get(words) or ""))


def _comparison(value: Json) -> Comparison:
    return Comparison(
        run_before=str(value.get("with") or ""),
        questions=int(value["questions"]),
        metric=str(value.get("metric") or ""),
        changes=tuple(_change(name, change) for name, change in value["metrics"].items()),
        better=tuple(_moved(item) for item in value.get("better") or ()),
        worse=tuple(_moved(item) for item in value.get("worse") or ()),
    )


def _change(name: str, value: Json) -> Change:
    difference = value.get("difference") or {}
    p = value.get("p")
    return Change(
        name=str(name),
        before=_number(value.get("before")),
        after=_number(value.get("after")),
        low=_number(difference.get("low")),
        high=_number(difference.get("high")),
        p=float(p) if isinstance(p, int | float) else None,
        verdict=str(value.get("verdict") or ""),
    )


def _moved(value: Mapping[str, Any]) -> Moved:
    return Moved(str(value["question"]), _number(value.get("before")), _number(value.get("after")))


def _number(value: object) -> float:
    """NaN for what nothing defines."""
    return float(value) if isinstance(value, int | float) else math.nan


def _share(value: object) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError("a share lies outside 0 to 1")
    return number
