"""What words settle before a model is asked: it may not overrule a number, a date, a denial, or the very letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kb.ports import Judgement
from kb.records import Verdict
from kb.text.folding import fold
from serving.checks import not_wholly_said, wrong_number
from serving.languages import has_han
from serving.verification import LexicalVerifier


class WordCheck(NamedTuple):
    """What words say.

    Attributes:
        judgement: the verdict by words.
        final: whether it stands whatever a model may think.
        flaw: why the sentence cannot be fully supported, whatever a model may think; None where nothing is known.
        alike: whether the sentence and the quotes share any words at all, where they can be compared.
    """

    judgement: Judgement
    final: bool
    flaw: Judgement | None = None
    alike: bool = True


def check_words(sentence: str, quotes: Sequence[str]) -> WordCheck:
    """Judges by words and says how much of that is open to a model."""
    judgement = LexicalVerifier().verify(sentence, quotes)
    if judgement.verdict in (Verdict.UNCITED, Verdict.CONTRADICTED):
        return WordCheck(judgement, final=True)
    if judgement.verdict is Verdict.SUPPORTED and _stands_there(sentence, quotes):
        return WordCheck(judgement, final=True)
    number = wrong_number(sentence, quotes)
    if number is not None and number.verdict is not Verdict.PARTLY:
        return WordCheck(number, final=True)
    if not _comparable(sentence, quotes):
        return WordCheck(judgement, final=False, flaw=number)
    flaw = number or not_wholly_said(sentence, quotes)
    alike = judgement.verdict is not Verdict.UNSUPPORTED or judgement.confidence < _NOTHING_IN_COMMON
    return WordCheck(judgement, final=False, flaw=flaw, alike=alike)


# Of the words of a sentence that are not in the quotes: with so few in common (one in ten) it is no paraphrase, and a
# model that calls it supported is wrong, or does as a document told it.
_NOTHING_IN_COMMON = 0.9


def _comparable(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether both are in one script: between Chinese and English, words say nothing."""
    return has_han(sentence) == has_han("".join(quotes))


def _stands_there(sentence: str, quotes: Sequence[str]) -> bool:
    wanted = _letters(sentence)
    return bool(wanted) and any(wanted in _letters(quote) for quote in quotes)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, fold(text)))
