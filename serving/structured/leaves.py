"""JSON as text in pieces, one for each value in it, so that each can have a verdict of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Value = str | int | float | bool | None


class Piece(NamedTuple):
    """A part of the text up to a value and with it; the last one with all that closes the text."""

    text: str
    value: Value
    has_value: bool = True  # False of a text without any, such as {}


def pieces_of(answer: Any) -> list[Piece]:
    """The pieces. Joined, their texts are the answer as JSON."""
    pieces: list[Piece] = []
    before = ""
    for text, value, is_value in _written(answer):
        before += text
        if is_value:
            pieces.append(Piece(before, value))
            before = ""
    if before and pieces:
        pieces[-1] = pieces[-1]._replace(text=pieces[-1].text + before)
    elif before:
        pieces.append(Piece(before, None, has_value=False))
    return pieces


def _written(part: Any) -> Iterator[tuple[str, Value, bool]]:
    if isinstance(part, dict):
        yield "{", None, False
        for number, (key, inner) in enumerate(part.items()):
            yield f"{', ' if number else ''}{json.dumps(key, ensure_ascii=False)}: ", None, False
            yield from _written(inner)
        yield "}", None, False
    elif isinstance(part, list):
        yield "[", None, False
        for number, inner in enumerate(part):
            yield ", " if number else "", None, False
            yield from _written(inner)
        yield "]", None, False
    else:
        yield json.dumps(part, ensure_ascii=False), part, True
