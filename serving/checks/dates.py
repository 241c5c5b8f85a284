"""A date must be one of those that the cited words give."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.dates import Date
from serving.reasons import Reason, because, listed
from serving.values import Values, read_values


def wrong_date(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A date of the sentence that no cited date agrees with."""
    stated = read_values(sentence).dates
    if not stated:
        return None
    cited = read_values("\n".join(quotes))
    for date in stated:
        if any(date.agrees_with(other) and _rest_is_said(date, other, cited) for other in cited.dates):
            continue
        if rivals := [other.written for other in cited.dates if _shares_a_part(date, other)]:
            said = listed(rivals, sentence)
            why = because(Reason.OTHERWISE, sentence, cited=said, said=date.written)
            return Judgement(Verdict.CONTRADICTED, why, 0.8)
        return Judgement(Verdict.UNSUPPORTED, because(Reason.NOWHERE, sentence, said=date.written), 0.9)
    return None


def _rest_is_said(date: Date, other: Date, cited: Values) -> bool:
    """Whether a year that an agreeing date leaves open is said elsewhere in the cited words."""
    if not date.year or other.year:
        return True
    numbers = {quantity.value for quantity in cited.quantities}
    return str(date.year) in numbers or any(one.year == date.year for one in cited.dates)


def _shares_a_part(date: Date, other: Date) -> bool:
    pairs = ((date.year, other.year), (date.month, other.month), (date.day, other.day))
    return any(mine and mine == its for mine, its in pairs)
