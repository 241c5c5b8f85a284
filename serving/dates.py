"""Dates in a text, however written: 2024年3月1日, March 1, 2024, 1 March 2024 and 2024-03-01 are the same day."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from kb.text.folding import fold
from kb.text.numerals import canonical_numerals

_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_NUMBERS |= {name[:3]: number for name, number in _NUMBERS.items()} | {"sept": 9}
_NAME = rf"(?P<name>{'|'.join(_MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1\d|20)\d\d)"
_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\d-])(?P<year>(?:1\d|20)\d\d)[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)(?![\d-])",
        r"(?:(?P<year>\d{4}|\d\d)年度?\s?)?(?P<month>[01]?\d)月(?:份)?(?:(?P<day>[0-3]?\d)[日号])?",
        rf"\b{_NAME} {_DAY}(?:,? {_YEAR})?(?![\d.%])",
        rf"\b{_DAY}(?: of)? {_NAME}(?:,? {_YEAR})?",
        rf"\b{_NAME},?(?: of)? {_YEAR}",
        rf"\b(?!may\b|march\b){_NAME}\b",  # "may" and "march" alone are verbs more often than months
        r"(?:(?<=in )|(?<=since )|(?<=until )|(?<=by )|(?<=late )|(?<=early )|(?<=mid-))(?P<name>may|march)\b",
    )
)

_IN_CHINESE = re.compile("[〇零一二三四五六七八九十]{1,4}[年月日号]")


class Date(NamedTuple):
    """A day, a month of a year, or a month; 0 stands for what is not said."""

    year: int
    month: int
    day: int
    written: str  # as it stands in the folded text
    start: int  # in the folded text
    end: int

    def agrees_with(self, other: Date) -> bool:
        """Whether both may be the same: no part that both state differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(not mine or not its or mine == its for mine, its in pairs)


def month_name(month: int) -> str:
    """The month's English name in lower case."""
    return _MONTHS[month - 1]


@lru_cache(maxsize=1_000)  # the cited words are read by several checks, for several sentences
def find_dates(text: str) -> tuple[tuple[Date, ...], str]:
    """The dates of `text` in their order, and the text, folded, with blanks in their place."""
    folded = fold(text)
    plain, offsets = _with_digits(folded)
    found: list[Date] = []
    for pattern in _WRITTEN:
        for match in pattern.finditer(plain):
            start, end = offsets[match.start()], offsets[match.end()]
            date = _read(match, folded, start, end)
            if date is not None:
                found.append(date)
                plain = _blanked(plain, match.start(), match.end())
    rest = folded
    for date in found:
        rest = _blanked(rest, date.start, date.end)
    return tuple(sorted(found, key=lambda date: date.start)), rest


def _with_digits(folded: str) -> tuple[str, list[int]]:
    """The text with 二〇二四年 as 2024年, and for each of its characters and its end the place it comes from."""
    pieces: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _IN_CHINESE.finditer(folded):
        digits = canonical_numerals(match[0])
        pieces += folded[position : match.start()], digits
        offsets += range(position, match.start())
        offsets += [match.start()] * (len(digits) - 1) + [match.end() - 1]
        position = match.end()
    pieces.append(folded[position:])
    return "".join(pieces), [*offsets, *range(position, len(folded) + 1)]


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _read(match: re.Match[str], folded: str, start: int, end: int) -> Date | None:
    parts = match.groupdict()
    month = _NUMBERS[parts["name"].rstrip(".")] if parts.get("name") else int(parts["month"])
    day, year = int(parts.get("day") or 0), int(parts.get("year") or 0)
    if not 1 <= month <= 12 or day > 31:
        return None
    return Date(year, month, day, folded[start:end].strip(), start, end)
