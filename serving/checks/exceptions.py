"""An exception may neither be left out nor be made up: except, unless, 除外, 但 … 除外, 除非."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb.ports import Judgement
from kb.records import Verdict
from kb.text.folding import fold
from serving.negation import find_exceptions, is_negated
from serving.reasons import Reason, because
from serving.statements import split_statements
from serving.writing import compared_terms

_SAME_RULE = 0.6  # share of the sentence's terms in a cited one from which both state the same rule
_SPOKEN_OF = 0.5  # share of an exception's terms from which the other side speaks of it, however it puts it
_SHOWN = 60  # characters of an exception in a reason


def wrong_exception(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """PARTLY where the cited rule has an exception that the sentence leaves out, or the sentence makes one up."""
    return dropped_exception(sentence, quotes) or _made_up_exception(sentence, quotes)


def dropped_exception(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """PARTLY where the cited sentence that states the same makes an exception of which the sentence says nothing."""
    said = _terms(sentence)
    if not said or find_exceptions(fold(sentence)):
        return None
    for rule in _rules(quotes):
        folded = fold(rule)
        for start, end in find_exceptions(folded):
            exception, rest = folded[start:end], f"{folded[:start]} {folded[end:]}"
            if _share(said, _terms(rest)) >= _SAME_RULE and _share(_terms(exception), said) < _SPOKEN_OF:
                if _is_stated_without(said, quotes, rule):
                    continue
                why = because(Reason.SOURCE_SAYS_NO, sentence, what=_shortened(exception))
                return Judgement(Verdict.PARTLY, why, 0.6)
    return None


def _made_up_exception(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """PARTLY where the sentence makes an exception of which the cited words say nothing."""
    folded = fold(sentence)
    cited = "\n".join(quotes)
    for start, end in find_exceptions(folded):
        exception = folded[start:end]
        terms = _terms(exception)
        makes_none = not find_exceptions(fold(cited)) and not any(map(is_negated, _rules(quotes)))
        if terms and (makes_none or _share(terms, _terms(cited)) < _SPOKEN_OF):
            why = because(Reason.ANSWER_SAYS_NO, sentence, what=_shortened(exception))
            return Judgement(Verdict.PARTLY, why, 0.6)
    return None


def _rules(quotes: Sequence[str]) -> Iterator[str]:
    for quote in quotes:
        for start, end in split_statements(quote):
            yield quote[start:end]


def _is_stated_without(said: frozenset[str], quotes: Sequence[str], rule: str) -> bool:
    """Whether another cited sentence says the same and makes no exception."""
    others = (other for other in _rules(quotes) if other != rule and not find_exceptions(fold(other)))
    return any(_share(said, _terms(other)) >= _SAME_RULE for other in others)


def _terms(text: str) -> frozenset[str]:
    return compared_terms(text).exact


def _share(some: frozenset[str], others: frozenset[str]) -> float:
    return len(some & others) / len(some) if some else 0.0


def _shortened(text: str) -> str:
    plain = text.strip(" ,，、;；.。")
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
