"""From a question to ranked passages of one collection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from time import perf_counter

from kb.catalog import Catalog, Snapshot
from kb.errors import EmbeddingSpaceError, QuestionError, UsageError
from kb.ports import Embedder, Ids
from kb.records import NO_FILTERS, EmbeddingSpace, Filters, Hit, HitSource, SearchResult
from kb.settings import LimitSettings
from retriever.dense import DenseIndex
from retriever.fusion import Fused, dense_weight, fuse
from retriever.lexical import LexicalIndex

# How many passages each search hands to the fusion: beyond 200, none of the measured sets changed in the third digit.
_DEPTH = 200


class SearchMode(StrEnum):
    """Which searches take part."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


_SOURCES = {
    SearchMode.HYBRID: HitSource.FUSED,
    SearchMode.DENSE: HitSource.DENSE,
    SearchMode.LEXICAL: HitSource.LEXICAL,
}


class Searcher:
    """Searches one collection. One object serves any number of threads, also while documents come and go.

    Args:
        catalog: the collection.
        embedder: makes the questions' vectors; or a function that opens it when it is first needed, so that lexical
            search loads no model.
        question_characters: longer questions are refused.
    """

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder | Callable[[], Embedder],
        *,
        question_characters: int = LimitSettings().question_characters,
    ) -> None:
        self.catalog = catalog
        self._given = embedder
        self._opened: Embedder | None = None
        self._opening = threading.Lock()
        self._question_characters = question_characters
        self._dense = DenseIndex(catalog.cache_folder)
        self._lexical = LexicalIndex(catalog.cache_folder)

    @property
    def embedder(self) -> Embedder:
        """The embedder, opened if it was given as a function."""
        with self._opening:
            if self._opened is None:
                self._opened = self._given() if callable(self._given) else self._given
            return self._opened

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        mode: SearchMode = SearchMode.HYBRID,
        filters: Filters = NO_FILTERS,
    ) -> SearchResult:
        """The best `k` passages for a question, of one state of the collection, best first.

        What was deleted before the call is never among them; filters hold inside the search, not on its results.

        Raises:
            QuestionError: the question is empty or too long.
            UsageError: `k` is below 1.
            EmbeddingSpaceError: the collection's vectors are of another model than the embedder's.
            MissingPartError: dense search was asked for and FAISS is not installed.
        """
        question = self._checked(question)
        if k < 1:
            raise UsageError(f"cannot return {k} passages", advice="Ask for at least 1")
        timings: dict[str, float] = {}
        with self.catalog.snapshot() as snapshot:
            if mode is not SearchMode.LEXICAL and snapshot.space is not None:
                self._open_ahead()
            ranked = self._rank(snapshot, question, max(_DEPTH, 2 * k), mode, filters, timings)
            with _timed(timings, "read"):
                hits = _read_hits(snapshot, ranked, k, _SOURCES[mode])
            version = snapshot.version
        return SearchResult(question, self.catalog.name, version, hits, timings)

    def catch_up(self, mode: SearchMode = SearchMode.HYBRID) -> None:
        """Brings the indexes to the collection's present version, as the next search would."""
        with self.catalog.snapshot() as snapshot:
            if mode is not SearchMode.DENSE:
                self._lexical.catch_up(snapshot)
            if mode is not SearchMode.LEXICAL:
                self._dense.catch_up(snapshot)

    def _open_ahead(self) -> None:
        """Opens the model beside the indexes: the first search of a new process waits for the longer of the two."""
        if self._opened is None and callable(self._given):
            threading.Thread(target=self._try_to_open).start()

    def _try_to_open(self) -> None:
        with suppress(Exception):  # raised again, and then seen, where the embedder is needed
            _ = self.embedder

    def _checked(self, question: str) -> str:
        if not question.strip():
            raise QuestionError("the question is empty", advice="Ask something")
        if len(question) > self._question_characters:
            raise QuestionError(
                "the question is too long",
                f"it has {len(question)} characters, the limit is {self._question_characters}",
                "Shorten it, or raise limits.question_characters",
            )
        return question.encode("utf-8", "replace").decode("utf-8")  # a half of a surrogate pair is no text

    def _rank(
        self,
        snapshot: Snapshot,
        question: str,
        depth: int,
        mode: SearchMode,
        filters: Filters,
        timings: dict[str, float],
    ) -> list[Fused]:
        with _timed(timings, "filter"):
            allowed = snapshot.matching(filters)
        lexical = {} if mode is SearchMode.DENSE else self._search_words(snapshot, question, depth, allowed, timings)
        space = snapshot.space
        if mode is SearchMode.LEXICAL or space is None:
            return fuse(lexical, {}, dense_weight=0.0)
        dense = self._search_vectors(snapshot, space, question, depth, allowed, lexical, timings)
        return fuse(lexical, dense, dense_weight=1.0 if mode is SearchMode.DENSE else dense_weight(question, space))

    def _search_words(
        self, snapshot: Snapshot, question: str, depth: int, allowed: Ids | None, timings: dict[str, float]
    ) -> dict[int, float]:
        with _timed(timings, "catch up words"):
            self._lexical.catch_up(snapshot)
        with _timed(timings, "lexical"):
            return self._lexical.search(question, depth, allowed)

    def _search_vectors(
        self,
        snapshot: Snapshot,
        space: EmbeddingSpace,
        question: str,
        depth: int,
        allowed: Ids | None,
        lexical: Mapping[int, float],
        timings: dict[str, float],
    ) -> dict[int, float]:
        with _timed(timings, "catch up vectors"):
            self._dense.catch_up(snapshot)
        with _timed(timings, "load model"):
            embedder = self.embedder
        if embedder.space.id != space.id:
            raise EmbeddingSpaceError(
                f"cannot search {self.catalog.name!r}",
                f"its vectors are of {_named(space)}, the questions' would be of {_named(embedder.space)}",
                "Set the collection's own model again, or change the collection with `ibid reembed`",
            )
        with _timed(timings, "embed"):
            vector = embedder.embed_question(question)
        with _timed(timings, "dense"):
            return self._dense.search(space, vector, depth, allowed, also=lexical.keys())


def _named(space: EmbeddingSpace) -> str:
    return f"{space.model} (revision {space.revision}, {space.dimension} dimensions)"


def _read_hits(snapshot: Snapshot, ranked: list[Fused], k: int, source: HitSource) -> tuple[Hit, ...]:
    """The first `k` that are live in this snapshot; an index that is ahead of it, or behind, is thereby set right."""
    hits: list[Hit] = []
    first = 0
    while len(hits) < k and first < len(ranked):
        batch = ranked[first : first + k]
        first += k
        stored = snapshot.passages([item.number for item in batch])
        hits += [
            Hit(stored[item.number].passage, stored[item.number].document, item.score, source, item.dense, item.lexical)
            for item in batch
            if item.number in stored
        ]
    return tuple(hits[:k])


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    try:
        yield
    finally:
        timings[stage] = perf_counter() - start
