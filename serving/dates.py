"""Dates in a text, however written: 2024年3月1日, March 1, 2024, 1 March 2024 and 2024-03-01 are the same day."""

from __future__ import annotations

import re
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

    def agrees_with(self, other: Date) -> bool:
        """Whether both may be the same: no part that both state differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(not mine or not its or mine == its for mine, its in pairs)


def find_dates(text: str) -> tuple[list[Date], str]:
    """The dates of `text` in their order, and the text, folded, without them."""
    rest = _IN_CHINESE.sub(lambda match: canonical_numerals(match[0]), fold(text))
    found: list[tuple[int, Date]] = []
    for pattern in _WRITTEN:
        for match in pattern.finditer(rest):
            date = _read(match)
            if date is not None:
                found.append((match.start(), date))
                rest = rest[: match.start()] + " " * len(match[0]) + rest[match.end() :]
    return [date for _, date in sorted(found, key=lambda item: item[0])], rest


def _read(match: re.Match[str]) -> Date | None:
    parts = match.groupdict()
    month = _NUMBERS[parts["name"].rstrip(".")] if parts.get("name") else int(parts["month"])
    day, year = int(parts.get("day") or 0), int(parts.get("year") or 0)
    if not 1 <= month <= 12 or day > 31:
        return None
    return Date(year, month, day, match[0].strip())
