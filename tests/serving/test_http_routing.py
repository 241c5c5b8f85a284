"""Paths and methods that the server does not have."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from tests.serving.http_server import RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/v1/assistants", "POST /v1/responses"),
        ("/v1/threads/thread_1/runs", "previous_response_id"),
        ("/v1/images/generations", "text only"),
        ("/v1/engines", "GET /v1/models"),
        ("/v1/no/such/thing", "/openapi.json"),
        ("/chat/completions", "the base URL ends in /v1"),
        ("/", "/openapi.json"),
    ],
)
def test_a_path_that_is_none_is_told_what_to_use_instead(server: RunningServer, path: str, advice: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        response = server.http().request(method, path)
        error = response.json()["error"]
        assert response.status_code == 404
        assert error.keys() == {"message", "type", "param", "code"}
        assert (error["type"], error["code"]) == ("invalid_request_error", "not_found")
        assert f"no {method} {path}" in error["message"]
        assert advice in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/responses/resp_1", "DELETE, GET"),
        ("GET", "/v1/embeddings", "POST"),
        ("PATCH", "/v1/vector_stores/default", "DELETE, GET, POST"),
        ("DELETE", "/health", "GET"),
        ("DELETE", "/v1/models/ibid/law", "GET"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(server: RunningServer, method: str, path: str, allowed: str) -> None:
    response = server.http().request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.json()["error"]["code"] == "method_not_allowed"


def test_models_are_deleted_as_vector_stores(server: RunningServer) -> None:
    with pytest.raises(openai.APIStatusError, match="DELETE /v1/vector_stores") as caught:
        server.client().models.delete("ibid")
    assert caught.value.status_code == 405
    assert server.client().models.retrieve("ibid").id == "ibid"
