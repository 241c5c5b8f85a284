"""Answers and hits as JSON: what `ibid ask --json`, `ibid search --json` and the field `ibid` of HTTP answers hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kb.records import Answer, Citation, Claim, Hit, SearchResult, Withheld
from kb.standing import Standing

Json = dict[str, Any]


def answer_as_json(answer: Answer, *, show_withheld: bool = False) -> Json:
    """The whole answer, with the hits that were read. What was withheld is told without its words, unless wanted."""
    return {
        "question": answer.question,
        "collection": answer.collection,
        "version": answer.version,
        "status": answer.status.value,
        "confidence": answer.confidence,
        "model": answer.model,
        "text": answer.text,
        "claims": [claim_as_json(claim) for claim in answer.claims],
        "citations": [citation_as_json(citation) for citation in answer.citations],
        "timings": dict(answer.timings),
        "looked_at": hits_as_json(answer.looked_at),
        "withheld": [_withheld_as_json(sentence, show_text=show_withheld) for sentence in answer.withheld],
        "prompts": dict(answer.prompts),
        "conflicts": [{"sides": [asdict(side) for side in conflict.sides]} for conflict in answer.conflicts],
    }


def claim_as_json(claim: Claim) -> Json:
    """One sentence with its verdict; its citations are markers, its emphasis is [start, end] of its text."""
    return {
        "text": claim.text,
        "verdict": claim.verdict.value,
        "why": claim.why,
        "citations": list(claim.citations),
        "emphasis": [list(span) for span in claim.emphasis],
    }


def _withheld_as_json(sentence: Withheld, *, show_text: bool) -> Json:
    told = {"verdict": sentence.verdict.value, "why": sentence.why}
    return {**told, "text": sentence.text} if show_text else told


def citation_as_json(citation: Citation) -> Json:
    """One place in a document. Boxes are [page, x0, y0, x1, y1] in PDF points from the top left corner."""
    return {
        "marker": citation.marker,
        "document_id": citation.document_id,
        "document": citation.document,
        "title": citation.title,
        "headings": list(citation.headings),
        "page": citation.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "boxes": [list(box) for box in citation.boxes],
        **({"collection": citation.collection} if citation.collection else {}),
    }


def standing_as_json(standing: Standing) -> Json:
    """What became of one cited place. `since` is null where nobody noted when its document left."""
    replacement = standing.replacement
    return {
        "stands": standing.stands,
        "state": standing.state.value,
        "since": standing.since or None,
        "replacement": replacement
        and {"document_id": replacement.id, "document": replacement.name, "quote_stands": standing.quote_kept},
    }


def search_as_json(result: SearchResult) -> Json:
    """A search with its hits."""
    return {
        "question": result.question,
        "collection": result.collection,
        "version": result.version,
        "hits": hits_as_json(result.hits),
        "timings": dict(result.timings),
    }


def hits_as_json(hits: Sequence[Hit]) -> list[Json]:
    """Hits with their ranks from 1."""
    return [_hit_as_json(rank, hit) for rank, hit in enumerate(hits, start=1)]


def _hit_as_json(rank: int, hit: Hit) -> Json:
    passage = hit.passage
    return {
        "rank": rank,
        "score": hit.score,
        "source": hit.source.value,
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "document": hit.document.name,
        "title": hit.document.title,
        "headings": list(passage.headings),
        "page": passage.first_page or None,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "version": hit.document.version,
        "effective_from": hit.document.effective_from,
        "effective_to": hit.document.effective_to,
        **({"collection": hit.collection} if hit.collection else {}),
    }
