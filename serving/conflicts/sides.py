"""The sides of a disagreement: which sentences, in which order, and what the answer keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from kb.records import Citation, Conflict, ConflictSide, Hit
from kb.text.folding import fold
from serving.citations import Span
from serving.conflicts.finding import rivals_of
from serving.conflicts.wording import label_of
from serving.extractive.candidates import read_candidates
from serving.values import read_values


@dataclass(frozen=True, slots=True)
class Side:
    """One sentence of a disagreement and the value that it gives, as written there."""

    span: Span
    value: str


def in_order(sides: Sequence[Side]) -> list[Side]:
    """What came into force last first; a document without a day counts from the day it was added."""
    return sorted(sides, key=_since, reverse=True)


def _since(side: Side) -> str:
    entry = side.span.hit.document
    return entry.effective_from or entry.added_at[:10]


def sides_of(quotes: Sequence[tuple[Span, str]], hits: Sequence[Hit], question: str) -> list[Side]:
    """The first of some quotes with which other documents disagree, and what they say; none where none does.

    Args:
        quotes: sentences that answer, each with its part that has the shape of the answer.
        hits: what was found for the question, best first.
        question: standing alone.
    """
    candidates = read_candidates(hits)
    for span, short in quotes:
        part = short if _holds_a_value(span.quote, short) else span.quote
        rivals = rivals_of(span, candidates, question, is_asked=partial(_is_about, part=part))
        if rivals:
            return in_order([Side(span, rivals[0].own), *(Side(rival.span, rival.said) for rival in rivals)])
    return []


def labels_of(sides: Sequence[Side], language: str) -> list[str]:
    """What stands after each side's quote: its document with its dates."""
    labels = [label_of(side.span.hit.document, language) for side in sides]
    if len(set(labels)) == len(labels):
        return labels
    return [label_of(side.span.hit.document, language, by_file=True) for side in sides]


def conflict_of(sides: Sequence[Side], citations: Sequence[Citation]) -> Conflict:
    """The disagreement as an answer keeps it; `citations` are those of the sides, in their order."""
    return Conflict(
        tuple(
            ConflictSide(
                marker=citation.marker,
                value=side.value,
                document_id=side.span.hit.document.id,
                document=side.span.hit.document.name,
                title=side.span.hit.document.title,
                version=side.span.hit.document.version,
                effective_from=side.span.hit.document.effective_from,
                effective_to=side.span.hit.document.effective_to,
            )
            for side, citation in zip(sides, citations, strict=True)
        )
    )


def _holds_a_value(quote: str, short: str) -> bool:
    """Whether a short answer is a value of its quote, or no number at all; else it is the 5 of "Article 5"."""
    values = read_values(quote)
    given = [*(date.written for date in values.dates), *(quantity.written for quantity in values.quantities)]
    return not any(map(str.isdigit, short)) or any(_is_about(value, short) for value in given)


def _is_about(value: str, part: str) -> bool:
    """Whether a value is what a part of its sentence says, or holds it."""
    one, other = fold(value), fold(part)
    return one in other or other in one
