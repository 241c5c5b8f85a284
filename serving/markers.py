"""Citation markers in a model's text: [1], [1,2], [1][2], [1-3], 【1】, ［１］."""

from __future__ import annotations

import re
from collections.abc import Callable

_OPEN, _CLOSE, _DASH = r"[\[［【]", r"[\]］】]", r"[-–—－~～]"
_NUMBER = r"\^?[0-9０-９]{1,3}"  # three digits: no prompt holds a thousand passages, and [2020] is a year
_SEPARATOR = rf"\s?(?:[,，、;；]|{_DASH})\s?"
MARKER = re.compile(rf"{_OPEN}\s?{_NUMBER}(?:{_SEPARATOR}{_NUMBER})*\s?{_CLOSE}")

# The beginning of a marker that the stream has not finished. It is at most this long: ten numbers and what parts them.
_LONGEST = 50
_BEGINNING = re.compile(rf"{_OPEN}[0-9０-９\s,，、;；^\-–—－~～]{{0,{_LONGEST}}}$")

_RANGE_LIMIT = 10  # [1-300] is no citation
_WITH_SPACE_BEFORE = re.compile(rf"(?:[ \t]*{MARKER.pattern})+")


def cited_numbers(text: str) -> tuple[int, ...]:
    """The numbers in the markers of `text`, each once, in order."""
    numbers: dict[int, None] = {}
    for match in MARKER.finditer(text):
        numbers.update(dict.fromkeys(_numbers_of(match[0])))
    return tuple(numbers)


def without_markers(text: str) -> str:
    """`text` as its author would have written it without citing: markers go, with the blanks before them."""
    return _WITH_SPACE_BEFORE.sub("", text)


def replace_markers(text: str, resolve: Callable[[int], int | None]) -> str:
    """Writes each marker anew, as [n][m], with the numbers that `resolve` gives; what resolves to None is dropped."""

    def written(match: re.Match[str]) -> str:
        resolved: dict[int, None] = {}
        for number in cited_numbers(match[0]):
            if (marker := resolve(number)) is not None:
                resolved[marker] = None
        if not resolved:
            return ""
        blanks = match[0][: len(match[0]) - len(match[0].lstrip(" \t"))]
        return blanks + "".join(f"[{marker}]" for marker in resolved)

    return _WITH_SPACE_BEFORE.sub(written, text)


def begins_marker(text: str) -> bool:
    """Whether `text` may turn into a marker when more of it comes."""
    return _BEGINNING.match(text) is not None


def _numbers_of(marker: str) -> list[int]:
    found: list[int] = []
    through = False
    for token in re.findall(rf"[0-9０-９]+|{_DASH}", marker):
        if not token[0].isdigit():
            through = True
            continue
        number = int(token)
        first = found[-1] + 1 if through and found and found[-1] < number <= found[-1] + _RANGE_LIMIT else number
        found.extend(range(first, number + 1))
        through = False
    return found
