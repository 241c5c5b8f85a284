"""Questions that come as rows of a table instead of a file: checked as those of a file are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kb.questions.entries import Entry, Field, Problem
from kb.questions.reading import checked_questions
from kb.questions.records import OwnQuestion


def questions_of_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[OwnQuestion, ...]:
    """The questions of rows that have the attributes of `OwnQuestion`.

    Raises:
        UsageError: a row is wrong; the message names each by its number, from 1, and says what is wrong.
    """
    problems: list[Problem] = []
    return checked_questions([_entry(number, row) for number, row in enumerate(rows, 1)], problems, "the table", "row")


def _entry(number: int, row: Mapping[str, Any]) -> Entry:
    fields = {"answer" if name == "answers" else name: _texts(value) for name, value in row.items()}
    return Entry(number, {name: Field(number, texts) for name, texts in fields.items() if any(texts)})


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(map(str, value))
    if isinstance(value, bool):
        return ("true",) if value else ()
    return () if value is None else (str(value),)
