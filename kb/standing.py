"""Whether what an answer cited still stands: read from a collection's live rows, and from nothing else.

However a document left its collection (deleted, replaced, pruned, by another process, by an import in the place of the
collection), it is not among the live rows, so that no citation of it can be missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kb.catalog import Catalog, Snapshot
from kb.records import Citation, DocumentEntry


class CitationState(StrEnum):
    """What became of a cited place."""

    STANDS = "stands"  # the words stand in the cited document
    DELETED = "deleted"  # the document is not in the collection, nor another one of its name
    REPLACED = "replaced"  # the document is not in the collection; another one of its name is
    CHANGED = "changed"  # the document is there, but was read anew and no longer holds the words


@dataclass(frozen=True, slots=True)
class Standing:
    """A citation with what became of it. `quote_kept`: the quoted words stand in the replacement, line breaks apart."""

    citation: Citation
    state: CitationState
    replacement: DocumentEntry | None = None
    quote_kept: bool = False

    @property
    def stands(self) -> bool:
        """Whether a reader finds the words in the document that was cited."""
        return self.state is CitationState.STANDS


def standings_of(citations: Iterable[Citation], catalog: Catalog | None) -> tuple[Standing, ...]:
    """What became of each citation, in the order given. Without a catalog (the collection is gone), nothing stands."""
    if catalog is None:
        return tuple(Standing(citation, CitationState.DELETED) for citation in citations)
    with catalog.snapshot() as snapshot:
        return tuple(_standing(citation, snapshot) for citation in citations)


def _standing(citation: Citation, snapshot: Snapshot) -> Standing:
    if snapshot.text_between(citation.document_id, citation.start, citation.end) == citation.quote:
        return Standing(citation, CitationState.STANDS)
    if snapshot.has_document(citation.document_id):
        kept = _holds(snapshot, citation.document_id, citation.quote)
        return Standing(citation, CitationState.STANDS if kept else CitationState.CHANGED)
    same_name = [entry for entry in snapshot.find_documents(citation.document) if entry.name == citation.document]
    if not same_name:
        return Standing(citation, CitationState.DELETED)
    newest = max(same_name, key=lambda entry: (entry.added_at, entry.id))
    return Standing(citation, CitationState.REPLACED, newest, _holds(snapshot, newest.id, citation.quote))


def _holds(snapshot: Snapshot, document_id: str, quote: str) -> bool:
    """Whether a document says the quoted words one after the other. Where its lines break does not matter."""
    return _unwrapped(quote) in _unwrapped(snapshot.document(document_id).text)


def _unwrapped(text: str) -> str:
    return "".join(text.split())
