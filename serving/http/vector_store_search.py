"""POST /v1/vector_stores/{id}/search: ranked passages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.home.files import file_id_of
from kb.records import Hit
from serving.answer_json import hits_as_json
from serving.answering import check_question
from serving.http.adding import check_not_expired
from serving.http.bodies import JsonRoute
from serving.http.errors import unsupported
from serving.http.filters import read_filters
from serving.http.searching import search_passages
from serving.http.state import services_of
from serving.http.store_files import attributes_of

router = APIRouter(route_class=JsonRoute)


class RankingOptions(BaseModel):
    """How to rank. Scores of a fused ranking are no shares of 1, so a threshold on them means nothing."""

    model_config = ConfigDict(extra="forbid")

    ranker: str | None = None
    score_threshold: float | None = None


class SearchRequest(BaseModel):
    """A question to a collection."""

    model_config = ConfigDict(extra="forbid")

    query: str | list[str]
    max_num_results: int = Field(default=10, ge=1, le=50)
    filters: dict[str, Any] | None = None
    ranking_options: RankingOptions | None = None
    rewrite_query: bool = False  # asks for leave to rewrite; nothing is rewritten here


@router.post("/v1/vector_stores/{store_id}/search")
def search_vector_store(request: Request, store_id: str, asked: SearchRequest) -> dict[str, Any]:
    """The passages that fit best."""
    services = services_of(request)
    opened = services.collections.get(store_id)
    check_not_expired(opened.catalog)
    question = asked.query if isinstance(asked.query, str) else " ".join(asked.query)
    check_question(question, services.settings.limits.question_characters)
    if asked.ranking_options is not None and asked.ranking_options.score_threshold:
        raise unsupported("ranking_options.score_threshold", "score_threshold: scores compare hits of one search only")
    result = search_passages(services, opened, question, asked.max_num_results, read_filters(asked.filters))
    plain = hits_as_json(result.hits)
    return {
        "object": "vector_store.search_results.page",
        "search_query": [question],
        "data": [_result(hit, as_json) for hit, as_json in zip(result.hits, plain, strict=True)],
        "has_more": False,
        "next_page": None,
        "ibid": {"collection": result.collection, "version": result.version, "timings": dict(result.timings)},
    }


def _result(hit: Hit, as_json: dict[str, Any]) -> dict[str, Any]:
    return {
        "file_id": file_id_of(hit.document.id),
        "filename": hit.document.name,
        "score": hit.score,
        "attributes": attributes_of(hit.document),
        "content": [{"type": "text", "text": hit.passage.text}],
        "ibid": as_json,
    }
