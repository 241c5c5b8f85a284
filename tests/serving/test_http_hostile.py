"""Whatever is sent, the server answers in its own shape and never with a failure of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.http_server import RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]) | VALUES, "content": st.text(max_size=30) | VALUES}
)
FILTER = st.fixed_dictionaries({}, optional={"type": VALUES, "key": VALUES, "value": VALUES, "filters": VALUES})
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "item_reference", "function_call", "function_call_output", "reasoning"]),
        "role": st.sampled_from(["user", "assistant", "system"]) | VALUES,
        "content": st.text(max_size=20) | VALUES,
        "id": st.text(max_size=8) | VALUES,
        "call_id": VALUES,
        "output": VALUES,
        "arguments": VALUES,
    },
)
TOOL = st.fixed_dictionaries(
    {"type": st.sampled_from(["file_search", "function"]) | VALUES},
    optional={
        "vector_store_ids": st.just(["default"]) | VALUES,
        "filters": FILTER,
        "ranking_options": VALUES,
        "max_num_results": VALUES,
        "name": VALUES,
        "parameters": VALUES,
    },
)
FORM = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "json_object", "json_schema"])},
    optional={"schema": VALUES, "json_schema": VALUES, "name": VALUES},
)
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "model": st.just("ibid") | VALUES,
        "messages": st.lists(MESSAGE, max_size=3) | VALUES,
        "ibid": st.fixed_dictionaries({}, optional={"filters": FILTER, "as_of": VALUES, "passages": VALUES}) | VALUES,
        "stream": st.just(False) | VALUES,
        "n": VALUES,
        "response_format": FORM | VALUES,
        "tools": VALUES,
        "stop": st.lists(st.text(max_size=4), max_size=5) | VALUES,
        "seed": VALUES,
    },
    "/v1/completions": {
        "model": st.just("ibid") | VALUES,
        "prompt": st.text(max_size=20) | VALUES,
        "stop": st.lists(st.text(max_size=4), max_size=5) | VALUES,
        "logprobs": VALUES,
        "ibid": VALUES,
    },
    "/v1/responses": {
        "model": st.just("ibid") | VALUES,
        "input": st.text(max_size=20) | st.lists(ITEM, max_size=3) | VALUES,
        "tools": st.lists(TOOL, max_size=2) | VALUES,
        "tool_choice": VALUES,
        "include": VALUES,
        "text": st.fixed_dictionaries({}, optional={"format": FORM | VALUES}) | VALUES,
        "metadata": VALUES,
        "previous_response_id": VALUES,
        "conversation": VALUES,
        "max_output_tokens": VALUES,
        "store": st.just(False) | VALUES,
    },
    "/v1/responses/input_tokens": {"input": st.lists(ITEM, max_size=3) | VALUES, "previous_response_id": VALUES},
    "/v1/embeddings": {
        "model": st.just("ibid") | VALUES,
        "input": st.lists(st.text(max_size=10), max_size=3) | VALUES,
        "dimensions": VALUES,
        "encoding_format": VALUES,
    },
    "/v1/vector_stores/default/search": {
        "query": st.text(max_size=20) | VALUES,
        "filters": FILTER,
        "max_num_results": VALUES,
        "ranking_options": VALUES,
    },
    "/v1/vector_stores/default/files": {"file_id": VALUES, "attributes": VALUES},
    "/v1/vector_stores": {"name": st.text(max_size=5) | VALUES, "file_ids": VALUES, "metadata": VALUES},
}


@pytest.mark.parametrize("path", BODIES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_makes_the_server_fail(server: RunningServer, path: str, data: st.DataObject) -> None:
    fields = BODIES[path]
    body = data.draw(st.fixed_dictionaries({}, optional=fields) | VALUES)
    response = _client(server).post(path, json=body)
    assert response.status_code < 500, (body, response.text)
    if response.status_code >= 400:
        assert response.json()["error"].keys() == {"message", "type", "param", "code"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        [
            "/documents/{}",
            "/documents/{}/pages/1.png",
            "/documents/{}/file",
            "/v1/files/{}",
            "/v1/files/{}/content",
            "/v1/models/{}",
            "/v1/vector_stores/{}",
            "/v1/vector_stores/default/files/{}",
            "/documents/x?collection={}",
        ]
    ),
    name=st.text(max_size=40),
)
def test_no_name_makes_the_server_fail(server: RunningServer, path: str, name: str) -> None:
    response = _client(server).get(path.format(quote(name, safe="")))
    assert response.status_code < 500, response.text


_CLIENTS: dict[str, Any] = {}


def _client(server: RunningServer) -> Any:
    """One client for all examples: each new one costs more than the request."""
    if server.address not in _CLIENTS:
        _CLIENTS.clear()
        _CLIENTS[server.address] = server.http()
    return _CLIENTS[server.address]
