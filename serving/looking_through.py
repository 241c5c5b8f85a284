"""Before it is said that documents do not say something, every passage of them is looked at.

A search hands on its best ten passages. That none of them answers says little about the rest of a document. So, where a
question is to be refused, the documents that it is about are read from end to end: those that the filters name, those
that the question names, or the whole collection where it is small.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from kb.records import DocumentEntry, Filters, Hit
from retriever.addresses import named_documents
from serving.answer_sources import Documents, DocumentsNow, Search

# Passages that are read to the last one: some 400 pages, in about a second. What is larger is never looked through.
MOST_PASSAGES = 1_500

# A whole collection of so many passages is read although the question names no document: a leaflet, a contract, a
# handful of lectures.
MOST_UNNAMED = 400

# In a collection of more documents, finding out which of them a question names would itself take a second.
MOST_DOCUMENTS = 5_000

_DOCUMENT_KEYS = frozenset({"document", "document_id"})


@dataclass(frozen=True, slots=True)
class LookedThrough:
    """Documents of which every passage was looked at. `hits` are all their passages, the best first."""

    hits: tuple[Hit, ...]
    documents: tuple[DocumentEntry, ...]


def look_through(question: str, searcher: Search, catalog: Documents, filters: Filters) -> LookedThrough | None:
    """Every passage of the documents that a question is about; None where they are too many, or not all were found.

    Args:
        question: standing alone.
        searcher: ranks the passages; its words and its vectors both look at each of them.
        catalog: the collection.
        filters: of the question; they hold here, too.
    """
    with catalog.snapshot() as snapshot:
        version = snapshot.version
        chosen = documents_meant(question, snapshot, filters)
    passages = sum(entry.passages for entry in chosen)
    if not passages:
        return None
    wanted = replace(filters, metadata={**filters.metadata, "document_id": tuple(entry.id for entry in chosen)})
    found = searcher.search(question, k=passages, filters=wanted)
    if found.version != version or len(found.hits) != passages:
        return None  # written to meanwhile, or vectors are missing: nobody can say that all was looked at
    return LookedThrough(found.hits, tuple(entry for entry in chosen if entry.passages))


def documents_meant(
    text: str, snapshot: DocumentsNow, filters: Filters, cited: Collection[str] = ()
) -> list[DocumentEntry]:
    """The documents that a question or sentence is about; none where they are too many to look at every passage.

    Args:
        text: a question, or a sentence of an answer.
        snapshot: of the collection.
        filters: of the question: what they leave out, or a newer version has replaced, is not meant.
        cited: ids of documents that the sentence cites; they are meant where it names none.
    """
    by_filter = bool(_DOCUMENT_KEYS & filters.metadata.keys())
    if not by_filter and snapshot.collection().documents > MOST_DOCUMENTS:
        return []
    entries = snapshot.matching_documents(filters)
    chosen = named_documents(text, entries) or [entry for entry in entries if entry.id in cited]
    most = MOST_PASSAGES if chosen or by_filter else MOST_UNNAMED
    chosen = chosen or entries
    return chosen if sum(entry.passages for entry in chosen) <= most else []
