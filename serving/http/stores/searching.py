"""One search over HTTP or MCP, noted and counted."""

from __future__ import annotations

from kb.records import Filters, SearchResult
from serving.http.operating.observing.notes import notes_of_request
from serving.http.state import OpenCollection, Services
from serving.stages import SEARCH


def search_passages(
    services: Services, opened: OpenCollection, question: str, k: int, filters: Filters
) -> SearchResult:
    """The best `k` passages of a collection.

    Raises:
        QuestionError: the question is empty or too long.
        EmbeddingSpaceError: the collection was made with another embedder.
    """
    stages = notes_of_request().stages
    with stages.during(SEARCH):
        result = opened.searcher.search(question, k=k, filters=filters)
    services.meters.count_search(result, stages.seconds()[SEARCH])
    return result
