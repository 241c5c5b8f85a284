"""Questions in CSV: a head line with the fields' names, one question a line.

Commas, semicolons (what spreadsheets write where the comma is the decimal mark) or tabs part the cells. Several answers
stand in several columns: answer, answer 2, answer 3.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Protocol

from kb.questions.entries import Entry, Field, Problem
from kb.questions.records import FIELDS, field_named

_DELIMITERS = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # a first line that only spreadsheets understand


class _Rows(Protocol):
    """What `csv.reader` gives."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def read_csv(text: str) -> tuple[list[Entry], list[Problem]]:
    """The questions of a CSV file and what is wrong with its form."""
    first_line = 1
    if separator := _SEPARATOR_LINE.match(text):
        text, first_line = text[separator.end() :], 2
    head_line = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda mark: len(_known(_head(head_line, mark))))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _entries(rows, first_line)
    except csv.Error as error:
        return [], [Problem(first_line + rows.line_num - 1, f"is not CSV: {error}")]


def _head(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _known(head: list[str]) -> list[str]:
    return [name for name in map(field_named, head) if name]


def _entries(rows: _Rows, first_line: int) -> tuple[list[Entry], list[Problem]]:
    head = next(rows, [])
    names = [field_named(cell) for cell in head]
    problems = [
        Problem(first_line, f"unknown column {cell.strip()[:40]!r}; known: {', '.join(FIELDS)}")
        for cell, name in zip(head, names, strict=True)
        if not name and cell.strip()
    ]
    if "question" not in names:
        problems.append(Problem(first_line, "has no column `question`"))
    twice = sorted({name for name in names if name and name != "answer" and names.count(name) > 1})
    problems += [Problem(first_line, f"has the column {name} twice") for name in twice]
    if problems:
        return [], problems
    entries: list[Entry] = []
    line = rows.line_num + first_line
    for cells in rows:
        if any(cell.strip() for cell in cells):
            entries.append(_entry(cells, names, line, problems))
        line = rows.line_num + first_line
    return entries, problems


def _entry(cells: list[str], names: list[str], line: int, problems: list[Problem]) -> Entry:
    if any(cell.strip() for cell in cells[len(names) :]):
        problems.append(Problem(line, f"has {len(cells)} cells under {len(names)} columns"))
    fields: dict[str, Field] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and cell.strip():
            before = fields[name].texts if name in fields else ()
            fields[name] = Field(line, (*before, cell))
    return Entry(line, fields)
