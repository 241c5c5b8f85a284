"""What a sentence must not get wrong: dates, numbers with their units, names, and whether it says yes or no.

Each check returns a judgement where it finds something wrong, else None. They read words, in one language at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kb.ports import Judgement
from kb.records import Verdict
from kb.text.folding import fold
from serving.alignment import Gap, Kind, Token, gaps, read_tokens
from serving.dates import Date, find_dates
from serving.quantities import Quantity, quantities

_ALIKE = 0.6  # share of a sentence that must agree with the cited words for a missing "not" to mean anything
_QUOTED = re.compile(
    r"《[^《》\n]{1,60}》|〈[^〈〉\n]{1,60}〉|“[^“”\n]{2,60}”|「[^「」\n]{2,60}」|『[^『』\n]{2,60}』|\"[^\"\n]{2,60}\""
)
_NAME_LETTERS = 5  # Amsterdam and Amsterdammers, America and American name the same


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


def wrong_beside_the_same(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """One thing said otherwise between words that agree: another number, unit or name, a "not" more or less."""
    said = read_tokens(sentence)
    for quote in quotes:
        found, agreeing = gaps(said, read_tokens(quote))
        for gap in found:
            for check in (_other_number, _other_unit, _other_name):
                if (judgement := check(gap)) is not None and not _said_elsewhere(gap, quote, quotes):
                    return judgement
            if agreeing >= _ALIKE and (judgement := _other_answer(gap)) is not None:
                return judgement
    return None


def _said_elsewhere(gap: Gap, quote: str, quotes: Sequence[str]) -> bool:
    """Whether another quote says just what this one says otherwise."""
    wanted = [token.key for token in gap.said]
    return any(other is not quote and _holds([t.key for t in read_tokens(other)], wanted) for other in quotes)


def _holds(keys: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(keys[start : start + len(wanted)] == wanted for start in range(len(keys) - len(wanted) + 1))


def _other_number(gap: Gap) -> Judgement | None:
    return _other(gap, Kind.NUMBER, 0.8)


def _other_unit(gap: Gap) -> Judgement | None:
    if gap.before is None or gap.before.kind is not Kind.NUMBER or not gap.said or not gap.cited:
        return None
    said, cited = gap.said[0], gap.cited[0]
    if said.kind is Kind.UNIT and cited.kind is Kind.UNIT:
        number = gap.before.written
        return Judgement(
            Verdict.CONTRADICTED,
            f"the cited words say {number} {cited.written}, the answer {number} {said.written}",
            0.8,
        )
    return None


def _other_name(gap: Gap) -> Judgement | None:
    return _other(gap, Kind.NAME, 0.6)


def _other(gap: Gap, kind: Kind, confidence: float) -> Judgement | None:
    """A token of this kind where the cited words have another one, neither of which the other side has in the gap."""
    said = [token for token in gap.said if token.kind is kind]
    cited = [token for token in gap.cited if token.kind is kind]
    keys, cited_keys = {_beginning(token) for token in said}, {_beginning(token) for token in cited}
    if not keys - cited_keys or not cited_keys - keys:
        return None
    mine, its = _joined(t for t in said if _beginning(t) not in cited_keys), _joined(cited)
    return Judgement(Verdict.CONTRADICTED, f"the cited words say {its}, the answer {mine}", confidence)


def _beginning(token: Token) -> str:
    return token.key[:_NAME_LETTERS] if token.kind is Kind.NAME else token.key


def _joined(tokens: Iterable[Token]) -> str:
    return " ".join(token.written for token in tokens)


def _other_answer(gap: Gap) -> Judgement | None:
    denied = [token for token in gap.said if token.kind is Kind.DENIAL]
    cited = [token for token in gap.cited if token.kind is Kind.DENIAL]
    if (len(denied) - len(cited)) % 2 == 0:
        return None
    if denied:
        why = f"the answer says “{denied[0].written}” where the cited words do not"
    else:
        why = f"the cited words say “{cited[0].written}” where the answer does not"
    return Judgement(Verdict.CONTRADICTED, why, 0.6)


def misquoted(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A title or words in quotation marks that the cited words do not hold to the letter."""
    cited = _letters("\n".join(quotes))
    for match in _QUOTED.finditer(sentence):
        if _letters(match[0]) not in cited:
            verdict = Verdict.UNSUPPORTED if match[0][0] in "《〈" else Verdict.PARTLY
            return Judgement(verdict, f"{match[0]} does not stand in the cited words", 0.8)
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, fold(text)))


def unnamed(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A name that the cited words do not hold at all: only partly borne out, since they may speak of it otherwise."""
    cited = {token.key[:_NAME_LETTERS] for quote in quotes for token in read_tokens(quote)}
    for token in read_tokens(sentence):
        if token.kind is Kind.NAME and len(token.written) > 1 and token.key[:_NAME_LETTERS] not in cited:
            return Judgement(Verdict.PARTLY, f"the cited words do not name “{token.written}”", 0.6)
    return None
