"""Answers without a model: the documents' own sentences, in quotation marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kb.ports import Judgement, Verifier
from kb.records import AnswerStatus, Claim, Claimed, Conflict, Hit, Policy, Verdict, Withheld
from serving.citations import Ledger, Span
from serving.claims import OF_IBID_ITSELF, Claims, Outcome
from serving.conflicts import Side, conflict_of, disagreement_text, labels_of, sides_of
from serving.deciding import EXTRACTIVE
from serving.extractive import Extraction, Quote, Settled
from serving.quotation import on_one_line, quotation
from serving.stages import CHECKING, Stages
from serving.withholding import keeps_back, withheld_text

_Judged = tuple[Quote, Judgement]

_OPENING = 1  # character before a quote's own: its quotation mark


@dataclass(frozen=True, slots=True)
class Quoting:
    """What an answer of quotes is made with."""

    ledger: Ledger
    verifier: Verifier
    policy: Policy = Policy.FLAG
    stages: Stages = field(default_factory=Stages)


def quote_answer(
    extraction: Extraction,
    hits: Sequence[Hit],
    language: str,
    means: Quoting,
    question: str = "",
    *,
    whatever: bool = False,
) -> Claims:
    """One claim for each quote of `extraction`; none, and refused, where it does not answer.

    A quote is shown only if it stands in its passage to the letter. Where another of the documents says otherwise, its
    sentence is shown, too, each with its document's dates, what came into force last first.

    Args:
        extraction: the sentences that fit best.
        hits: the passages in which something else may be said.
        language: of the question.
        means: what the claims are made with.
        question: standing alone.
        whatever: quote them even where they are hardly an answer.
    """
    quotes = [quote for quote in extraction.quotes if _stands_there(quote)]
    if not (extraction.answered or whatever) or not quotes:
        return Outcome(AnswerStatus.REFUSED, extraction.confidence, EXTRACTIVE, why=extraction.why)
    with means.stages.during(CHECKING):
        judged = [(quote, means.verifier.verify(on_one_line(quote.text), [quote.text])) for quote in quotes]
    shown = [(quote, word) for quote, word in judged if not keeps_back(means.policy, word.verdict)]
    withheld = tuple(
        Withheld(on_one_line(quote.text), word.verdict, word.why)
        for quote, word in judged
        if keeps_back(means.policy, word.verdict)
    )
    sides = sides_of([(_span(quote), _short(quote)) for quote, _ in shown], hits, question)
    with means.stages.during(CHECKING):
        shown = _with_sides(shown, sides, means.verifier)
    labels = [*labels_of(sides, language), *[""] * len(shown)]
    if extraction.settled and not sides and shown and shown[0][0] is quotes[0]:
        yield _settling(extraction.settled, quotes[0], means.ledger)
    for position, ((quote, judgement), label) in enumerate(zip(shown, labels, strict=False)):
        known = len(means.ledger.citations)
        citation = means.ledger.cite(_span(quote))
        text = quotation(quote.text, citation.marker, language) + label + ("\n" if position < len(shown) - 1 else "")
        claim = Claim(text, judgement.verdict, judgement.why, (citation.marker,), _emphasis(quote))
        yield Claimed(claim, means.ledger.since(known))
    conflicts: tuple[Conflict, ...] = ()
    if sides:
        words = disagreement_text([side.value for side in sides], language)
        yield Claimed(Claim("\n" + words, Verdict.UNCITED, OF_IBID_ITSELF), ())
        conflicts = (conflict_of(sides, [means.ledger.cite(side.span) for side in sides]),)
    if withheld:
        words = withheld_text(withheld, language, all_of_it=not shown)
        yield Claimed(Claim(("\n" if shown else "") + words, Verdict.UNCITED, OF_IBID_ITSELF), ())
    if not shown:
        return Outcome(AnswerStatus.REFUSED, 0.0, EXTRACTIVE, withheld)
    status = AnswerStatus.PARTLY if withheld else AnswerStatus.ANSWERED
    return Outcome(status, extraction.confidence, EXTRACTIVE, withheld, conflicts=conflicts)


def _with_sides(shown: Sequence[_Judged], sides: Sequence[Side], verifier: Verifier) -> list[_Judged]:
    """The sides of the disagreement, then the other quotes."""
    told = {_span(quote).place: (quote, judgement) for quote, judgement in shown}
    places = [side.span.place for side in sides]
    first = [
        told[place] if place in told else _quoted(side, verifier) for side, place in zip(sides, places, strict=True)
    ]
    return [*first, *(own for place, own in told.items() if place not in places)]


def _short(quote: Quote) -> str:
    """The part of the quote that has the shape of the answer; all of it where none was found."""
    start, end = quote.focus or (quote.start, quote.end)
    return quote.text[start - quote.start : end - quote.start]


def _quoted(side: Side, verifier: Verifier) -> _Judged:
    span, at = side.span, side.span.quote.find(side.value)
    focus = (span.start + at, span.start + at + len(side.value)) if at >= 0 else None
    judgement = verifier.verify(on_one_line(span.quote), [span.quote])
    return Quote(span.hit, span.start, span.end, span.quote, score=0.0, focus=focus), judgement


def _span(quote: Quote) -> Span:
    return Span(quote.hit, quote.start, quote.end)


def _settling(settled: Settled, quote: Quote, ledger: Ledger) -> Claimed:
    """Yes or no, borne out by the quote that follows."""
    citation = ledger.cite(_span(quote))
    space = " " if settled.word.isascii() else ""
    claim = Claim(f"{settled.word}{space}[{citation.marker}]\n", Verdict.SUPPORTED, settled.why, (citation.marker,))
    return Claimed(claim, ledger.since(0))


def _stands_there(quote: Quote) -> bool:
    passage = quote.hit.passage
    inside = passage.start <= quote.start < quote.end <= passage.end
    return inside and _span(quote).quote == quote.text


def _emphasis(quote: Quote) -> tuple[tuple[int, int], ...]:
    """Where the quote's focus stands in what `quotation` makes of it."""
    if quote.focus is None:
        return ()
    start, end = (place - quote.start for place in quote.focus)
    before = len(on_one_line(quote.text[:start] + "x")) - 1  # the x keeps white space that parts words
    return ((_OPENING + before, _OPENING + len(on_one_line(quote.text[:end]))),)
