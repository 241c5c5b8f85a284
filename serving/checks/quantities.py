"""A number must stand in the cited words, and with the same unit."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.bounds import Bound, are_complementary, are_opposite
from serving.dates import find_dates
from serving.quantities import Quantity, quantities, same_amount
from serving.units import unit_named


def wrong_quantity(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A number that the cited words do not hold, or not with this unit; PARTLY where only a count is not read there."""
    _, rest = find_dates(sentence)
    dates, cited_rest = find_dates("\n".join(quotes))
    cited = quantities(cited_rest, list_numbers=True)
    in_dates = {str(part) for date in dates for part in (date.year, date.month, date.day) if part}
    counted: Judgement | None = None
    for quantity in quantities(rest):
        agreeing = [other for other in cited if same_amount(quantity, other)]
        if agreeing:
            if (unlike := _unlike(quantity, agreeing)) is not None:
                return unlike
            continue
        if not quantity.unit and quantity.value in in_dates:
            continue
        if quantity.unit == "year" and quantity.value in in_dates:  # 2013年 and "May 2013"
            continue
        if quantity.is_count:
            counted = Judgement(Verdict.PARTLY, f"the cited words do not say “{quantity.written}”", 0.5)
            continue
        return _not_said(quantity, cited)
    return counted


def _unlike(stated: Quantity, agreeing: Sequence[Quantity]) -> Judgement | None:
    """A least where the cited words have a most of the same amount, or the other way round."""
    if not agreeing or not all(_clash(stated.bound, other.bound) for other in agreeing):
        return None
    said = agreeing[0]
    opposite = any(are_opposite(stated.bound, other.bound) for other in agreeing)
    verdict = Verdict.CONTRADICTED if opposite else Verdict.PARTLY  # "more than 3 fail" may mean "at most 3 pass"
    return Judgement(verdict, f"the cited words say {said.bounded}, the answer {stated.bounded}", 0.7)


def _clash(one: Bound, other: Bound) -> bool:
    return are_opposite(one, other) or are_complementary(one, other)


def _not_said(stated: Quantity, cited: Sequence[Quantity]) -> Judgement:
    same_value = [other for other in cited if other.value == stated.value]
    same_kind = [other for other in cited if _kind(other) == _kind(stated) and stated.unit]
    rivals = same_value or same_kind
    if rivals:
        said = " and ".join(dict.fromkeys(other.written for other in rivals[:3]))
        return Judgement(Verdict.CONTRADICTED, f"the cited words say {said}, the answer {stated.written}", 0.8)
    return Judgement(Verdict.UNSUPPORTED, f"{stated.written} does not occur in the cited words", 0.9)


def _kind(quantity: Quantity) -> str:
    unit = unit_named(quantity.unit)
    return unit.kind if unit else quantity.unit
