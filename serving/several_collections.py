"""Several collections, searched and read as if they were one: an answer cites each document where it stands.

A document that is in several of them is read once. The words' part of a score is a share of the best in its own
collection, so that scores of different collections compare only roughly; those of a reranker compare exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TypeVar

from kb.calibration import Calibration
from kb.catalog import Catalog, Snapshot, StoredPassage
from kb.errors import NotFoundError
from kb.records import (
    NO_FILTERS,
    Box,
    Collection,
    DocumentEntry,
    EmbeddingSpace,
    Filters,
    Hit,
    Passage,
    Policy,
    SearchResult,
    name_of_several,
)
from retriever.likeness import SentenceLikeness
from retriever.searcher import Searcher

_Read = TypeVar("_Read")


class SeveralSnapshots:
    """One state of each of them."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = snapshots

    @property
    def version(self) -> int:
        """The sum of theirs: it grows with every commit to any of them."""
        return sum(snapshot.version for snapshot in self._snapshots)

    @property
    def expired_at(self) -> str:
        """When the first of those expired that did; "" where none did."""
        return min(filter(None, (snapshot.expired_at for snapshot in self._snapshots)), default="")

    def collection(self) -> Collection:
        """They as one: strict where one of them is; in one embedding space where they all are."""
        return _as_one([snapshot.collection() for snapshot in self._snapshots])

    def calibration(self) -> Calibration | None:
        """None: no questions were asked of just these together."""
        return None

    def matching_documents(self, filters: Filters) -> list[DocumentEntry]:
        """The documents that `filters` lets through, each once."""
        found: dict[str, DocumentEntry] = {}
        for snapshot in self._snapshots:
            for entry in snapshot.matching_documents(filters):
                found.setdefault(entry.id, entry)
        return list(found.values())

    def passages_of(self, document_id: str) -> Sequence[StoredPassage]:
        """Every passage of a document in reading order."""
        return self._holder(document_id).passages_of(document_id)

    def passages_between(self, document_id: str, first: int, last: int) -> list[Passage]:
        """The passages of a document from order `first` to order `last`; none where there is no such document."""
        return self._read_first(lambda snapshot: snapshot.passages_between(document_id, first, last), [])

    def text_between(self, document_id: str, start: int, end: int) -> str:
        """The document's `text[start:end]`; "" where there is no such document."""
        return self._read_first(lambda snapshot: snapshot.text_between(document_id, start, end), "")

    def place(self, document_id: str, start: int, end: int) -> tuple[int | None, tuple[Box, ...]]:
        """The page on which `[start:end]` begins and its boxes."""
        return self._holder(document_id).place(document_id, start, end)

    def _holder(self, document_id: str) -> Snapshot:
        for snapshot in self._snapshots:
            if snapshot.has_document(document_id):
                return snapshot
        raise NotFoundError(f"no document {document_id}")

    def _read_first(self, read: Callable[[Snapshot], _Read], nothing: _Read) -> _Read:
        return next(filter(None, map(read, self._snapshots)), nothing)


class SeveralCatalogs:
    """The documents of several collections."""

    def __init__(self, catalogs: Sequence[Catalog]) -> None:
        self._catalogs = catalogs

    @property
    def name(self) -> str:
        """Their names in one."""
        return name_of_several(catalog.name for catalog in self._catalogs)

    @contextmanager
    def snapshot(self) -> Iterator[SeveralSnapshots]:
        """A view of each, for one thread; each is consistent in itself."""
        with ExitStack() as held:
            yield SeveralSnapshots([held.enter_context(catalog.snapshot()) for catalog in self._catalogs])

    def collection(self) -> Collection:
        """They as one, as they are now."""
        with self.snapshot() as snapshot:
            return snapshot.collection()


class SeveralSearchers:
    """Searches each of several collections, and ranks together what was found."""

    def __init__(self, searchers: Sequence[Searcher]) -> None:
        self._searchers = searchers

    @property
    def likeness(self) -> SentenceLikeness:
        """That of the first collection: asked only where one model searches them all."""
        return self._searchers[0].likeness

    def search(self, question: str, *, k: int = 10, filters: Filters = NO_FILTERS) -> SearchResult:
        """The best `k` passages of all, best first, each once; every hit says in which collection it stands."""
        best: dict[str, Hit] = {}
        timings: dict[str, float] = {}
        results = [searcher.search(question, k=k, filters=filters) for searcher in self._searchers]
        for result in results:
            for stage, seconds in result.timings.items():
                timings[stage] = timings.get(stage, 0.0) + seconds
            for hit in result.hits:
                known = best.get(hit.passage.id)
                if known is None or hit.score > known.score:
                    best[hit.passage.id] = replace(hit, collection=result.collection)
        hits = sorted(best.values(), key=lambda hit: -hit.score)[:k]
        name = name_of_several(result.collection for result in results)
        return SearchResult(results[0].question, name, sum(one.version for one in results), tuple(hits), timings)


def _as_one(collections: Sequence[Collection]) -> Collection:
    spaces: set[EmbeddingSpace] = {one.space for one in collections if one.space is not None}
    strict = any(one.policy is Policy.STRICT for one in collections)
    return Collection(
        name=name_of_several(one.name for one in collections),
        space=spaces.pop() if len(spaces) == 1 else None,
        version=sum(one.version for one in collections),
        documents=sum(one.documents for one in collections),
        passages=sum(one.passages for one in collections),
        created_at=min(one.created_at for one in collections),
        policy=Policy.STRICT if strict else Policy.FLAG,
    )
