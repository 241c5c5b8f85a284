"""Which questions of two runs may be compared: those that ask the same and expect the same."""

from __future__ import annotations

from typing import NamedTuple

from eval.records import QuestionResult, Run


class Pairs(NamedTuple):
    """The questions of a run and of the recorded one.

    `compared` holds both results of each question that is the same in both, in the order of the run. The others are
    named by their ids: only in the run, only recorded, and changed (other words, or something else is expected).
    """

    compared: tuple[tuple[QuestionResult, QuestionResult], ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def pair_questions(recorded: Run, run: Run) -> Pairs:
    """Pairs the questions of two runs by id."""
    before = {item.id: item for item in recorded.queries}
    now = {item.id: item for item in run.queries}
    shared = [(before[key], item) for key, item in now.items() if key in before]
    same = [(one, other) for one, other in shared if _asks_the_same(one, other)]
    kept = {other.id for _, other in same}
    return Pairs(
        compared=tuple(same),
        added=tuple(key for key in now if key not in before),
        removed=tuple(key for key in before if key not in now),
        changed=tuple(other.id for _, other in shared if other.id not in kept),
    )


def _asks_the_same(one: QuestionResult, other: QuestionResult) -> bool:
    return one.question == other.question and one.details.get("expected") == other.details.get("expected")
