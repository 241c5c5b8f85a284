"""What other documents say otherwise than a model's answer: found while it writes, added at its end."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial

from kb.ports import Verifier
from kb.records import Citation, Claim, Claimed, Conflict, Hit, Verdict
from serving.citations import Ledger, Span
from serving.claims import OF_IBID_ITSELF
from serving.conflicts.disagreeing import states
from serving.conflicts.finding import Rival, rivals_of
from serving.conflicts.sides import Side, conflict_of, in_order, labels_of
from serving.conflicts.wording import disagreement_text
from serving.extractive.candidates import Candidate, read_candidates
from serving.markers import without_markers
from serving.quotation import on_one_line, quotation


class Disagreement:
    """What other documents say otherwise than the first of an answer's sentences with which one disagrees.

    It is looked for sentence by sentence, while the model writes the next one.

    Args:
        hits: what the model reads.
        question: standing alone.
        ledger: of the answer's citations.
    """

    def __init__(self, hits: Sequence[Hit], question: str, ledger: Ledger) -> None:
        self._hits = hits
        self._question = question
        self._ledger = ledger
        self._candidates: list[Candidate] = []
        self._found: tuple[list[Rival], Span] | None = None

    def look_at(self, claim: Claim) -> None:
        """Looks for those that disagree with a sentence of the answer, unless some do with an earlier one."""
        if self._found:
            return
        self._candidates = self._candidates or read_candidates(self._hits)
        is_asked = partial(states, without_markers(claim.text))
        for span in _sentences_cited(claim, self._ledger.citations, self._candidates):
            if rivals := rivals_of(span, self._candidates, self._question, is_asked=is_asked):
                self._found = rivals, span
                return

    def told(
        self, told: Sequence[Claim], language: str, verifier: Verifier
    ) -> Generator[Claimed, None, tuple[Conflict, ...]]:
        """Quotes what was found at the answer's end, and says that they disagree.

        A rival that the answer tells itself is not quoted again.

        Args:
            told: the answer's sentences.
            language: of the answer.
            verifier: judges the quotes, as it judges every sentence.
        """
        if self._found is None:
            return ()
        rivals, span = self._found
        return (yield from _told_with(rivals, span, told, language, self._ledger, verifier))


def _sentences_cited(claim: Claim, citations: Sequence[Citation], candidates: Sequence[Candidate]) -> Iterator[Span]:
    """The sentences, whole, of the places that a sentence of the answer cites."""
    for citation in citations:
        if citation.marker in claim.citations:
            for candidate in candidates:
                if candidate.hit.document.id != citation.document_id:
                    continue
                if citation.start < candidate.end and candidate.start < citation.end:
                    yield Span(candidate.hit, candidate.start, candidate.end)


def _told_with(
    rivals: Sequence[Rival], span: Span, told: Sequence[Claim], language: str, ledger: Ledger, verifier: Verifier
) -> Generator[Claimed, None, tuple[Conflict, ...]]:
    said = {rival.span.place for rival in rivals if _is_told(rival, told, ledger.citations)}
    sides = in_order([Side(span, rivals[0].own), *(Side(rival.span, rival.said) for rival in rivals)])
    values: list[str] = []
    for side, label in zip(sides, labels_of(sides, language), strict=True):
        if side.span.place in {span.place, *said}:
            values.append(side.value + label)
            continue
        values.append(side.value)
        known = len(ledger.citations)
        citation = ledger.cite(side.span)
        judgement = verifier.verify(on_one_line(side.span.quote), [side.span.quote])
        text = "\n" + quotation(side.span.quote, citation.marker, language) + label
        yield Claimed(Claim(text, judgement.verdict, judgement.why, (citation.marker,)), ledger.since(known))
    known = len(ledger.citations)
    cited = [_citation_of(side.span, ledger) for side in sides]
    words = "\n" + disagreement_text(values, language)
    yield Claimed(Claim(words, Verdict.UNCITED, OF_IBID_ITSELF), ledger.since(known))
    return (conflict_of(sides, cited),)


def _citation_of(span: Span, ledger: Ledger) -> Citation:
    """The citation of a sentence or of a part of it, a new one where there is none."""
    document_id, start, end = span.place
    for citation in ledger.citations:
        if citation.document_id == document_id and citation.start < end and start < citation.end:
            return citation
    return ledger.cite(span)


def _is_told(rival: Rival, told: Sequence[Claim], citations: Sequence[Citation]) -> bool:
    """Whether a sentence of the answer cites the rival's document and gives its value."""
    markers = {citation.marker for citation in citations if citation.document_id == rival.span.hit.document.id}
    return any(markers & set(claim.citations) and states(claim.text, rival.said) for claim in told)
