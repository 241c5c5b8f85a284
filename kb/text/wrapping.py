"""Tells a line break inside a sentence from one between lines."""

from __future__ import annotations

from kb.text.abbreviations import unfinished

_WRAPPED_LINE = 45  # characters: shorter English lines are headings, addresses or list items rather than wrapped prose
_REACH = 60  # characters looked at on both sides


def goes_on_in_next_line(text: str, piece: int, newline: int) -> bool:
    """Whether the line break at `newline` stands in the middle of prose that began at `piece`."""
    following = text[newline + 1 : newline + _REACH].lstrip(" \t\u3000")[:1]
    if text[newline] == "\r" and following == "\n":
        return newline > piece  # decided at the \n
    before = text[max(piece, newline - _REACH) : newline].rstrip()
    if not before or not following.isalpha() or "|" in before:
        return False
    if before[-1] in "，、":
        return True
    return following.isascii() and newline - piece >= _WRAPPED_LINE and _english_goes_on(before, following)


def _english_goes_on(before: str, following: str) -> bool:
    if following.islower():
        return (before[-1].isalnum() and before[-1] < "\u2e80") or before[-1] in ",-–)”\"'"
    return before.rsplit(None, 1)[-1].lower() in unfinished()
