"""JSON bodies are read strictly: a value of another type is a mistake of the client's, and is named."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pydantic import BaseModel

from serving.http.declared import ErrorDetail, ErrorReply
from serving.http.paging import PageRequest
from serving.http.responses.item_pages import ItemPageRequest
from serving.http.stores.listed_documents import DocumentsRequest, FiltersRequest
from tests.serving.http_server import running_server

CHAT = {"model": "ibid", "messages": [{"role": "user", "content": "When is the exam?"}]}
RESPONSE = {"model": "ibid", "input": "When is the exam?"}
PROMPT = {"model": "ibid", "prompt": "When is the exam?"}
UPLOAD = {"filename": "a.txt", "purpose": "assistants", "bytes": 1, "mime_type": "text/plain"}
SEARCH = "/v1/vector_stores/default/search"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running.http()


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/chat/completions", {**CHAT, "max_tokens": "5"}, "max_tokens"),
        ("/v1/chat/completions", {**CHAT, "max_tokens": 5.5}, "max_tokens"),
        ("/v1/chat/completions", {**CHAT, "temperature": "0"}, "temperature"),
        ("/v1/chat/completions", {**CHAT, "temperature": True}, "temperature"),
        ("/v1/chat/completions", {**CHAT, "n": True}, "n"),
        ("/v1/chat/completions", {**CHAT, "stream": "true"}, "stream"),
        ("/v1/chat/completions", {**CHAT, "stop": 1}, "stop"),
        ("/v1/chat/completions", {**CHAT, "stop": ["a", 1]}, "stop[1]"),
        ("/v1/chat/completions", {**CHAT, "metadata": {"page": 1}}, "metadata.page"),
        ("/v1/chat/completions", {**CHAT, "messages": "When?"}, "messages"),
        ("/v1/chat/completions", {**CHAT, "messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ("/v1/chat/completions", {**CHAT, "ibid": {"passages": "3"}}, "ibid.passages"),
        ("/v1/chat/completions", [], None),
        ("/v1/responses", {**RESPONSE, "max_output_tokens": "5"}, "max_output_tokens"),
        ("/v1/responses", {**RESPONSE, "input": 5}, "input"),
        ("/v1/responses", {**RESPONSE, "input": [{"role": "user", "content": [{"type": 1}]}]},
            "input[0].content[0].type"),
        ("/v1/responses", {**RESPONSE, "tools": [{"type": "file_search", "vector_store_ids": [1]}]},
            "tools[0].vector_store_ids[0]"),
        ("/v1/responses", {**RESPONSE, "conversation": 1}, "conversation"),
        ("/v1/responses/input_tokens", {"input": 1}, "input"),
        ("/v1/completions", {**PROMPT, "seed": "1"}, "seed"),
        ("/v1/embeddings", {"model": "ibid", "input": "a", "dimensions": "8"}, "dimensions"),
        ("/v1/uploads", {**UPLOAD, "bytes": "1"}, "bytes"),
        ("/v1/uploads", {**UPLOAD, "expires_after": {"anchor": "created_at", "seconds": "3600"}},
            "expires_after.seconds"),
        ("/v1/vector_stores", {"expires_after": {"anchor": "last_active_at", "days": "1"}}, "expires_after.days"),
        (SEARCH, {"query": "exam", "max_num_results": "3"}, "max_num_results"),
        (SEARCH, {"query": "exam", "rewrite_query": "no"}, "rewrite_query"),
        (SEARCH, {"query": "exam", "ranking_options": {"score_threshold": "0.5"}}, "ranking_options.score_threshold"),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_and_named(
    http: httpx.Client, path: str, body: object, param: str | None
) -> None:
    reply = http.post(path, json=body)
    assert reply.status_code == 400, reply.text
    error = reply.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", "invalid_type", param)


def test_what_a_value_may_be_is_told_of_every_kind(http: httpx.Client) -> None:
    error = http.post("/v1/responses", json={**RESPONSE, "input": 5}).json()["error"]
    assert error["message"] == "input: Input should be a valid string or a valid list"


@pytest.mark.parametrize("written", [b"5", b"5.0", b"5e0", b"0.5e1"])
def test_a_whole_number_may_be_written_with_a_point(http: httpx.Client, written: bytes) -> None:
    body = b'{"model": "ibid", "prompt": "When is the exam?", "temperature": 1, "max_tokens": %s}' % written
    assert http.post("/v1/completions", content=body).status_code == 200


def test_a_number_that_no_program_can_hold_is_no_number(http: httpx.Client) -> None:
    body = b'{"model": "ibid", "prompt": "When is the exam?", "temperature": 1e999}'
    assert http.post("/v1/completions", content=body).json()["error"]["code"] == "invalid_json"


def test_fields_of_a_form_are_texts(http: httpx.Client) -> None:
    fields = {"purpose": "assistants", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    assert http.post("/v1/files", data=fields, files={"file": ("a.txt", b"Words.")}).status_code == 200


def models_of(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in kind.__subclasses__():
        if model.__module__.startswith("serving.http."):
            yield model
        yield from models_of(model)


def test_every_model_of_a_body_is_strict() -> None:
    queries_and_replies = (PageRequest, ItemPageRequest, DocumentsRequest, FiltersRequest, ErrorDetail, ErrorReply)
    models = [model for model in models_of(BaseModel) if not issubclass(model, queries_and_replies)]
    assert len(models) > 30
    assert [model.__name__ for model in models if not model.model_config.get("strict")] == []
