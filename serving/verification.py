"""A verifier that reads words: quick, explainable, and knowing nothing of meaning.

In this order: said to the letter; numbers with their units; negations; the share of words that the quotes hold. It is
the floor under better checkers: what it finds wrong is nearly always wrong, what it lets pass may still be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kb.ports import Judgement
from kb.records import Verdict
from kb.text.folding import fold
from serving.checks import dropped_exception, not_wholly_said, wrong_beside_the_same, wrong_number
from serving.extractive.terms import Terms, is_weak, read_terms
from serving.languages import is_chinese
from serving.negation import clauses, is_negated
from serving.reasons import Reason, because
from serving.writing import compared_terms

# Shares of a sentence's terms that the quotes hold. A paraphrase keeps most content words; below a third, what agrees
# is what any two texts on one subject share.
_SUPPORTED, _PARTLY = 0.6, 0.34
_SAME_STATEMENT = 0.6  # share of a clause's terms in another clause from which both speak of the same thing
_WEAK_WEIGHT = 0.3
_QUOTED_CHARACTERS = 60  # of a clause in an explanation
_SPACE_AND_QUOTES = re.compile(r"[\s\"'“”‘’「」『』]+")
_EDGES = " \t\n.。．,，;；:：!！?？*_-–—•"


class LexicalVerifier:
    """Judges a sentence by the words, numbers and negations of the quotes alone."""

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        """The verdict on `sentence` (without markers) given the words it cites."""
        if not any(quote.strip() for quote in quotes):
            return Judgement(Verdict.UNCITED, because(Reason.NONE_CITED, sentence))
        if _stands_in(sentence, quotes) and dropped_exception(sentence, quotes) is None:
            return Judgement(Verdict.SUPPORTED, because(Reason.TO_THE_LETTER, sentence))
        numbers = wrong_number(sentence, quotes)
        if numbers is not None and numbers.verdict is not Verdict.PARTLY:
            return numbers
        if _in_other_scripts(sentence, quotes):
            return Judgement(Verdict.PARTLY, because(Reason.OTHER_LANGUAGE, sentence), 0.3)
        wrong = wrong_beside_the_same(sentence, quotes) or _judge_negation(sentence, quotes)
        return wrong or _judge_words(sentence, quotes, numbers or not_wholly_said(sentence, quotes))


def _stands_in(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether a quote says the sentence to the letter, and does not deny it in the words around it."""
    wanted = _plain(sentence)
    if not wanted:
        return False
    for quote in quotes:
        before, found, after = _plain(quote).partition(wanted)
        if found and not is_negated(f"{before[-_QUOTED_CHARACTERS:]} {after[:_QUOTED_CHARACTERS]}"):
            return True
        if found and not before:
            return True
    return False


def _plain(text: str) -> str:
    return " ".join(_SPACE_AND_QUOTES.sub(" ", fold(text)).split()).strip(_EDGES)


def _judge_negation(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """CONTRADICTED where a clause says no and the clause that it rests on says yes, or the other way round."""
    cited = [_Clause(clause, read_terms(clause)) for quote in quotes for clause in clauses(quote)]
    for text in clauses(sentence):
        clause = _Clause(text, read_terms(text))
        if len(clause.terms.exact) < 2:
            continue
        same = [other for other in cited if _share(clause.terms, other.terms) >= _SAME_STATEMENT]
        denied = is_negated(text)
        if not same or any(is_negated(other.text) == denied for other in same):
            continue
        which = Reason.ANSWER_DENIES if denied else Reason.SOURCE_DENIES
        why = because(which, sentence, what=_shortened(same[0].text))
        return Judgement(Verdict.CONTRADICTED, why, 0.6)
    return None


class _Clause(NamedTuple):
    text: str
    terms: Terms


def _judge_words(sentence: str, quotes: Sequence[str], flaw: Judgement | None) -> Judgement:
    claim, cited = compared_terms(sentence), compared_terms("\n".join(quotes))
    share = _share(claim, cited)
    percent = f"{share:.0%}"
    if share >= _SUPPORTED:
        if flaw is not None:
            return flaw
        return Judgement(Verdict.SUPPORTED, because(Reason.MOST_WORDS, sentence, share=percent), share)
    verdict = Verdict.PARTLY if share >= _PARTLY else Verdict.UNSUPPORTED
    return Judgement(verdict, because(Reason.FEW_WORDS, sentence, share=percent), 1 - share)


def _share(claim: Terms, cited: Terms) -> float:
    """The share of the claim's terms that the quotes hold, 0 to 1; half by loose ones, which forgive inflection."""
    exact = _weighted(claim.exact & cited.exact) / (_weighted(claim.exact) or 1.0)
    loose = len(claim.loose & cited.loose) / (len(claim.loose) or 1)
    if not claim.exact:
        return loose
    return max(exact, (exact + loose) / 2)


def _weighted(terms: frozenset[str]) -> float:
    return sum(_WEAK_WEIGHT if is_weak(term) else 1.0 for term in terms)


def _in_other_scripts(sentence: str, quotes: Sequence[str]) -> bool:
    return is_chinese(sentence) != is_chinese(" ".join(quotes))


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED_CHARACTERS else text[:_QUOTED_CHARACTERS] + "…"
