"""Answers without a model: the documents' own sentences, in quotation marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.ports import Verifier
from kb.records import AnswerStatus, Claim, Claimed, Hit, Policy, Verdict, Withheld
from serving.citations import Ledger, Span
from serving.claims import OF_IBID_ITSELF, Claims, Outcome, refuse
from serving.extractive import Extraction, Quote
from serving.languages import ENGLISH, TRADITIONAL
from serving.withholding import keeps_back, withheld_text

_OPENING = 1  # character before a quote's own: its quotation mark
EXTRACTIVE = "extractive"  # the name in the place of a model's


@dataclass(frozen=True, slots=True)
class Quoting:
    """What an answer of quotes is made with."""

    ledger: Ledger
    verifier: Verifier
    policy: Policy = Policy.FLAG


def quote_answer(extraction: Extraction, hits: Sequence[Hit], language: str, means: Quoting) -> Claims:
    """One claim for each quote of `extraction`, or a refusal where it does not answer.

    A quote is shown only if it stands in its passage to the letter.
    """
    quotes = [quote for quote in extraction.quotes if _stands_there(quote)]
    if not extraction.answered or not quotes:
        refusal = refuse(hits, language, model=EXTRACTIVE, confidence=extraction.confidence, why=extraction.why)
        return (yield from refusal)
    judged = [(quote, means.verifier.verify(_on_one_line(quote.text), [quote.text])) for quote in quotes]
    shown = [(quote, word) for quote, word in judged if not keeps_back(means.policy, word.verdict)]
    withheld = tuple(
        Withheld(_on_one_line(quote.text), word.verdict, word.why)
        for quote, word in judged
        if keeps_back(means.policy, word.verdict)
    )
    for position, (quote, judgement) in enumerate(shown):
        known = len(means.ledger.citations)
        citation = means.ledger.cite(Span(quote.hit, quote.start, quote.end))
        text = _shown(quote.text, citation.marker, language) + ("\n" if position < len(shown) - 1 else "")
        claim = Claim(text, judgement.verdict, judgement.why, (citation.marker,), _emphasis(quote))
        yield Claimed(claim, means.ledger.since(known))
    if withheld:
        words = withheld_text(withheld, language, all_of_it=not shown)
        yield Claimed(Claim(("\n" if shown else "") + words, Verdict.UNCITED, OF_IBID_ITSELF), ())
    if not shown:
        return replace((yield from refuse(hits, language, model=EXTRACTIVE)), withheld=withheld)
    status = AnswerStatus.PARTLY if withheld else AnswerStatus.ANSWERED
    return Outcome(status, extraction.confidence, EXTRACTIVE, withheld)


def _stands_there(quote: Quote) -> bool:
    passage = quote.hit.passage
    inside = passage.start <= quote.start < quote.end <= passage.end
    return inside and Span(quote.hit, quote.start, quote.end).quote == quote.text


def _emphasis(quote: Quote) -> tuple[tuple[int, int], ...]:
    """Where the quote's focus stands in what `_shown` makes of it."""
    if quote.focus is None:
        return ()
    start, end = (place - quote.start for place in quote.focus)
    before = len(_on_one_line(quote.text[:start] + "x")) - 1  # the x keeps white space that parts words
    return ((_OPENING + before, _OPENING + len(_on_one_line(quote.text[:end]))),)


def _shown(quote: str, marker: int, language: str) -> str:
    words = _on_one_line(quote)
    if language == TRADITIONAL:
        return f"「{words}」[{marker}]"
    return f"“{words}” [{marker}]" if language == ENGLISH else f"“{words}”[{marker}]"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
