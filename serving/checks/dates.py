"""A date must be one of those that the cited words give."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.dates import Date, find_dates
from serving.quantities import quantities


def wrong_date(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A date of the sentence that no cited date agrees with."""
    stated, _ = find_dates(sentence)
    if not stated:
        return None
    cited, rest = find_dates("\n".join(quotes))
    numbers = {quantity.value for quantity in quantities(rest, list_numbers=True)}
    for date in stated:
        if not any(date.agrees_with(other) and _rest_is_said(date, other, cited, numbers) for other in cited):
            rivals = [other for other in cited if _shares(date, other)]
            if rivals:
                said = " and ".join(dict.fromkeys(other.written for other in rivals[:3]))
                return Judgement(Verdict.CONTRADICTED, f"the cited words say {said}, the answer {date.written}", 0.8)
            return Judgement(Verdict.UNSUPPORTED, f"{date.written} does not occur in the cited words", 0.9)
    return None


def _rest_is_said(date: Date, other: Date, cited: Sequence[Date], numbers: set[str]) -> bool:
    """Whether a year that an agreeing date leaves open is said elsewhere in the cited words."""
    return not date.year or bool(other.year) or str(date.year) in numbers or any(d.year == date.year for d in cited)


def _shares(date: Date, other: Date) -> bool:
    return (date.month == other.month) + bool(date.year and date.year == other.year) + bool(
        date.day and date.day == other.day
    ) > 0
