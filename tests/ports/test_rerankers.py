from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kb.reranking import open_reranker
from kb.settings import RerankerSettings
from tests.fakes import OverlapReranker
from tests.kb.json_server import Answer, json_server
from tests.kb.reranking_models import make_tiny_cross_encoder
from tests.ports.reranker_suite import check_reranker


@pytest.fixture(scope="session")
def tiny_cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_cross_encoder(tmp_path_factory.mktemp("rerankers") / "tiny")


def test_the_fake_keeps_the_promises_of_a_reranker() -> None:
    check_reranker(OverlapReranker())


@pytest.mark.parametrize("runtime", ["openvino", "onnx", "torch"])
def test_every_runtime_keeps_the_promises_of_a_reranker(runtime: str, tiny_cross_encoder: Path, tmp_path: Path) -> None:
    check_reranker(open_reranker(RerankerSettings(str(tiny_cross_encoder), runtime=runtime), tmp_path / "cache"))


def like_vllm(path: str, body: dict[str, Any]) -> Answer:
    """Results best first, as Jina's and Cohere's API has them."""
    assert path == "/v1/rerank"
    scores = OverlapReranker().rerank(body["query"], body["documents"])
    results = [{"index": place, "relevance_score": float(score)} for place, score in enumerate(scores)]
    return Answer({"results": sorted(results, key=lambda item: -item["relevance_score"])})


def like_tei(path: str, body: dict[str, Any]) -> Answer:
    """A bare list; a body without `texts` is refused."""
    if "texts" not in body:
        return Answer({"error": "missing field `texts`"}, status=422)
    scores = OverlapReranker().rerank(body["query"], body["texts"])
    return Answer([{"index": place, "score": float(score)} for place, score in enumerate(scores)])


@pytest.mark.parametrize("server_like", [like_vllm, like_tei])
def test_a_reranker_on_a_server_keeps_the_promises_of_a_reranker(server_like: Any, tmp_path: Path) -> None:
    with json_server(server_like) as server:
        check_reranker(open_reranker(RerankerSettings("any", base_url=server.base_url), tmp_path))
