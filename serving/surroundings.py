"""What stands around a quote: about a page of its document, cut at the borders of lines."""

from __future__ import annotations

from typing import NamedTuple

from kb.errors import UsageError

_CONTEXT = 1500  # characters around a quote: about a printed page
_SLACK = 300  # characters the context may grow or shrink to end at a line's border


class Surroundings(NamedTuple):
    """A part of a document's text; its offsets count the text's characters."""

    start: int
    end: int
    text: str


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """The part of `text` around a span.

    Raises:
        UsageError: there is no such span.
    """
    if not start < end <= len(text):
        raise UsageError(f"there is no span {start}-{end}", f"the document has {len(text)} characters")
    around = max(0, _CONTEXT - (end - start)) // 2
    first, last = max(0, start - around), min(len(text), end + around)
    if first > 0:
        first = _after_break(text, first, start)
    if last < len(text):
        last = _before_break(text, last, end)
    return Surroundings(first, last, text[first:last])


def _after_break(text: str, offset: int, limit: int) -> int:
    """The line's beginning nearest before `offset`, or a little after it, or a word's beginning."""
    before = text.rfind("\n", max(0, offset - _SLACK), offset)
    if before >= 0:
        return before + 1
    after = text.find("\n", offset, min(limit, offset + _SLACK))
    return after + 1 if after >= 0 else offset


def _before_break(text: str, offset: int, limit: int) -> int:
    after = text.find("\n", offset, offset + _SLACK)
    if after >= 0:
        return after
    before = text.rfind("\n", max(limit, offset - _SLACK), offset)
    return before if before >= 0 else offset
