"""What the time of an answer went into: stages, each with its moments, for timings, metrics and traces alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

UNDERSTANDING = "understanding"  # a follow-up is made standalone
SEARCH = "search"
MODEL = "model"  # from the call to the reply's end; sentences are checked meanwhile
FIRST_TOKEN = "first_token"  # from the same call to the first piece of its reply  # noqa: S105 (no password)
CHECKING = "checking"  # sentences against what they cite


class Interval(NamedTuple):
    """One piece of a stage; its moments are seconds of `time.perf_counter`."""

    stage: str
    start: float
    end: float


class Stages:
    """The intervals of one answer. One thread writes them; others read when it is done."""

    def __init__(self) -> None:
        self.intervals: list[Interval] = []

    @contextmanager
    def during(self, stage: str) -> Iterator[None]:
        """Notes the block, however it ends."""
        start = perf_counter()
        try:
            yield
        finally:
            self.note(stage, start)

    def note(self, stage: str, start: float, end: float | None = None) -> None:
        """Notes what began at `start` and ended at `end`, or ends now."""
        self.intervals.append(Interval(stage, start, perf_counter() if end is None else end))

    def seconds(self) -> dict[str, float]:
        """The sum of each stage."""
        sums: dict[str, float] = {}
        for stage, start, end in self.intervals:
            sums[stage] = sums.get(stage, 0.0) + end - start
        return sums
