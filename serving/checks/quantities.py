"""A number must stand in the cited words, and with the same unit."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.bounds import Bound, are_complementary, are_opposite
from serving.quantities import RULE, Quantity, same_amount
from serving.reasons import Reason, because, listed
from serving.units import unit_named
from serving.values import Values, read_values, without_list_number


def wrong_quantity(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A number that the cited words do not hold, or not with this unit; PARTLY where only a count is not read there."""
    stated = read_values(without_list_number(sentence)).quantities
    if not stated:
        return None
    cited = read_values("\n".join(quotes))
    elsewhere = _numbers_elsewhere(cited)
    counted: Judgement | None = None
    for quantity in stated:
        agreeing = [other for other in cited.quantities if same_amount(quantity, other)]
        if agreeing:
            if (unlike := _unlike(quantity, agreeing, sentence)) is not None:
                return unlike
        elif quantity.unit in ("", "year", RULE) and quantity.value in elsewhere:  # 2013年 and "May 2013"
            continue
        elif quantity.is_count:
            counted = Judgement(Verdict.PARTLY, because(Reason.NOT_COUNTED, sentence, what=quantity.written), 0.5)
        else:
            return _not_said(quantity, cited.quantities, sentence)
    return counted


def _numbers_elsewhere(cited: Values) -> set[str]:
    """Numbers that stand in dates and as those of articles."""
    numbers = {str(part) for date in cited.dates for part in (date.year, date.month, date.day) if part}
    return numbers | {number for article in cited.articles for number in (article.number, *article.parts)}


def _unlike(stated: Quantity, agreeing: Sequence[Quantity], sentence: str) -> Judgement | None:
    """A least where the cited words have a most of the same amount, or the other way round."""
    if not all(_clash(stated.bound, other.bound) for other in agreeing):
        return None
    said = agreeing[0]
    opposite = any(are_opposite(stated.bound, other.bound) for other in agreeing)
    verdict = Verdict.CONTRADICTED if opposite else Verdict.PARTLY  # "more than 3 fail" may mean "at most 3 pass"
    return Judgement(verdict, because(Reason.OTHERWISE, sentence, cited=said.bounded, said=stated.bounded), 0.7)


def _clash(one: Bound, other: Bound) -> bool:
    return are_opposite(one, other) or are_complementary(one, other)


def _not_said(stated: Quantity, cited: Sequence[Quantity], sentence: str) -> Judgement:
    same_value = [other for other in cited if other.value == stated.value]
    same_kind = [other for other in cited if _kind(other) == _kind(stated) and stated.unit]
    rivals = same_value or same_kind
    if rivals:
        said = listed((other.written for other in rivals), sentence)
        why = because(Reason.OTHERWISE, sentence, cited=said, said=stated.written)
        return Judgement(Verdict.CONTRADICTED, why, 0.8)
    return Judgement(Verdict.UNSUPPORTED, because(Reason.NOWHERE, sentence, said=stated.written), 0.9)


def _kind(quantity: Quantity) -> str:
    unit = unit_named(quantity.unit)
    return unit.kind if unit else quantity.unit
