"""The end of a search: what was ranked is reranked, read from the catalog, and timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from kb.catalog import Snapshot, StoredPassage
from kb.ports import Reranker
from kb.records import Hit, HitSource
from retriever.fusion import Fused


def rerank(reranker: Reranker, snapshot: Snapshot, question: str, ranked: list[Fused], count: int) -> list[Fused]:
    """The first `count` live passages by the reranker's scores; the others follow in their order, scored below them.

    A passage is read as it is embedded: title and headings, then its text.
    """
    stored = snapshot.passages([item.number for item in ranked[:count]])
    first = [item for item in ranked[:count] if item.number in stored]
    if not first:
        return ranked
    scores = reranker.rerank(question, [_as_read(stored[item.number]) for item in first]).tolist()
    pairs = sorted(zip(scores, first, strict=True), key=lambda pair: -pair[0])
    lowest = pairs[-1][0] - 1.0
    others = [item._replace(score=lowest - place) for place, item in enumerate(ranked[count:])]
    return [item._replace(score=score) for score, item in pairs] + others


def read_hits(snapshot: Snapshot, ranked: list[Fused], k: int, source: HitSource) -> tuple[Hit, ...]:
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
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the seconds of its block to the stage."""
    start = perf_counter()
    try:
        yield
    finally:
        timings[stage] = timings.get(stage, 0.0) + perf_counter() - start


def _as_read(stored: StoredPassage) -> str:
    place = " > ".join((stored.document.title, *stored.passage.headings))
    return f"{place}\n{stored.passage.text}" if place else stored.passage.text
