"""What a tool gives, as text: for agents that read no structured output, and for whoever reads along."""

from __future__ import annotations

from pydantic import BaseModel

from serving.mcp.shapes import AskOutput, Citation, ListOutput, Passage, PlaceOutput, SearchOutput

_WELL = "supported"  # nothing is said of sentences with this verdict


def as_text(given: BaseModel) -> str:
    """One text for each kind of output."""
    match given:
        case AskOutput():
            return _answer(given)
        case SearchOutput(hits=hits):
            return "\n\n".join(f"{hit.rank}. {_passage(hit)}\n{hit.text}" for hit in hits) or "Nothing was found."
        case PlaceOutput():
            page = f", p. {given.page}" if given.page else ""
            return f"{given.document}{page} ({given.start}–{given.end})\n{given.context}"
        case ListOutput(collections=collections):
            lines = [f"{one.name}: {one.documents} documents. {one.description}".strip() for one in collections]
            return "\n".join(lines) or "There are no collections."
    raise TypeError(f"no text for {type(given).__name__}")


def _answer(given: AskOutput) -> str:
    remarks = [
        f"! {claim.verdict}: {claim.text.strip()} ({claim.why})"
        for claim in given.claims
        if claim.verdict != _WELL and given.status != "refused" and claim.why
    ]
    places = [f"[{one.marker}] {_cited(one)}\n    {' '.join(one.quote.split())}" for one in given.citations]
    nearest = [f"{hit.rank}. {_passage(hit)}" for hit in given.looked_at]
    parts = [
        f"status: {given.status}",
        given.text.strip(),
        "\n".join(remarks),
        "\n".join(places),
        "\n".join(["Nearest passages:", *nearest]) if nearest else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _cited(citation: Citation) -> str:
    page = f", p. {citation.page}" if citation.page else ""
    return f"{citation.document}{page} ({citation.start}–{citation.end}, document_id {citation.document_id})"


def _passage(hit: Passage) -> str:
    page = f", p. {hit.page}" if hit.page else ""
    return f"{hit.document}{page} ({hit.start}–{hit.end}, document_id {hit.document_id})"
