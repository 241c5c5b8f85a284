"""Searching a vector store: several queries, thresholds, rankers, rewording, pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import openai
import pytest

from kb.ports import Scores
from retriever.searcher import Searcher
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import store_text

ROOMS = 70


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        rooms = [f"Room {number} is on floor {number % 7}." for number in range(ROOMS)]
        store_text(running.catalog, running.embedder, "rooms.txt", "Rooms\n\n" + "\n\n".join(rooms))
        yield running


def search(server: RunningServer, query: str | list[str], **options: Any) -> dict[str, Any]:
    response = server.http().post("/v1/vector_stores/default/search", json={"query": query, **options})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_several_queries_are_searched_each_and_ranked_together(server: RunningServer) -> None:
    queries = ["resit fee", "退还押金", "Metforin dose"]
    found = search(server, queries)
    assert found["search_query"] == queries
    assert {"handbook.txt", "条例.txt", "leaflet.txt"} <= {hit["filename"] for hit in found["data"][:6]}
    scores = [hit["score"] for hit in found["data"]]
    assert scores == sorted(scores, reverse=True)
    assert len({hit["ibid"]["passage_id"] for hit in found["data"]}) == len(found["data"])


@pytest.mark.parametrize("query", ["When is the library open?", "押金何时退还？"])
def test_a_threshold_leaves_out_what_scores_below_it(server: RunningServer, query: str) -> None:
    scores = [hit["score"] for hit in search(server, query, max_num_results=50)["data"]]
    assert all(0 <= score <= 1 for score in scores)
    between = (scores[0] + scores[4]) / 2
    left = [hit["score"] for hit in search(server, query, ranking_options={"score_threshold": between})["data"]]
    assert left == [score for score in scores if score >= between][:10]
    assert 1 <= len(left) < 5
    assert search(server, query, ranking_options={"score_threshold": 1.0})["data"] == []


def test_pages_show_every_passage_once_also_while_documents_come(server: RunningServer) -> None:
    whole = [
        hit["ibid"]["passage_id"] for hit in search(server, "Which room is on floor 3?", max_num_results=50)["data"]
    ]
    page = search(server, "Which room is on floor 3?", max_num_results=20)
    seen = [hit["ibid"]["passage_id"] for hit in page["data"]]
    assert page["has_more"] is True
    store_text(server.catalog, server.embedder, "more.txt", "Which room is on floor 3? Room 3 is on floor 3.")
    while page["has_more"]:
        page = search(server, "Which room is on floor 3?", max_num_results=20, page=page["next_page"])
        seen += [hit["ibid"]["passage_id"] for hit in page["data"]]
    assert page["next_page"] is None
    assert len(seen) == len(set(seen))
    assert set(whole) <= set(seen)


def test_what_is_searched_for_can_be_seen(server: RunningServer) -> None:
    store_text(
        server.catalog, server.embedder, "heart.txt", "Heart\n\nAtrial fibrillation (AF) needs an anticoagulant."
    )
    asked = "What does AF need?"
    assert search(server, asked)["search_query"] == [asked]
    reworded = search(server, asked, rewrite_query=True)["search_query"]
    assert reworded
    assert all(isinstance(text, str) for text in reworded)
    opened = server.services.collections.get("default")
    assert reworded == list(opened.searcher.texts_for(asked))


class Backwards:
    """A reranker that likes the worst passages best."""

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        return np.linspace(0.1, 0.9, len(passages), dtype=np.float32)


def test_the_ranker_can_be_left_out(server: RunningServer) -> None:
    plain = server.services.collections.get("default").searcher
    reranked = Searcher(plain.catalog, server.embedder, reranker=Backwards())
    asked = "When is the library open?"
    best = plain.search(asked).hits[0].passage.id
    assert reranked.search(asked).hits[0].passage.id != best
    assert reranked.without_reranker().search(asked).hits[0].passage.id == best
    for ranker in ("none", "auto", "default-2024-11-15"):
        assert search(server, asked, ranking_options={"ranker": ranker})["data"][0]["ibid"]["passage_id"] == best


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"query": []}, "query"),
        ({"query": ["x"] * 17}, "query"),
        ({"query": ["x", ""]}, None),
        ({"query": "x", "max_num_results": 51}, "max_num_results"),
        ({"query": "x", "ranking_options": {"score_threshold": 1.1}}, "ranking_options.score_threshold"),
        ({"query": "x", "ranking_options": {"ranker": "best"}}, "ranking_options.ranker"),
        ({"query": "x", "page": "äöü"}, "page"),
        ({"query": "x", "page": "AAAA"}, "page"),
        ({"query": "x", "page": "A" * 4000}, "page"),
        ({"query": "x", "filters": {"type": "xor", "filters": []}}, "filters"),
    ],
)
def test_a_search_that_cannot_be_is_a_bad_request(
    server: RunningServer, wrong: dict[str, Any], param: str | None
) -> None:
    response = server.http().post("/v1/vector_stores/default/search", json=wrong)
    assert response.status_code == 400
    assert str(response.json()["error"]["param"]).startswith(str(param))


def test_the_official_client_searches(server: RunningServer) -> None:
    client = server.client()
    page = client.vector_stores.search(
        "default",
        query=["resit", "fee"],
        rewrite_query=True,
        max_num_results=2,
        ranking_options={"ranker": "auto", "score_threshold": 0.01},
        filters={"type": "and", "filters": [{"type": "ne", "key": "document", "value": "rooms.txt"}]},
    )
    assert len(page.data) == 2
    assert page.data[0].filename == "handbook.txt"
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.search("nowhere", query="x")
