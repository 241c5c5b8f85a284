"""Reranking at the end of a search; where it fails, the order before it stays."""

from __future__ import annotations

import logging
from time import perf_counter

from kb.catalog import Snapshot
from kb.errors import ModelError
from kb.ports import Reranker
from kb.records import HitSource
from kb.turns import standing_aside
from retriever.fusion import Fused
from retriever.hits import rerank

# In a result's timings: how long was waited for a reranker that then failed. Its presence says that the order is not
# the reranker's, and so does the source of every hit.
FAILED = "rerank failed"

_LOG = logging.getLogger("ibid.retriever")


def rerank_if_possible(
    reranker: Reranker,
    snapshot: Snapshot,
    question: str,
    ranked: list[Fused],
    source: HitSource,
    candidates: int,
    timings: dict[str, float],
) -> tuple[list[Fused], HitSource]:
    """The reranked order and its source; `ranked` and `source` as they are where the reranker fails.

    Args:
        reranker: scores the passages.
        snapshot: of the collection that was searched.
        question: as it was asked.
        ranked: what the search found, best first.
        source: of that order.
        candidates: how many of the first the reranker reads.
        timings: told how long it took, under "rerank" or `FAILED`.
    """
    started = perf_counter()
    try:
        with standing_aside():
            ordered = rerank(reranker, snapshot, question, ranked, candidates)
    except ModelError as error:
        _LOG.warning("not reranked: %s", error)
        timings[FAILED] = perf_counter() - started
        return ranked, source
    timings["rerank"] = perf_counter() - started
    return ordered, HitSource.RERANKED
