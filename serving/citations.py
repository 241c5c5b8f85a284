"""From "passage 3" to the place that bears a sentence out: the words themselves, their page, and their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kb.errors import NotFoundError
from kb.records import Box, Citation, Hit
from kb.text.sentences import split_sentences
from serving.answer_sources import Documents
from serving.extractive.terms import is_weak
from serving.placed_quotes import PlacedQuote
from serving.writing import compared_terms

_MOST_SENTENCES = 4  # longer quotes are no longer looked at; who needs more cites twice
_PRICE = 0.08  # what one more sentence must add, as a share of the claim's terms, to be worth reading
_ENOUGH = 0.12  # below this share of the terms no sentence stands out (the claim is in another language): all is cited
_WEAK_WEIGHT = 0.3  # words that any text may hold tell little about the place
_NUMBER_WEIGHT = 2.0  # a number stands in few sentences and must stand in the right one


class Span(NamedTuple):
    """A place in a document: `hit.passage` holds it."""

    hit: Hit
    start: int  # into the document's text
    end: int

    @property
    def place(self) -> tuple[str, int, int]:
        """Document, start and end: the same for the same words."""
        return self.hit.passage.document_id, self.start, self.end

    @property
    def quote(self) -> str:
        """The words that stand there."""
        passage = self.hit.passage
        return passage.text[self.start - passage.start : self.end - passage.start]


def whole_span(hit: Hit) -> Span:
    """All words of a passage, without white space around them."""
    passage = hit.passage
    left = len(passage.text) - len(passage.text.lstrip())
    return Span(hit, passage.start + left, passage.start + max(left, len(passage.text.rstrip())))


def quotes_of(spans: Sequence[Span]) -> list[PlacedQuote]:
    """The words of each span, as verifiers read them."""
    return [PlacedQuote(span.quote, span.hit.passage.headings) for span in spans]


def narrow(sentence: str, hit: Hit) -> Span:
    """The run of neighbouring sentences of the passage that shares most with `sentence`, as short as it can be.

    Args:
        sentence: a sentence of an answer without its markers.
        hit: the passage that it cites.
    """
    text = hit.passage.text
    spans = split_sentences(text)
    claim = compared_terms(sentence)
    weights = {term: _weight(term) for term in claim.exact}
    total = sum(weights.values())
    if len(spans) < 2 or not total:
        return whole_span(hit)
    shared = [claim.exact & compared_terms(text[start:end]).exact for start, end in spans]
    score, first, last = max(
        ((_score(shared[first : last + 1], weights, total), -(last - first), -first), first, last)
        for first in range(len(spans))
        for last in range(first, min(first + _MOST_SENTENCES, len(spans)))
    )
    if score[0] < _ENOUGH:
        return whole_span(hit)
    return Span(hit, hit.passage.start + spans[first][0], hit.passage.start + spans[last][1])


def _weight(term: str) -> float:
    if any(character.isdigit() for character in term):
        return _NUMBER_WEIGHT
    return _WEAK_WEIGHT if is_weak(term) else 1.0


def _score(shared: Sequence[frozenset[str]], weights: dict[str, float], total: float) -> float:
    covered = frozenset[str]().union(*shared)
    return sum(weights[term] for term in covered) / total - _PRICE * (len(shared) - 1)


class Ledger:
    """The citations of one answer: the same span keeps its marker, a new one gets the next number."""

    def __init__(self, catalog: Documents) -> None:
        self._catalog = catalog
        self._citations: dict[tuple[str, int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All of them, by marker."""
        return tuple(self._citations.values())

    def cite(self, span: Span) -> Citation:
        """The citation of a span; a new one when its marker is `len(citations)` afterwards."""
        key = span.place
        if key not in self._citations:
            page, boxes = self._place(span)
            document = span.hit.document
            self._citations[key] = Citation(
                marker=len(self._citations) + 1,
                document_id=document.id,
                document=document.name,
                title=document.title,
                page=page,
                start=span.start,
                end=span.end,
                quote=span.quote,
                boxes=boxes,
                headings=span.hit.passage.headings,
                collection=span.hit.collection,
            )
        return self._citations[key]

    def since(self, count: int) -> tuple[Citation, ...]:
        """The citations after the first `count`."""
        return self.citations[count:]

    def _place(self, span: Span) -> tuple[int | None, tuple[Box, ...]]:
        try:
            with self._catalog.snapshot() as snapshot:
                return snapshot.place(span.hit.passage.document_id, span.start, span.end)
        except NotFoundError:  # deleted since the search: the quote is still what stood there
            return span.hit.passage.first_page or None, ()
