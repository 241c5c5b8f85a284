"""When two statements of different documents disagree: they speak of the same, and give other values for it.

A false alarm costs a reader's trust in the true ones, so that everything that may make it another subject counts: a
word on either side that the other side does not know, another section, another document's title.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from serving.conflicts.statements import LEAST, MOST, PER_DAY, Statement, Value
from serving.dates import Date
from serving.quantities import Amount, Quantity, amount_of, same_amount
from serving.values import read_values

_FEWEST, _FEWEST_CHINESE = 2, 4  # words, Chinese characters that both must share to speak of anything
_LEFT, _LEFT_CHINESE = 2, 4  # words, Chinese characters that one edition of a text may say more than another; no name
_DAYS = {"months": Fraction(3044, 100), "working day": Fraction(7, 5)}  # 30.44 days; five working days are a week
_SECONDS = 86400
_ABOUT = Fraction(115, 100)  # "30 days" and "one month" may be meant to be the same


class Disagreement(NamedTuple):
    """What either side says, as written there."""

    one: str
    other: str


def disagreement(one: Statement, other: Statement, *, editions: bool, asked: frozenset[str]) -> Disagreement | None:
    """What two statements say otherwise of the same thing, None where they may both be right.

    Args:
        one: of one document.
        other: of another one.
        editions: whether both documents are versions of one.
        asked: the words of the question: what it names, both must know.
    """
    if not _of_the_same(one, other, editions=editions, asked=asked):
        return None
    mine = [pair for pair in _valued(one) if not any(_may_be_same(pair, its) for its in _valued(other))]
    its = [pair for pair in _valued(other) if not any(_may_be_same(pair, own) for own in _valued(one))]
    if any(isinstance(pair[0], Date) for pair in (*mine, *its)) and any(
        isinstance(pair[0], Quantity) for pair in (*mine, *its)
    ):
        return None  # another amount on another day is no disagreement
    for pair in mine:
        for rival in its:
            if _are_comparable(pair, rival) and not _within(pair, its) and not _within(rival, mine):
                return Disagreement(pair[0].written, rival[0].written)
    return None


def states(text: str, value: str) -> bool:
    """Whether a text gives this value, however it writes it."""
    return any(_may_be_same((one, ""), (other, "")) for one in _given(text) for other in _given(value))


def _given(text: str) -> list[Value]:
    values = read_values(text)
    return [*values.dates, *values.quantities]


def likeness(one: Statement, other: Statement) -> float:
    """The share of words that two statements have in common, 0 to 1."""
    either = one.words | other.words
    return len(one.words & other.words) / len(either) if either else 0.0


def _of_the_same(one: Statement, other: Statement, *, editions: bool, asked: frozenset[str]) -> bool:
    fewer = 2 if editions or one.title == other.title else 1  # the documents themselves are of the same
    enough = _is_enough(one.words & other.words, _FEWEST // fewer, _FEWEST_CHINESE // fewer)
    if one.denials % 2 != other.denials % 2 or not enough:
        return False
    if (asked & one.known) ^ (asked & other.known):  # the question names something that only one of them is about
        return False
    if not editions and (
        _differ(one.title, other.title, one, other) or _differ(one.heading, other.heading, one, other)
    ):
        return False
    mine, its = one.words - other.known, other.words - one.known
    if not mine and not its:
        return True
    if one.words - other.words and other.words - one.words:  # a word in another's place
        return False
    same_kind = editions or one.title == other.title
    few = not _is_enough(mine | its, _LEFT + 1, _LEFT_CHINESE + 1)
    telling = (mine | its) & {MOST, LEAST, PER_DAY, *one.names, *other.names}
    return same_kind and few and not telling and one.conditions == other.conditions


def _differ(mine: frozenset[str], its: frozenset[str], one: Statement, other: Statement) -> bool:
    """Whether each side's title (or heading) names something that the other side does not know."""
    return bool(mine - other.known) and bool(its - one.known)


def _is_enough(words: frozenset[str], fewest: int, fewest_characters: int) -> bool:
    """Whether these are so many words, or so many Chinese characters, or of both together."""
    characters = sum("\u3400" <= word[0] <= "\u9fff" for word in words)
    return (len(words) - characters) / fewest + characters / fewest_characters >= 1


def _valued(statement: Statement) -> list[tuple[Value, str]]:
    return list(zip(statement.values, statement.counted, strict=True))


def _are_comparable(one: tuple[Value, str], other: tuple[Value, str]) -> bool:
    """Whether both values are of one kind of measure, so that one can stand in the other's place."""
    mine, its = one[0], other[0]
    if isinstance(mine, Date) or isinstance(its, Date):
        return isinstance(mine, Date) and isinstance(its, Date) and bool(mine.day) == bool(its.day)
    if not mine.unit and not its.unit:
        return one[1] == other[1] != ""
    first, second = _amount(mine), _amount(its)
    return first is not None and second is not None and (first.kind, first.per) == (second.kind, second.per)


def _may_be_same(one: tuple[Value, str], other: tuple[Value, str]) -> bool:
    mine, its = one[0], other[0]
    if isinstance(mine, Date) or isinstance(its, Date):
        return isinstance(mine, Date) and isinstance(its, Date) and mine.agrees_with(its) and _share_a_part(mine, its)
    if same_amount(mine, its):
        return True
    first, second = _amount(mine), _amount(its)
    if first is None or second is None or first.kind != "duration" or second.kind != "duration":
        return False
    rough = mine.unit != its.unit and first.number > 0 and second.number > 0
    return rough and max(first.number, second.number) <= _ABOUT * min(first.number, second.number)


def _share_a_part(one: Date, other: Date) -> bool:
    """Whether both name a year, a month or a day: of a day and a year nobody can say whether they are the same."""
    return any(mine and its for mine, its in zip(one[:3], other[:3], strict=True))


def _amount(quantity: Quantity) -> Amount | None:
    """The amount, all kinds of time in seconds."""
    amount = amount_of(quantity)
    if amount is not None and amount.kind in _DAYS and not amount.per:
        return Amount(amount.number * _DAYS[amount.kind] * _SECONDS, "duration", "")
    return amount


def _within(pair: tuple[Value, str], others: list[tuple[Value, str]]) -> bool:
    """Whether a value lies in the range that the other side gives."""
    numbers = sorted(_numbers(pair, others))
    own = _amount(pair[0]) if isinstance(pair[0], Quantity) else None
    return own is not None and len(numbers) > 1 and numbers[0] <= own.number <= numbers[-1]


def _numbers(pair: tuple[Value, str], others: list[tuple[Value, str]]) -> Iterator[Fraction]:
    for other in others:
        if isinstance(other[0], Quantity) and _are_comparable(pair, other):
            amount = _amount(other[0])
            if amount is not None:
                yield amount.number
