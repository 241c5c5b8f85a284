"""POST /v1/vector_stores/{id}/search: ranked passages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from kb.home.files import file_id_of
from kb.records import Filters, Hit
from serving.answer_json import hits_as_json
from serving.answering import check_question
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.errors import ApiError
from serving.http.state import OpenCollection, Services, services_of
from serving.http.stores.adding import check_not_expired
from serving.http.stores.filters import read_filters
from serving.http.stores.searching import search_passages
from serving.http.stores.store_files import attributes_of

router = APIRouter(route_class=JsonRoute)

# Passages that can be paged through. A search ranks twice as many, and nobody looks at a hundredth one.
_MOST_RESULTS = 100
_MOST_QUERIES = 16  # each is a search of its own
_MARK_BYTES = 6  # of a passage that was shown: no two of a collection's first hundred share 48 bits


class RankingOptions(JsonBody):
    """How to rank. `ranker` "none" leaves out the reranker, where the server has one; the others mean its ranking.

    Scores are from 0 to 1 and compare hits of one search: the reranker's, or else the sum of the cosine similarity and
    of the words' score as a share of the best, weighed. Hits below `score_threshold` are left out.
    """

    model_config = ConfigDict(extra="forbid")

    ranker: Literal["none", "auto", "default-2024-11-15"] = "auto"
    score_threshold: float = Field(default=0.0, ge=0, le=1)


class SearchRequest(JsonBody):
    """A question to a collection, or several, whose passages are ranked together."""

    model_config = ConfigDict(extra="forbid")

    query: str | list[str]
    max_num_results: int = Field(default=10, ge=1, le=50)
    filters: dict[str, Any] | None = None
    ranking_options: RankingOptions = RankingOptions()
    # Questions are reworded by what the documents say of their terms in any case; this tells the texts searched for.
    rewrite_query: bool = False
    page: str | None = None  # `next_page` of the page before


class _Found(NamedTuple):
    hits: list[Hit]
    version: int
    timings: Mapping[str, float]


@router.post("/v1/vector_stores/{store_id}/search")
def search_vector_store(request: Request, store_id: str, asked: SearchRequest) -> dict[str, Any]:
    """The passages that fit best."""
    services = services_of(request)
    opened = services.collections.get(store_id)
    check_not_expired(opened.catalog)
    queries = [asked.query] if isinstance(asked.query, str) else asked.query
    if not 1 <= len(queries) <= _MOST_QUERIES:
        raise ApiError(400, f"query has {len(queries)} texts; 1 to {_MOST_QUERIES} are searched at once", param="query")
    for query in queries:
        check_question(query, services.settings.limits.question_characters)
    shown = _marks_in(asked.page)
    if asked.ranking_options.ranker == "none":
        opened = opened._replace(searcher=opened.searcher.without_reranker())
    wanted = _MOST_RESULTS if shown else asked.max_num_results + 1
    found = _search(services, opened, queries, wanted, read_filters(asked.filters))
    least = asked.ranking_options.score_threshold
    left = [hit for hit in found.hits if hit.score >= least and _mark(hit) not in shown]
    page = left[: asked.max_num_results]
    has_more = len(left) > len(page) and len(shown) + len(page) < _MOST_RESULTS
    texts = [text for query in queries for text in opened.searcher.texts_for(query)] if asked.rewrite_query else queries
    return {
        "object": "vector_store.search_results.page",
        "search_query": list(dict.fromkeys(texts)),
        "data": [_result(hit, as_json) for hit, as_json in zip(page, hits_as_json(page), strict=True)],
        "has_more": has_more,
        "next_page": _page_after([*shown, *map(_mark, page)]) if has_more else None,
        "ibid": {"collection": opened.catalog.name, "version": found.version, "timings": dict(found.timings)},
    }


def score_of(hit: Hit) -> float:
    """The score of a hit as OpenAI's are, from 0 to 1: what a reranker did not read stands below all that it did."""
    return min(max(hit.score, 0.0), 1.0)


def _search(services: Services, opened: OpenCollection, queries: Sequence[str], k: int, filters: Filters) -> _Found:
    """What all queries found, each passage once, by its best score."""
    best: dict[str, Hit] = {}
    timings: dict[str, float] = {}
    version = 0
    for query in queries:
        result = search_passages(services, opened, query, k, filters)
        version = result.version
        for stage, seconds in result.timings.items():
            timings[stage] = timings.get(stage, 0.0) + seconds
        for hit in result.hits:
            known = best.get(hit.passage.id)
            if known is None or hit.score > known.score:
                best[hit.passage.id] = hit
    hits = list(best.values())
    return _Found(hits if len(queries) == 1 else sorted(hits, key=lambda hit: -hit.score), version, timings)


def _mark(hit: Hit) -> bytes:
    """What a page's token remembers of a hit that was shown, so that no page shows it again, whatever is added."""
    return hashlib.sha256(hit.passage.id.encode()).digest()[:_MARK_BYTES]


def _page_after(marks: Sequence[bytes]) -> str:
    return base64.urlsafe_b64encode(b"".join(marks)).decode()


def _marks_in(page: str | None) -> list[bytes]:
    try:
        joined = base64.b64decode(page or "", altchars=b"-_", validate=True)
    except ValueError:
        joined = b"?"
    if len(joined) % _MARK_BYTES or len(joined) > _MOST_RESULTS * _MARK_BYTES:
        raise ApiError(400, "page must be the next_page of an earlier search", code="invalid_value", param="page")
    return [joined[first : first + _MARK_BYTES] for first in range(0, len(joined), _MARK_BYTES)]


def _result(hit: Hit, as_json: dict[str, Any]) -> dict[str, Any]:
    return {
        "file_id": file_id_of(hit.document.id),
        "filename": hit.document.name,
        "score": score_of(hit),
        "attributes": attributes_of(hit.document),
        "content": [{"type": "text", "text": hit.passage.text}],
        "ibid": as_json,
    }
