"""Embedders and rerankers on servers: what is sent, what is understood, and what each failure is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.embedding import open_embedder
from kb.errors import ModelError, SettingsError
from kb.reranking import open_reranker
from kb.settings import EmbedderSettings, RerankerSettings
from tests.fakes import HashEmbedder
from tests.kb.json_server import Answer, json_server
from tests.ports.embedder_suite import check_embedder

MODEL = HashEmbedder(dimension=64)
Script = Callable[[str, dict[str, Any]], Answer]


def embeddings(path: str, body: dict[str, Any]) -> Answer:
    """As vLLM and TEI answer, in an order of their own and not normalised."""
    assert path == "/v1/embeddings"
    vectors = 3 * MODEL.embed_passages(body["input"])
    data = [{"index": place, "embedding": vector.tolist()} for place, vector in enumerate(vectors)]
    return Answer({"data": data[::-1]})


def scores(*values: float) -> Script:
    def answer(_path: str, body: dict[str, Any]) -> Answer:
        return Answer(
            {
                "results": [
                    {"index": place, "relevance_score": value}
                    for place, value in enumerate(values[: len(body["documents"])])
                ]
            }
        )

    return answer


def test_an_embedder_on_a_server_keeps_the_promises_of_an_embedder(tmp_path: Path) -> None:
    with json_server(embeddings) as server:
        check_embedder(open_embedder(EmbedderSettings("any", base_url=server.base_url), tmp_path))


def test_prefixes_dimension_and_key_are_those_of_the_settings(tmp_path: Path) -> None:
    with json_server(embeddings) as server:
        settings = EmbedderSettings(
            "intfloat/multilingual-e5-small", base_url=server.base_url, dimension=16, api_key="secret"
        )
        embedder = open_embedder(settings, tmp_path)
        assert embedder.embed_question("refund").shape == (16,)
        embedder.embed_passages(["退款"])
        assert [body["input"] for _, body in server.requests[1:]] == [["query: refund"], ["passage: 退款"]]
        assert set(server.keys) == {"Bearer secret"}
        space = embedder.space
    assert (space.dimension, space.query_prefix, space.revision) == (16, "query: ", "served")


def test_many_passages_go_in_several_requests_and_come_in_their_order(tmp_path: Path) -> None:
    texts = [f"rule {number} of 條 {number % 7}" for number in range(100)]
    with json_server(embeddings) as server:
        vectors = open_embedder(EmbedderSettings("any", base_url=server.base_url), tmp_path).embed_passages(texts)
        assert len(server.requests) == 1 + 4
    np.testing.assert_allclose(vectors, MODEL.embed_passages(texts), atol=1e-5)


def test_an_embedding_server_needs_a_model_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"embedder\.model"):
        open_embedder(EmbedderSettings(base_url="http://127.0.0.1:1/v1"), tmp_path)
    with pytest.raises(SettingsError, match="http://"):
        open_embedder(EmbedderSettings("any", base_url="127.0.0.1:1"), tmp_path)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer({"error": "no such model"}, status=404), r"404.*no such model.*embedder\.base_url"),
        (Answer({"error": "bad key"}, status=401), r"401.*embedder\.api_key"),
        (Answer("boom", status=500), "500"),
        (Answer(raw=b"<html>"), "something else than JSON"),
        (Answer({"data": []}), "no usable vectors"),
        (Answer({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}), "points nowhere"),
        (Answer({"data": [{"index": 7, "embedding": [1.0]}]}), "no usable vectors"),
        (Answer(hang_up=True), "cannot be reached"),
        (Answer({}, wait=0.6), "went silent"),
    ],
)
def test_each_failure_of_an_embedding_server_is_said(answer: Answer, said: str, tmp_path: Path) -> None:
    with json_server(lambda _path, _body: answer) as server:
        settings = EmbedderSettings("any", base_url=server.base_url, timeout_seconds=0.3)
        with pytest.raises(ModelError, match=f"(?s){said}"):
            open_embedder(settings, tmp_path)


def test_a_server_that_sheds_load_for_a_moment_is_asked_once_more(tmp_path: Path) -> None:
    busy = iter([True, False])

    def answer(path: str, body: dict[str, Any]) -> Answer:
        return Answer({}, status=503) if next(busy) else embeddings(path, body)

    with json_server(answer) as server:
        assert open_embedder(EmbedderSettings("any", base_url=server.base_url), tmp_path).space.dimension == 64


def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:9/v1 cannot be reached.*Start it"):
        open_reranker(RerankerSettings(base_url="http://127.0.0.1:9/v1"), tmp_path).rerank("why", ["a"])


def test_logits_are_mapped_to_scores_from_0_to_1_in_their_order(tmp_path: Path) -> None:
    with json_server(scores(-3.0, 8.0, 0.5)) as server:
        found = open_reranker(RerankerSettings(base_url=server.base_url), tmp_path).rerank("why", ["a", "b", "c"])
        assert "model" not in server.requests[0][1]
    np.testing.assert_allclose(found, 1 / (1 + np.exp([3.0, -8.0, -0.5])), rtol=1e-5)


def test_scores_that_are_missing_are_a_failure(tmp_path: Path) -> None:
    with json_server(scores(0.5)) as server:
        reranker = open_reranker(RerankerSettings("m", base_url=server.base_url), tmp_path)
        with pytest.raises(ModelError, match="a passage has no score"):
            reranker.rerank("why", ["a", "b"])
        assert server.requests[0][1]["model"] == "m"


def test_the_form_that_a_server_understood_is_remembered(tmp_path: Path) -> None:
    def like_tei(_path: str, body: dict[str, Any]) -> Answer:
        return Answer([{"index": 0, "score": 0.5}]) if "texts" in body else Answer({"error": "texts"}, status=422)

    with json_server(like_tei) as server:
        reranker = open_reranker(RerankerSettings(base_url=server.base_url), tmp_path)
        assert [float(reranker.rerank("why", ["a"])[0]) for _ in range(2)] == [0.5, 0.5]
        assert ["texts" in body for _, body in server.requests] == [False, True, True]


def test_what_a_server_refuses_in_both_forms_is_told_as_it_was_first(tmp_path: Path) -> None:
    def refuse(_path: str, body: dict[str, Any]) -> Answer:
        return Answer({"error": "unknown field" if "texts" in body else "too long"}, status=400)

    with json_server(refuse) as server, pytest.raises(ModelError, match="too long"):
        open_reranker(RerankerSettings(base_url=server.base_url), tmp_path).rerank("why", ["a"])
