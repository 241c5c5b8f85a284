"""Whether what an answer cited still stands: read from a collection's live rows, and from nothing else.

However a document left its collection (deleted, replaced, pruned, by another process, by an import in the place of the
collection), it is not among the live rows, so that no citation of it can be missed. What replaces what is read from the
documents that are there, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from kb.catalog import Catalog, Snapshot
from kb.catalog.versions import today
from kb.records import Citation, DocumentEntry

_TEXTS_KEPT = 4  # unwrapped texts of documents, of a few MB each; citations of one document mostly come together


class CitationState(StrEnum):
    """What became of a cited place."""

    STANDS = "stands"  # the words stand in the cited document
    DELETED = "deleted"  # the document is not in the collection, nor another one of its name
    REPLACED = "replaced"  # the document is not in the collection; another one of its name is
    SUPERSEDED = "superseded"  # the document is there, but a newer version is in force in its place
    CHANGED = "changed"  # the document is there, but was read anew and no longer holds the words


@dataclass(frozen=True, slots=True)
class Standing:
    """A citation with what became of it.

    `quote_kept`: the quoted words stand in the replacement, line breaks apart. `since`: when the document left, ISO
    8601, where that was noted (which says nothing about whether it did), or the first day of the version in its place.
    """

    citation: Citation
    state: CitationState
    replacement: DocumentEntry | None = None
    quote_kept: bool = False
    since: str = ""

    @property
    def stands(self) -> bool:
        """Whether a reader finds the words in the document that was cited, and no newer version is in its place."""
        return self.state is CitationState.STANDS


def standings_of(citations: Iterable[Citation], catalog: Catalog | None) -> tuple[Standing, ...]:
    """What became of each citation, in the order given. Without a catalog (the collection is gone), nothing stands."""
    if catalog is None:
        return tuple(Standing(citation, CitationState.DELETED) for citation in citations)
    with catalog.snapshot() as snapshot:
        look = _Look(snapshot)
        return tuple(look.at(citation) for citation in citations)


class _Look:
    """One look at a snapshot for any number of citations."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._unwrapped = lru_cache(_TEXTS_KEPT)(lambda id_: _unwrapped(snapshot.document(id_).text))

    def at(self, citation: Citation) -> Standing:
        wanted = citation.document_id
        if self._snapshot.has_document(wanted):
            there = self._snapshot.text_between(wanted, citation.start, citation.end) == citation.quote
            if not there and not self._holds(wanted, citation.quote):
                return Standing(citation, CitationState.CHANGED)
            return self._superseded(citation) or Standing(citation, CitationState.STANDS)
        replacement = self._newest_by_name.get(citation.document)
        if replacement is None:
            return Standing(citation, CitationState.DELETED)
        return Standing(citation, CitationState.REPLACED, replacement, self._holds(replacement.id, citation.quote))

    def _superseded(self, citation: Citation) -> Standing | None:
        in_force = [
            newer
            for newer in map(self._snapshot.entry, self._snapshot.entry(citation.document_id).replaced_by)
            if newer.effective_from <= today().isoformat()
        ]
        if not in_force:
            return None
        newest = max(in_force, key=lambda entry: (entry.effective_from, entry.id))
        kept = self._holds(newest.id, citation.quote)
        return Standing(citation, CitationState.SUPERSEDED, newest, kept, newest.effective_from)

    @cached_property
    def _newest_by_name(self) -> dict[str, DocumentEntry]:
        """The document that was added last of those that share a name."""
        return {entry.name: entry for entry in sorted(self._snapshot.documents(), key=lambda entry: entry.added_at)}

    def _holds(self, document_id: str, quote: str) -> bool:
        """Whether a document says the quoted words one after the other. Where its lines break does not matter."""
        return _unwrapped(quote) in self._unwrapped(document_id)


def _unwrapped(text: str) -> str:
    return "".join(text.split())
