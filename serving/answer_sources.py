"""What an answer is made from: one collection, or several as if they were one (serving/several_collections.py).

`Catalog`, its `Snapshot` and `Searcher` have all of this and more. No answer needs more.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from kb.calibration import Calibration
from kb.catalog import StoredPassage
from kb.records import NO_FILTERS, Box, Collection, DocumentEntry, Filters, Passage, SearchResult
from retriever.likeness import SentenceLikeness


class DocumentsNow(Protocol):
    """One state of the documents, as `kb.catalog.Snapshot` has it."""

    @property
    def version(self) -> int:
        """Grows with every commit."""
        ...

    @property
    def expired_at(self) -> str:
        """When they were removed since nobody used them; "" where they were not."""
        ...

    def collection(self) -> Collection:
        """What is known of them together."""
        ...

    def calibration(self) -> Calibration | None:
        """What questions of their own said about the confidence of answers."""
        ...

    def matching_documents(self, filters: Filters) -> list[DocumentEntry]:
        """The documents that `filters` lets through."""
        ...

    def passages_of(self, document_id: str) -> Sequence[StoredPassage]:
        """Every passage of a document in reading order."""
        ...

    def passages_between(self, document_id: str, first: int, last: int) -> list[Passage]:
        """The passages of a document from order `first` to order `last`."""
        ...

    def text_between(self, document_id: str, start: int, end: int) -> str:
        """The document's `text[start:end]`; "" where there is no such document."""
        ...

    def place(self, document_id: str, start: int, end: int) -> tuple[int | None, tuple[Box, ...]]:
        """The page on which `[start:end]` begins and its boxes."""
        ...


class Documents(Protocol):
    """The documents that an answer is made from, as `kb.catalog.Catalog` has them."""

    @property
    def name(self) -> str:
        """The collection's name."""
        ...

    def snapshot(self) -> AbstractContextManager[DocumentsNow]:
        """A consistent view for one thread."""
        ...

    def collection(self) -> Collection:
        """What is known of them together, now."""
        ...


class Search(Protocol):
    """Finds passages in them, as `retriever.searcher.Searcher` does."""

    @property
    def likeness(self) -> SentenceLikeness:
        """How alike sentences and a question are, by the model that searches."""
        ...

    def search(self, question: str, *, k: int = 10, filters: Filters = NO_FILTERS) -> SearchResult:
        """The best `k` passages for a question, best first."""
        ...
