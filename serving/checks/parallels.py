"""Beside words that agree with the cited ones, nothing may be said otherwise: no number, unit, name, yes or no."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.alignment import Gap, Kind, Token, gaps, read_tokens

_ALIKE = 0.6  # share of a sentence that must agree with the cited words for a missing "not" to mean anything
_NAME_LETTERS = 5  # Amsterdam and Amsterdammers, America and American name the same


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
