"""Beside words that agree with the cited ones, nothing may be said otherwise: no number, unit, name, yes or no."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kb.ports import Judgement
from kb.records import Verdict
from kb.text.folding import fold
from serving.alignment import Gap, Kind, Token, gaps, read_tokens
from serving.bounds import are_opposite
from serving.checks.denials import other_answer
from serving.chinese_names import is_place, kind_named_after
from serving.quantities import same_amount
from serving.reasons import Reason, because

_ALIKE = 0.6  # share of a sentence that must agree with the cited words for a missing "not" to mean anything
_NAME_CHARACTERS = 4  # of what differs; names of firms and people are hardly longer
_NAME_LETTERS = 5  # Amsterdam and Amsterdammers, America and American name the same


class _Found(NamedTuple):
    """What is said otherwise."""

    cited: str
    said: str
    confidence: float


def wrong_beside_the_same(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """One thing said otherwise between words that agree: another number, unit or name, a "not" more or less."""
    said = read_tokens(sentence)
    for quote in quotes:
        stretches, agreeing = gaps(said, read_tokens(quote))
        for gap in stretches:
            for check in (_other_date, _other_article, _other_number, _other_bound, _other_unit, _other_name):
                if (found := check(gap)) is not None and not _said_elsewhere(gap, quote, quotes):
                    why = because(Reason.OTHERWISE, sentence, cited=found.cited, said=found.said)
                    return Judgement(Verdict.CONTRADICTED, why, found.confidence)
        if agreeing >= _ALIKE and (judgement := other_answer(stretches, sentence)) is not None:
            return judgement
    return None


def _said_elsewhere(gap: Gap, quote: str, quotes: Sequence[str]) -> bool:
    """Whether another quote says just what this one says otherwise."""
    wanted = [token.key for token in gap.said]
    return any(other is not quote and _holds([t.key for t in read_tokens(other)], wanted) for other in quotes)


def _holds(keys: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(keys[start : start + len(wanted)] == wanted for start in range(len(keys) - len(wanted) + 1))


def _other_date(gap: Gap) -> _Found | None:
    said = [token.date for token in gap.said if token.date]
    cited = [token.date for token in gap.cited if token.date]
    for one in said:
        if cited and not any(one.agrees_with(other) for other in cited):
            return _Found(_joined(other.written for other in cited), one.written, 0.8)
    return None


def _other_article(gap: Gap) -> _Found | None:
    said = [token for token in gap.said if token.kind is Kind.ARTICLE]
    cited = [token for token in gap.cited if token.kind is Kind.ARTICLE]
    keys = {token.key for token in cited}
    mine = [token.written for token in said if not any(_is_within(key, token.key) for key in keys)]
    if not mine or not cited:
        return None
    return _Found(_joined(token.written for token in cited), _joined(mine), 0.8)


def _is_within(cited: str, said: str) -> bool:
    """Whether one place holds the other: 第十二条第三款 is in 第十二条."""
    return f"{cited} ".startswith(f"{said} ") or f"{said} ".startswith(f"{cited} ")


def _other_number(gap: Gap) -> _Found | None:
    said = [token.quantity for token in gap.said if token.kind is Kind.NUMBER and token.quantity]
    cited = [token.quantity for token in gap.cited if token.kind is Kind.NUMBER and token.quantity]
    mine = [one for one in said if not any(same_amount(one, other) for other in cited)]
    its = [other for other in cited if not any(same_amount(one, other) for one in said)]
    if not mine or not its:
        return None
    return _Found(_joined(q.written for q in its), _joined(q.written for q in mine), 0.8)


def _other_bound(gap: Gap) -> _Found | None:
    """A least between the words that agree, where the cited words have a most of the same number."""
    for one in gap.said:
        for other in gap.cited:
            if are_opposite(one.bound, other.bound) and _of_one_amount(one, other):
                return _Found(other.written, one.written, 0.8)
    return None


def _of_one_amount(one: Token, other: Token) -> bool:
    return one.quantity is None or other.quantity is None or same_amount(one.quantity, other.quantity)


def _other_unit(gap: Gap) -> _Found | None:
    if gap.before is None or gap.before.kind is not Kind.NUMBER or not gap.said or not gap.cited:
        return None
    said, cited = gap.said[0], gap.cited[0]
    if said.kind is Kind.UNIT and cited.kind is Kind.UNIT and not _of_one_amount(said, cited):
        return _Found(cited.written, said.written, 0.8)
    return None


def _other_name(gap: Gap) -> _Found | None:
    """A name where the cited words have another one, neither of which the other side has in the gap."""
    if _are_chinese(gap.said) and _are_chinese(gap.cited):
        mine, its = ("".join(token.written for token in side) for side in (gap.said, gap.cited))
        kind = gap.tail[: len(kind_named_after(fold(mine), fold(gap.tail)))]
        is_name = bool(kind) or (is_place(fold(mine)) and is_place(fold(its)))
        return _Found(its + kind, mine + kind, 0.6) if is_name else None
    said = [token for token in gap.said if token.kind is Kind.NAME]
    cited = [token for token in gap.cited if token.kind is Kind.NAME]
    keys, cited_keys = {_beginning(token) for token in said}, {_beginning(token) for token in cited}
    if not keys - cited_keys or not cited_keys - keys:
        return None
    mine = _joined(token.written for token in said if _beginning(token) not in cited_keys)
    return _Found(_joined(token.written for token in cited), mine, 0.6)


def _are_chinese(tokens: Sequence[Token]) -> bool:
    """Whether these are a few Chinese characters, as many as a name has."""
    is_word = all(token.kind is Kind.WORD and "\u3400" <= token.key[0] <= "\u9fff" for token in tokens)
    return is_word and 0 < len(tokens) <= _NAME_CHARACTERS


def _beginning(token: Token) -> str:
    return token.key[:_NAME_LETTERS]


def _joined(written: Iterable[str]) -> str:
    return " ".join(written)
