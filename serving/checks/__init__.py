"""What a sentence must not get wrong, without a model: one file for each check.

A check reads a sentence and the words it cites, and returns a judgement where it finds something wrong, else None.
"""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.checks.articles import wrong_article
from serving.checks.dates import wrong_date
from serving.checks.exceptions import dropped_exception, wrong_exception
from serving.checks.names import misquoted, unnamed
from serving.checks.parallels import wrong_beside_the_same
from serving.checks.quantities import wrong_quantity

__all__ = ["dropped_exception", "not_wholly_said", "wrong_beside_the_same", "wrong_number"]


def wrong_number(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A date, number or article that the cited words do not hold, whatever their language.

    PARTLY where it is only a count, or an article whose paragraph is not marked.
    """
    flaw: Judgement | None = None
    for check in (wrong_date, wrong_article, wrong_quantity):
        judgement = check(sentence, quotes)
        if judgement is not None and judgement.verdict is not Verdict.PARTLY:
            return judgement
        flaw = flaw or judgement
    return flaw


def not_wholly_said(sentence: str, quotes: Sequence[str]) -> Judgement | None:
    """A title, words in quotation marks, a name or an exception that the cited words do not hold, or one left out.

    They must be in the sentence's language.
    """
    return misquoted(sentence, quotes) or unnamed(sentence, quotes) or wrong_exception(sentence, quotes)
