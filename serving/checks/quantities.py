"""A number must stand in the cited words, and with the same unit."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.dates import find_dates
from serving.quantities import Quantity, quantities


def wrong_quantity(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A number that the cited words do not hold, or not with this unit; PARTLY where only a count is not read there."""
    _, rest = find_dates(sentence)
    dates, cited_rest = find_dates("\n".join(quotes))
    cited = quantities(cited_rest, list_numbers=True)
    in_dates = {str(part) for date in dates for part in (date.year, date.month, date.day) if part}
    counted: Judgement | None = None
    for quantity in quantities(rest):
        if any(_agree(quantity, other) for other in cited) or (not quantity.unit and quantity.value in in_dates):
            continue
        if quantity.unit == "year" and quantity.value in in_dates:  # 2013年 and "May 2013"
            continue
        if quantity.is_count:
            counted = Judgement(Verdict.PARTLY, f"the cited words do not say “{quantity.written}”", 0.5)
            continue
        return _not_said(quantity, cited)
    return counted


def _agree(stated: Quantity, cited: Quantity) -> bool:
    return stated.value == cited.value and (stated.unit == cited.unit or not stated.unit or not cited.unit)


def _not_said(stated: Quantity, cited: Sequence[Quantity]) -> Judgement:
    same_value = [other for other in cited if other.value == stated.value]
    same_unit = [other for other in cited if other.unit == stated.unit and stated.unit]
    rivals = same_value or same_unit
    if rivals:
        said = " and ".join(dict.fromkeys(other.written for other in rivals[:3]))
        return Judgement(Verdict.CONTRADICTED, f"the cited words say {said}, the answer {stated.written}", 0.8)
    return Judgement(Verdict.UNSUPPORTED, f"{stated.written} does not occur in the cited words", 0.9)
