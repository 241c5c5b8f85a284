"""A packet's own passages as a collection to answer from: the search is not made again, everything after it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from kb.catalog import Catalog, PreparedDocument, Source, text_key
from kb.catalog.collections import collection_folder
from kb.ports import Embedder
from kb.records import NO_FILTERS, Document, EmbeddingSpace, Filters, Passage, SearchResult
from retriever.searcher import Searcher, SearchMode
from serving.packets.records import Packet, Stretch


@contextmanager
def frozen_searcher(packet: Packet, embedder: Embedder | Callable[[], Embedder]) -> Iterator[Searcher]:
    """A searcher that finds what the packet found, over a catalog that holds the texts of the packet and no others.

    Words stand where they stood, so that claims and quotes come out as they would; pages and boxes are not in it.

    Args:
        packet: what was found.
        embedder: of the settings, or a function that opens it. Nothing is searched with it, but quotes may be
            chosen by it, and a verifier may ask it.

    Raises:
        UsageError: the packet's collection has a name that none can have.
    """
    with TemporaryDirectory(prefix="ibid-replay-") as folder:  # of mode 0700
        was = packet.collection
        filled = bool(packet.stretches) and was.space is not None
        version = packet.search.version - filled  # the commit that fills it is the last one
        place = collection_folder(Path(folder), was.name)  # whatever name the file gives, it stays in the folder
        catalog = Catalog.create(place, policy=was.policy, version=version)
        try:
            if packet.stretches and was.space is not None:
                _fill(catalog, packet.stretches, was.space)
            catalog.set_calibration(packet.calibration)
            yield _FrozenSearcher(catalog, embedder, packet.searches)
        finally:
            catalog.close()


class _FrozenSearcher(Searcher):
    """Finds the same hits in the same order, for any question: a follow-up may be reworded by another model.

    What is searched for after that, because the answer went another way, finds nothing: nobody knows what it would.
    """

    def __init__(
        self, catalog: Catalog, embedder: Embedder | Callable[[], Embedder], searches: Sequence[SearchResult]
    ) -> None:
        super().__init__(catalog, embedder)
        self._left = list(searches)

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        mode: SearchMode = SearchMode.HYBRID,  # noqa: ARG002 (as `Searcher.search`)
        filters: Filters = NO_FILTERS,  # noqa: ARG002 (they were applied when the packet was made)
    ) -> SearchResult:
        """The first `k` hits of the packet's next search."""
        found = self._left.pop(0) if self._left else self._nothing()
        return replace(found, question=question, hits=found.hits[:k], timings={})

    def _nothing(self) -> SearchResult:
        collection = self.catalog.collection()
        return SearchResult("", collection.name, collection.version, ())


def _fill(catalog: Catalog, stretches: Sequence[Stretch], space: EmbeddingSpace) -> None:
    by_document: dict[str, list[Stretch]] = {}
    for stretch in stretches:
        by_document.setdefault(stretch.document.id, []).append(stretch)
    prepared = [_prepared(own) for own in by_document.values()]
    nowhere = np.zeros(space.dimension, dtype=np.float32)  # nobody searches by it
    catalog.store(prepared, space, {key: nowhere for item in prepared for key in item.text_keys})


def _prepared(stretches: Sequence[Stretch]) -> PreparedDocument:
    """One document with blanks where the packet holds no text of it, so that every offset stays what it was."""
    entry = stretches[0].document
    text = ""
    passages: list[Passage] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch.start):
        text = text[: stretch.start].ljust(stretch.start) + stretch.text
        passages += (
            Passage(
                entry.id,
                cut.order,
                cut.start,
                cut.end,
                stretch.text[cut.start - stretch.start : cut.end - stretch.start],
                cut.headings,
                cut.first_page,
                cut.last_page,
            )
            for cut in stretch.passages
        )
    document = Document(
        entry.id, entry.name, entry.media_type, entry.title, text, entry.language, metadata=entry.metadata
    )
    keys = tuple(text_key(passage.text) for passage in passages)
    return PreparedDocument(document, Source(entry.id, entry.size, 0, "packet"), tuple(passages), keys)
