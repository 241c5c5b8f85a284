"""Answers without a model: the documents' own sentences, in quotation marks."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Verifier
from kb.records import AnswerStatus, Claim, Claimed, Hit
from serving.citations import Ledger, Span
from serving.claims import Claims, Outcome, refuse
from serving.extractive import Extraction, Quote
from serving.languages import ENGLISH, TRADITIONAL

EXTRACTIVE = "extractive"  # the name in the place of a model's


def quote_answer(
    extraction: Extraction, hits: Sequence[Hit], *, ledger: Ledger, verifier: Verifier, language: str
) -> Claims:
    """One claim for each quote of `extraction`, or a refusal where it does not answer.

    A quote is shown only if it stands in its passage to the letter.
    """
    spans = [Span(quote.hit, quote.start, quote.end) for quote in extraction.quotes if _stands_there(quote)]
    if not extraction.answered or not spans:
        refusal = refuse(hits, language, model=EXTRACTIVE, confidence=extraction.confidence, why=extraction.why)
        return (yield from refusal)
    for position, span in enumerate(spans):
        known = len(ledger.citations)
        citation = ledger.cite(span)
        judgement = verifier.verify(_on_one_line(span.quote), [span.quote])
        text = _shown(span.quote, citation.marker, language) + ("\n" if position < len(spans) - 1 else "")
        yield Claimed(Claim(text, judgement.verdict, judgement.why, (citation.marker,)), ledger.since(known))
    return Outcome(AnswerStatus.ANSWERED, extraction.confidence, EXTRACTIVE)


def _stands_there(quote: Quote) -> bool:
    passage = quote.hit.passage
    inside = passage.start <= quote.start < quote.end <= passage.end
    return inside and Span(quote.hit, quote.start, quote.end).quote == quote.text


def _shown(quote: str, marker: int, language: str) -> str:
    words = _on_one_line(quote)
    if language == TRADITIONAL:
        return f"「{words}」[{marker}]"
    return f"“{words}” [{marker}]" if language == ENGLISH else f"“{words}”[{marker}]"


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
