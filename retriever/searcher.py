"""From a question to ranked passages of one collection."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum

from kb.catalog import Catalog, Snapshot
from kb.catalog.expiry import note_use
from kb.errors import EmbeddingSpaceError, QuestionError, UsageError
from kb.ports import Embedder, Ids, Reranker
from kb.records import NO_FILTERS, EmbeddingSpace, Filters, HitSource, SearchResult
from kb.settings import LimitSettings, RerankerSettings
from kb.turns import standing_aside
from retriever.addresses import addressed_first
from retriever.allowed import AllowedPassages
from retriever.dense import DenseIndex
from retriever.evidence.stage import LOOKED_AT, EvidenceStage
from retriever.fusion import Fused, dense_weight, fuse, reads_chinese
from retriever.hits import read_hits, timed
from retriever.lexical import LexicalIndex
from retriever.likeness import SentenceLikeness
from retriever.questions import QuestionReader, QuestionVariant, interleave
from retriever.readable import ReadableShare
from retriever.reranking import rerank_if_possible

# How many passages each search hands to the fusion: beyond 200, none of the measured sets changed in the third digit.
_DEPTH = 200


class SearchMode(StrEnum):
    """Which searches take part."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


Reword = Callable[[Snapshot, str], Sequence[QuestionVariant]]  # the texts to search for a question, at least one

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
        reword: says which texts are searched for a question; as the collection's own words ask for it unless given.
        reranker: orders the best passages anew, last of all; where it fails, their order stays.
        candidates: how many of the best it reads.
    """

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder | Callable[[], Embedder],
        *,
        question_characters: int = LimitSettings().question_characters,
        reword: Reword | None = None,
        reranker: Reranker | None = None,
        candidates: int = RerankerSettings().candidates,
    ) -> None:
        self.catalog = catalog
        self._given = embedder
        self._opened: Embedder | None = None
        self._opening = threading.Lock()
        self._question_characters = question_characters
        self._reword = reword or QuestionReader(catalog.cache_folder)
        self._reranker = reranker
        self._candidates = candidates
        self._least: float | None = None  # the score that a hit must have
        self._dense = DenseIndex(catalog.cache_folder)
        self._lexical = LexicalIndex(catalog.cache_folder)
        self._evidence = EvidenceStage()
        self._allowed = AllowedPassages()
        self._readable = ReadableShare()
        self.likeness = SentenceLikeness(lambda: self.embedder)

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
        note_use(self.catalog)
        with self.catalog.snapshot() as snapshot:
            if mode is not SearchMode.LEXICAL and snapshot.space is not None:
                self._open_ahead()
            with timed(timings, "filter"):
                allowed = self._allowed.of(snapshot, filters)
            ranked = self._rank(snapshot, question, max(_DEPTH, 2 * k), mode, allowed, timings)
            source = _SOURCES[mode]
            if self._reranker is not None:
                ranked, source = rerank_if_possible(
                    self._reranker, snapshot, question, ranked, source, self._candidates, timings
                )
            if mode is not SearchMode.DENSE:  # which is asked for to see what the vectors alone find
                with timed(timings, "address"):
                    ranked = addressed_first(snapshot, question, ranked, allowed)
            with timed(timings, "read"):
                hits = read_hits(snapshot, ranked, k, source)
            if self._least is not None:
                hits = tuple(hit for hit in hits if hit.score >= self._least)
            version = snapshot.version
        return SearchResult(question, self.catalog.name, version, hits, timings)

    def texts_for(self, question: str) -> tuple[str, ...]:
        """The texts that a search for this question looks for, reworded as the collection's own words ask for it.

        Raises:
            QuestionError: the question is empty or too long.
        """
        question = self._checked(question)
        with self.catalog.snapshot() as snapshot:
            return tuple(variant.reworded for variant in self._reword(snapshot, question))

    def without_reranker(self) -> Searcher:
        """A searcher over the same indexes that leaves the order as it is before reranking."""
        other = copy.copy(self)
        other._reranker = None
        return other

    def from_score(self, least: float) -> Searcher:
        """A searcher over the same indexes that leaves out hits with a lower score."""
        other = copy.copy(self)
        other._least = least
        return other

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
        allowed: Ids | None,
        timings: dict[str, float],
    ) -> list[Fused]:
        with timed(timings, "reword"):
            variants = self._reword(snapshot, question)
        return interleave([self._rank_text(snapshot, item, depth, mode, allowed, timings) for item in variants])

    def _rank_text(
        self,
        snapshot: Snapshot,
        variant: QuestionVariant,
        depth: int,
        mode: SearchMode,
        allowed: Ids | None,
        timings: dict[str, float],
    ) -> list[Fused]:
        text = variant.text
        lexical = {} if mode is SearchMode.DENSE else self._search_words(snapshot, variant, depth, allowed, timings)
        space = snapshot.space
        if mode is SearchMode.LEXICAL or space is None:
            return fuse(lexical, {}, dense_weight=0.0)
        dense = self._search_vectors(snapshot, space, text, depth, allowed, lexical, timings)
        if mode is SearchMode.DENSE:
            return fuse({}, dense, dense_weight=1.0)
        readable = self._readable.of(snapshot, text)
        fused = fuse(lexical, dense, dense_weight(text, space, readable))
        with timed(timings, "evidence"):
            seen = snapshot.few_texts([item.number for item in fused[:LOOKED_AT]])
            reworded = variant.reworded if variant.expansions else ""
            passages, frequency = self._lexical.frequencies()
            return self._evidence.reorder(
                text, fused, seen, passages, frequency, reworded, readable, reads_chinese=reads_chinese(space)
            )

    def _search_words(
        self, snapshot: Snapshot, variant: QuestionVariant, depth: int, allowed: Ids | None, timings: dict[str, float]
    ) -> dict[int, float]:
        with timed(timings, "catch up words"):
            self._lexical.catch_up(snapshot)
        with timed(timings, "lexical"):
            return self._lexical.search(variant.text, depth, allowed, variant.expansions)

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
        with timed(timings, "catch up vectors"):
            self._dense.catch_up(snapshot)
        with timed(timings, "load model"):
            embedder = self.embedder
        if embedder.space.id != space.id:
            raise EmbeddingSpaceError(
                f"cannot search {self.catalog.name!r}",
                f"its vectors are of {_named(space)}, the questions' would be of {_named(embedder.space)}",
                "Set the collection's own model again, or change the collection with `ibid reembed`",
            )
        with timed(timings, "embed"):
            with standing_aside():
                vector = embedder.embed_question(question)
            self.likeness.note_question(question, vector)
        with timed(timings, "dense"):
            return self._dense.search(space, vector, depth, allowed, also=lexical.keys())


def _named(space: EmbeddingSpace) -> str:
    return f"{space.model} (revision {space.revision}, {space.dimension} dimensions)"
