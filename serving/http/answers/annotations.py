"""Citations as OpenAI's annotations."""

from __future__ import annotations

from typing import Any

from kb.home.files import file_id_of
from kb.records import Answer, Citation, Claim
from serving.markers import MARKER, cited_numbers

Json = dict[str, Any]


def annotations_of(answer: Answer) -> list[Json]:
    """One annotation for each marker in the text: `text[start_index:end_index]` is "[n]"."""
    citations = {citation.marker: citation for citation in answer.citations}
    annotations: list[Json] = []
    offset = 0
    for claim in answer.claims:
        annotations += claim_annotations(claim, citations, offset)
        offset += len(claim.text)
    return annotations


def claim_annotations(claim: Claim, citations: dict[int, Citation], offset: int) -> list[Json]:
    """The annotations of one sentence that begins at `offset` of the answer; `citations` by their markers."""
    return [
        _annotation(citations[number], offset + match.start(), offset + match.end())
        for match in MARKER.finditer(claim.text)
        for number in cited_numbers(match[0])
        if len(cited_numbers(match[0])) == 1 and number in claim.citations
    ]


def _annotation(citation: Citation, start: int, end: int) -> Json:
    return {
        "type": "file_citation",
        "file_id": file_id_of(citation.document_id),
        "filename": citation.document,
        "index": start,
        "start_index": start,
        "end_index": end,
    }
