"""Numbers with what they count: 20 mg, 三十日 and 30 days, 5%, Article 12 and 第十二条, half a year."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from kb.text.chinese_numerals import parse_chinese_numeral
from kb.text.english_numerals import parse_english_numeral
from kb.text.folding import fold
from kb.text.numerals import find_numerals
from serving.bounds import Bound, bound_at
from serving.units import unit_at, unit_named

RULE = "rule"  # the unit of the number of an article or section

_RULE_BEFORE = re.compile(r"(?:第|\b(?:article|section|rule|chapter|clause|part|art\.)\s?|§\s?)$")
_RULE_AFTER = re.compile(r"\s?[条款项章节编]")
_LONGEST_RULE = 10  # characters before the number
_LIST_NUMBER = re.compile(r"^\W*\d{1,2}[.)、．]\s?(?=\D)")
_COUNTED = 10  # "two conditions" may be counted by whoever writes; from here on a number must be read
_RANGE = re.compile(r"\s?(?:[-–—~～至到]|to|or|或)\s?")  # 5-10 mg: both are mg
_JOINED = re.compile(r"\s?(?:and |零|又)?")  # between 1 year and 6 months, 1小时30分钟
_HALF = re.compile(
    r"\bhalf[ -](?:an? )?(?P<english>year|month|week|day|hour|minute)s?\b"
    r"|(?<![上下前后大多小夜])半个?(?P<chinese>年|月|天|日|小时|钟头|周|星期|学年)"
)
_AND_A_HALF = re.compile(
    r"(?P<number>(?<![\d.])\d{1,4}|[一二两三四五六七八九十]{1,3})"
    r"(?:个半(?P<after>月|小时|钟头|星期|学年)|个?(?P<before>年|天|周|小时|月|星期|学年)半(?!年|个|天|数|以))"
    r"|\b(?P<words>\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten) and a half (?P<english>[a-z]+)\b"
)


class Quantity(NamedTuple):
    """A number in a folded text.

    `unit` is "" where none is known, "rule" for the number of an article or section; `per` is what it is taken by, as
    kg in mg/kg. `start` and `end` take in all of it: sign, number, unit and what makes it a bound.
    """

    value: str
    unit: str
    written: str  # the number with its unit as it stands in the text
    is_count: bool  # a small number in words without a unit
    start: int
    end: int
    per: str = ""
    bound: Bound = Bound.NONE
    bounded: str = ""  # as written, with what makes it a bound: at least 3 days; "" where it is none


def quantities(text: str, *, list_numbers: bool = False) -> tuple[Quantity, ...]:
    """The numbers of `text` in order; the number of a list item at its beginning only with `list_numbers`."""
    folded = fold(text)
    if not list_numbers and (item := _LIST_NUMBER.match(folded)):
        folded = " " * item.end() + folded[item.end() :]
    return find_quantities(folded)


@lru_cache(maxsize=1_000)  # the cited words are read by several checks, for several sentences
def find_quantities(folded: str) -> tuple[Quantity, ...]:
    """The numbers of a folded text in order, with their places in it."""
    found = _halves(folded)
    for numeral in find_numerals(_without(folded, found)):
        in_words = not any(map(str.isdigit, folded[numeral.start : numeral.end]))
        if (rule := _rule_at(folded, numeral.start, numeral.end)) is not None:
            start, end = rule
            found.append(Quantity(numeral.value, RULE, folded[start:end].strip(), is_count=False, start=start, end=end))
            continue
        unit, per, start, end = unit_at(folded, numeral.start, numeral.end)
        name = unit.name if unit else numeral.canonical[-1] if numeral.canonical[-1] in "%‰" else ""
        small = numeral.value.isdigit() and int(numeral.value) <= _COUNTED
        quantity = Quantity(
            numeral.value,
            name,
            folded[start:end].strip(),
            is_count=in_words and small and not name,
            start=start,
            end=end,
            per=per.name if per else "",
        )
        found.append(_bounded(folded, quantity))
    found.sort(key=lambda quantity: quantity.start)
    return tuple(_one_unit_for_ranges(folded, _compounds(folded, found)))


def same_amount(one: Quantity, other: Quantity) -> bool:
    """Whether both state the same amount, in the same or another unit; a unit that one leaves out may be any."""
    if one.value == other.value and (one.unit == other.unit or not one.unit or not other.unit):
        return not one.per or not other.per or one.per == other.per or amount_of(one) == amount_of(other)
    mine = amount_of(one)
    return mine is not None and mine == amount_of(other)


class Amount(NamedTuple):
    """A number in the base of its kind of measure, and the kind that it is taken by, "" for none."""

    number: Fraction
    kind: str
    per: str


def amount_of(quantity: Quantity) -> Amount | None:
    """The amount in the bases of its units; None where it cannot be converted."""
    unit, number = unit_named(quantity.unit), _fraction(quantity.value)
    if number is None or (unit is None and quantity.unit):
        return None
    if unit is None:
        return Amount(number, "share", "") if "/" in quantity.value or number < 1 else None  # three quarters, 75 %
    amount = (number - unit.zero) * unit.size
    per = unit_named(quantity.per)
    return Amount(amount / per.size, unit.kind, per.kind) if per else Amount(amount, unit.kind, "")


def _fraction(value: str) -> Fraction | None:
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):  # 5.2.1 is a number of another sort
        return None


def _halves(folded: str) -> list[Quantity]:
    """Half a year, 半年, 一个半月, two and a half hours."""
    found = [_half(folded, match, "0.5", match["english"] or match["chinese"]) for match in _HALF.finditer(folded)]
    for match in _AND_A_HALF.finditer(folded):
        number = match["number"] or match["words"]
        whole = int(number) if number.isdecimal() else parse_chinese_numeral(number) or parse_english_numeral(number)
        unit = match["after"] or match["before"] or match["english"]
        if whole is not None and unit_named(unit) is not None:
            found.append(_half(folded, match, f"{whole}.5", unit))
    return found


def _half(folded: str, match: re.Match[str], value: str, unit: str) -> Quantity:
    named = unit_named(unit)
    assert named is not None  # the patterns know no other
    return _bounded(folded, Quantity(value, named.name, match[0], is_count=False, start=match.start(), end=match.end()))


def _without(folded: str, found: list[Quantity]) -> str:
    for quantity in found:
        folded = folded[: quantity.start] + " " * (quantity.end - quantity.start) + folded[quantity.end :]
    return folded


def _rule_at(folded: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the number of an article or section begins and ends with its word; None for any other number."""
    before = _RULE_BEFORE.search(folded[max(0, start - _LONGEST_RULE) : start])
    if before is None:
        return None
    after = _RULE_AFTER.match(folded, end)
    if before[0] == "第" and after is None:
        return None
    return start - len(before[0]), after.end() if after else end


