"""The nouns of measuring: what one question gave, and a run of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eval.statistics.intervals import Interval


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question of a run.

    Attributes:
        id: the question's, unique in its set. Runs over the same set are paired by it.
        question: its words.
        values: each metric that is defined for this question; one that is not is left out, never NaN.
        details: what a person wants to see beside the values: the passages found, the answer, the reason for a refusal.
    """

    id: str
    question: str
    values: Mapping[str, float]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One task over one set in one configuration.

    Attributes:
        set: the set's name, or the collection's for a person's own questions.
        task: "retrieval", "answers", "citations", "abstention", "parsing" or "latency".
        config: every setting that can change a value, such as the mode, the embedding model, the answering model.
        metrics: each metric's mean over the questions that define it, with its interval; or, for a metric of the whole
            run (the area under a curve), its value and interval.
        queries: in the order of the set.
        collection: the collection's name, version and number of passages, where there is one.
        machine: what it ran on: system, processor, cores, memory, Python, ibid's version.
        started: UTC, ISO 8601.
    """

    set: str
    task: str
    config: Mapping[str, Any]
    metrics: Mapping[str, Interval]
    queries: tuple[QuestionResult, ...]
    collection: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    started: str = ""
