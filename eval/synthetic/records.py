"""A question that may be asked of a document, before it has passed any filter."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

Span = tuple[int, int]  # start and end in the document's text


class Kind(StrEnum):
    """Where a question comes from; also its tag."""

    DEFINITION = "definition"
    TABLE = "table"
    RULE = "rule"  # a numbered article, section, clause or recommendation
    HEADING = "heading"
    MODEL = "model"  # a chat model wrote it


class Candidate(NamedTuple):
    """A question and the spans of its document that each answer it.

    `subject` is what sets it apart from other questions of its kind: the term, the rule's number, the row and column.
    """

    kind: Kind
    question: str
    subject: str
    answers: tuple[Span, ...]