def _bounded(folded: str, quantity: Quantity) -> Quantity:
    found = bound_at(folded, quantity.start, quantity.end)
    if found.bound is Bound.NONE:
        return quantity
    bounded = folded[found.start : found.end].strip()
    return quantity._replace(bound=found.bound, bounded=bounded, start=found.start, end=found.end)


def _one_unit_for_ranges(folded: str, found: list[Quantity]) -> list[Quantity]:
    """A number without a unit takes that of the number that its range ends with."""
    for place in range(len(found) - 2, -1, -1):
        first, last = found[place], found[place + 1]
        if not first.unit and last.unit != RULE and _RANGE.fullmatch(folded, first.end, last.start):
            written = folded[first.start : last.end]
            found[place] = first._replace(unit=last.unit, per=last.per, is_count=False, written=written)
    return found


def _compounds(folded: str, found: list[Quantity]) -> list[Quantity]:
    """One quantity for 1 year and 6 months."""
    joined: list[Quantity] = []
    for quantity in found:
        last = joined[-1] if joined else None
        whole = _sum(last, quantity) if last and _JOINED.fullmatch(folded, last.end, quantity.start) else None
        if last is None or whole is None:
            joined.append(quantity)
        else:
            written = folded[last.start : quantity.end]
            joined[-1] = _bounded(
                folded, last._replace(value=whole, unit=quantity.unit, written=written, end=quantity.end)
            )
    return joined


def _sum(large: Quantity, small: Quantity) -> str | None:
    """Both in the unit of the small one; None where they are no two parts of one amount."""
    one, other = unit_named(large.unit), unit_named(small.unit)
    if one is None or other is None or one.kind != other.kind or one.size <= other.size or other.zero:
        return None
    first, second = _fraction(large.value), _fraction(small.value)
    if first is None or second is None or second * other.size >= one.size:
        return None
    total = first * one.size / other.size + second
    return str(total)
