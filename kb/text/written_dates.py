"""Days, months and years as people write them, in English and Chinese, as the days that they span.

2024-03-01, 2024/3/1, 2024.3.1, 20240301, 1 March 2024, March 1st, 2024, 2024年3月1日, 二〇二四年三月一日
and 民國113年3月1日 are one day; 2024-03, March 2024 and 2024年3月 span a month; 2024 and 2024年 a year. 3/4/2024 is
refused: it is a day in March in one country and in April in another.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date
from typing import NamedTuple

from kb.errors import UsageError
from kb.text.numerals import canonical_numerals

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug"),
            *("september sept sep", "october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
_NAME = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_HAN = "〇○零一二三四五六七八九十百"
# One written day each, without groups, so that other patterns can hold them.
_DAYS = (
    r"\d{4}[-/.][01]?\d[-/.][0-3]?\d(?!\d)",
    rf"(?:民[国國]|公元|西元)?\s?[\d{_HAN}]{{2,7}}\s?年\s?[\d{_HAN}]{{1,2}}\s?月\s?[\d{_HAN}]{{1,3}}\s?[日号號]",
    rf"{_DAY}(?: day)?(?: of)? {_NAME}\.?,? \d{{4}}",
    rf"{_NAME}\.? {_DAY},? \d{{4}}",
)
WRITTEN_DAY = f"(?:{'|'.join(_DAYS)})"  # to be looked for in what `plain` returns

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?:(?P<gap>[-/.])(?P<month>\d{1,2})(?:(?P=gap)(?P<day>\d{1,2}))?)?"
        r"(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?",  # a time of day, which is passed over
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
        r"(?P<era>民[国國]|公元|西元)?\s?(?P<year>\d{2,4})年"
        r"(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号])?)?",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: day)?(?: of)? (?P<name>{_NAME})\.?,? (?P<year>\d{{4}})",
        rf"(?P<name>{_NAME})\.?(?: (?P<day>\d{{1,2}})(?:st|nd|rd|th)?)?,?(?: of)? (?P<year>\d{{4}})",
    )
)
_CHINESE_NUMBER = re.compile(rf"[{_HAN}]+[年月日号]")  # with its unit: 三 alone is not read
_EARLIEST = 1000  # 24年 may be of any century
_MINGUO = 1911  # the first year of the Republic's calendar is 1912


class DateBounds(NamedTuple):
    """The first and the last day of what was written; the same for a day."""

    first: date
    last: date


def plain(text: str) -> str:
    """`text` with full-width forms and no-break spaces as ASCII: what `WRITTEN_DAY` is looked for in."""
    return unicodedata.normalize("NFKC", text)


def read_date(text: str) -> DateBounds:
    """The days that a whole text such as "2024年3月" or "1 March 2024" spans.

    Raises:
        UsageError: it is no date, or no day of the calendar, or it can be read in two ways.
    """
    written = " ".join(plain(text).split()).replace("○", "〇").replace("號", "号")
    written = re.sub(" ?([年月日号]) ?", r"\1", written)
    written = _CHINESE_NUMBER.sub(lambda match: canonical_numerals(match[0]), written)
    for form in _FORMS:
        match = form.fullmatch(written)
        if match is not None:
            try:
                return _bounds(match)
            except ValueError:
                break
    raise UsageError(f"{text!r} is not a date", advice="Write it as 2024-03-01, 1 March 2024 or 2024年3月1日")


def read_day(text: str) -> date:
    """The day that a whole text names.

    Raises:
        UsageError: it is no date, or a month or year.
    """
    bounds = read_date(text)
    if bounds.first != bounds.last:
        raise UsageError(f"{text!r} is not one day", advice="Write a day, as 2024-03-01 or 2024年3月1日")
    return bounds.first


def _bounds(match: re.Match[str]) -> DateBounds:
    parts = match.groupdict()
    year = int(parts["year"])
    if (parts.get("era") or "").startswith("民"):
        year += _MINGUO
    if year < _EARLIEST:
        raise ValueError
    month = _MONTHS[parts["name"].lower()] if parts.get("name") else int(parts.get("month") or 0)
    day = int(parts.get("day") or 0)
    if day:
        return DateBounds(date(year, month, day), date(year, month, day))
    if parts.get("month") or parts.get("name"):
        return DateBounds(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
    return DateBounds(date(year, 1, 1), date(year, 12, 31))
