"""Where there are keys, each request does what its key has the right to, and sees the collections that it is for."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from kb.errors import SettingsError
from kb.home.keys import Right, create_key, get_key, list_keys, revoke_key
from kb.settings import ServeSettings, Settings
from serving.http import create_app
from serving.http.border.rights import ROUTES
from serving.http.server import serve
from tests.fakes import HashEmbedder
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.library import make_collection

QUESTION = [{"role": "user", "content": "When must the final report be handed in?"}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with keys, and with a second collection beside the default one."""
    home = tmp_path_factory.mktemp("home")
    with running_server(home) as running:
        make_collection(home, running.embedder, "clinic").close()
        create_key(running.services.home, "first")
        yield running


def key_for(server: RunningServer, *rights: Right, only: str = "") -> str:
    return create_key(server.services.home, "made by a test", rights, [only] if only else None)[1]


def http_with(server: RunningServer, key: str) -> httpx.Client:
    return server.http(Authorization=f"Bearer {key}")


def error_of(response: httpx.Response) -> Any:
    return response.json()["error"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}])
def test_without_a_key_nobody_comes_in(server: RunningServer, header: dict[str, str]) -> None:
    response = server.http(**header).get("/v1/models")
    assert response.status_code == 401
    assert error_of(response)["code"] == "invalid_api_key"
    assert error_of(response)["type"] == "invalid_request_error"
    assert response.headers["www-authenticate"] == "Bearer"


def test_the_official_client_raises_its_own_errors(server: RunningServer) -> None:
    with pytest.raises(openai.AuthenticationError, match="none of this server's"):
        server.client(key="sk-ibid-wrong").models.list()
    with pytest.raises(openai.PermissionDeniedError, match="lacks the right 'write'"):
        server.client(key=key_for(server, Right.READ)).vector_stores.create(name="mine")


@pytest.mark.parametrize(
    ("right", "allowed"),
    [
        (Right.ASK, {"ask", "models"}),
        (Right.READ, {"search", "models"}),
        (Right.WRITE, {"upload", "models"}),
        (Right.ADMIN, {"ask", "search", "upload", "models", "metrics"}),
    ],
)
def test_each_right_opens_its_own_routes(server: RunningServer, right: Right, allowed: set[str]) -> None:
    http = http_with(server, key_for(server, right))
    answers = {
        "ask": http.post("/v1/chat/completions", json={"model": "ibid", "messages": QUESTION}),
        "search": http.post("/v1/vector_stores/default/search", json={"query": "report"}),
        "upload": http.post("/v1/files", files={"file": ("a.txt", b"words")}, data={"purpose": "assistants"}),
        "models": http.get("/v1/models"),
        "metrics": http.get("/metrics"),
    }
    if right is Right.READ:
        allowed = {*allowed, "metrics"}
    assert {name for name, answer in answers.items() if answer.status_code == 200} == allowed
    refused = [answer for name, answer in answers.items() if name not in allowed]
    assert all(answer.status_code == 403 and error_of(answer)["code"] == "missing_right" for answer in refused)


def test_a_key_is_checked_before_the_body_is_read(server: RunningServer) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000\r\n\r\nhalf")
        assert connection.recv(100).startswith(b"HTTP/1.1 401")  # though the body never comes


def test_a_foreign_collection_looks_like_one_that_is_not_there(server: RunningServer) -> None:
    every = Right.ASK, Right.READ, Right.WRITE
    http = http_with(server, key_for(server, *every, only="default"))
    document = server.http(Authorization=f"Bearer {key_for(server, Right.READ)}").get("/v1/vector_stores/clinic/files")
    document_id = document.json()["data"][0]["id"]
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/chat/completions", {"json": {"model": "ibid/{name}", "messages": QUESTION}}),
        ("GET", "/v1/models/ibid/{name}", {}),
        ("GET", "/v1/vector_stores/{name}", {}),
        ("POST", "/v1/vector_stores/{name}", {"json": {"metadata": {"policy": "strict"}}}),
        ("DELETE", "/v1/vector_stores/{name}", {}),
        ("GET", "/v1/vector_stores/{name}/files", {}),
        ("POST", "/v1/vector_stores/{name}/search", {"json": {"query": "dose"}}),
        ("POST", "/v1/vector_stores/{name}/files", {"json": {"file_id": document_id}}),
        ("GET", f"/v1/vector_stores/{{name}}/files/{document_id}", {}),
        ("DELETE", f"/v1/vector_stores/{{name}}/files/{document_id}", {}),
        ("GET", f"/documents/{document_id}?collection={{name}}", {}),
        ("GET", f"/documents/{document_id}/file?collection={{name}}", {}),
    ]
    for method, path, rest in requests:
        foreign, unknown = (_request(http, method, path, rest, name) for name in ("clinic", "nowhere"))
        assert foreign.status_code == unknown.status_code == 404, path
        assert foreign.text == unknown.text.replace("nowhere", "clinic"), path
    assert "clinic" in server.services.collections.names()


def _request(http: httpx.Client, method: str, path: str, rest: dict[str, Any], name: str) -> httpx.Response:
    body = rest.get("json")
    if body and "model" in body:
        body = {**body, "model": body["model"].format(name=name)}
    return http.request(method, path.format(name=name), json=body)


def test_lists_show_what_the_key_may_see(server: RunningServer) -> None:
    client = server.client(key=key_for(server, Right.READ, only="clinic"))
    assert [model.id for model in client.models.list()] == ["ibid/clinic"]
    assert [store.id for store in client.vector_stores.list()] == ["clinic"]
    both = server.client(key=key_for(server, Right.READ))
    assert {store.id for store in both.vector_stores.list()} == {"default", "clinic"}


def test_the_default_collection_is_foreign_too(server: RunningServer) -> None:
    client = server.client(key=key_for(server, Right.ASK, only="clinic"))
    with pytest.raises(openai.NotFoundError, match=r"there are: ibid/clinic$|there are: ibid/clinic'"):
        client.chat.completions.create(model="ibid", messages=QUESTION)  # type: ignore[arg-type]
    answer = client.chat.completions.create(model="ibid/clinic", messages=QUESTION)  # type: ignore[arg-type]
    assert "fourteen days" in str(answer.choices[0].message.content)


def test_a_key_makes_only_the_collections_that_it_is_for(server: RunningServer) -> None:
    client = server.client(key=key_for(server, Right.WRITE, only="trial"))
    with pytest.raises(openai.PermissionDeniedError, match="not for a collection 'other'"):
        client.vector_stores.create(name="other")
    assert client.vector_stores.create(name="trial").id == "trial"


def test_a_revoked_key_is_refused_from_the_next_request_on(server: RunningServer) -> None:
    key, secret = create_key(server.services.home, "short-lived")
    http = http_with(server, secret)
    assert http.get("/v1/models").status_code == 200
    revoke_key(server.services.home, key.id)
    response = http.get("/v1/models")
    assert response.status_code == 401
    assert "revoked" in error_of(response)["message"]


def test_use_is_noted_beside_the_request(server: RunningServer) -> None:
    key, secret = create_key(server.services.home, "used")
    assert http_with(server, secret).get("/v1/models").status_code == 200
    wait_until(lambda: get_key(server.services.home, key.id).last_used_at)


@pytest.mark.parametrize("path", ["/health", "/openapi.json"])
def test_some_things_need_no_key(server: RunningServer, path: str) -> None:
    assert server.http().get(path).status_code == 200


def test_health_tells_nothing_of_the_collections_without_a_key(server: RunningServer) -> None:
    assert server.http().get("/health").json()["collections"] == 0


def test_an_unknown_path_is_404_for_a_key_and_401_without(server: RunningServer) -> None:
    assert server.http().get("/v1/nothing").status_code == 401
    assert http_with(server, key_for(server, Right.ASK)).get("/v1/nothing").status_code == 404


def test_with_keys_the_key_is_the_border_not_the_name_of_the_host(server: RunningServer) -> None:
    http = http_with(server, key_for(server, Right.READ))
    assert http.get("/v1/models", headers={"Host": "library.example"}).status_code == 200
    assert server.http().get("/v1/models", headers={"Host": "library.example"}).status_code == 401


def test_every_route_has_a_line_and_every_line_a_route(tmp_path: Path) -> None:
    app = create_app(Settings(tmp_path), embedder=HashEmbedder())
    assert set(ROUTES) == set(_routes(app))


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(app.routes):
        assert not isinstance(context.original_route, Mount), "a mounted app needs lines of its own"
        for method in (context.methods or {"GET", "POST", "DELETE"}) - {"HEAD"}:  # an app decides by itself
            yield method, str(context.path)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_without_keys_only_loopback_is_listened_on(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match=r"there is no API key.*ibid keys create"):
        serve(Settings(tmp_path, serve=ServeSettings(host, 0)), say=print)


def test_a_server_beyond_loopback_lets_nobody_in_when_the_last_key_is_gone(tmp_path: Path) -> None:
    with running_server(tmp_path, serve=ServeSettings("0.0.0.0")) as server:
        assert list_keys(server.services.home) == []
        assert server.http().get("/v1/models").status_code == 401


@pytest.mark.parametrize("right", [Right.ASK, Right.READ])
def test_tools_for_agents_need_their_rights_and_see_the_keys_collections(server: RunningServer, right: Right) -> None:
    http = http_with(server, key_for(server, right, only="clinic"))
    ask, listing = (_call(http, name, question="When must the report be handed in?") for name in ("ask", "search"))
    refused = {Right.ASK: listing, Right.READ: ask}[right]
    assert "lacks the right" in refused["content"][0]["text"]
    if right is Right.READ:
        found = _call(http, "list_collections")["structuredContent"]["collections"]
        assert [collection["name"] for collection in found] == ["clinic"]
    else:
        foreign = _call(http, "ask", question="When?", collection="default")
        assert "no collection 'default'. There are: clinic" in foreign["content"][0]["text"]


def _call(http: httpx.Client, tool: str, **arguments: str) -> Any:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    reply = http.post("/mcp", json=call, headers={"Accept": "application/json, text/event-stream"})
    assert reply.status_code == 200, reply.text
    return json.loads(reply.text.rpartition("data: ")[2])["result"]


def test_tools_for_agents_are_closed_to_keys_that_only_write(server: RunningServer) -> None:
    assert http_with(server, key_for(server, Right.WRITE)).post("/mcp", json={}).status_code == 403


def test_a_batch_is_asked_with_the_key_that_made_it_and_exists_for_that_key_alone(server: RunningServer) -> None:
    asked = {"model": "ibid/clinic", "messages": QUESTION}
    line = json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": asked}).encode()
    for only, status in (("clinic", 200), ("default", 404)):
        client = server.client(key=key_for(server, Right.ASK, Right.READ, Right.WRITE, only=only))
        file = client.files.create(file=(f"{only}.jsonl", line), purpose="batch")
        batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
        wait_until(lambda batch_id=batch.id, client=client: client.batches.retrieve(batch_id).status == "completed", 20)
        done = client.batches.retrieve(batch.id)
        result = client.files.content(done.output_file_id or done.error_file_id or "").read()
        assert json.loads(result)["response"]["status_code"] == status
        assert [one.id for one in client.batches.list()] == [batch.id]
        other = server.client(key=key_for(server, Right.ASK))
        assert list(other.batches.list()) == []
        with pytest.raises(openai.NotFoundError, match="no batch"):
            other.batches.cancel(batch.id)


def test_an_upload_exists_for_the_key_that_began_it_alone(server: RunningServer) -> None:
    mine = server.client(key=key_for(server, Right.WRITE, Right.READ))
    other = server.client(key=key_for(server, Right.WRITE, Right.READ))
    scoped = server.client(key=key_for(server, Right.WRITE, only="default"))
    upload = mine.uploads.create(bytes=6, filename="说明.txt", mime_type="text/plain", purpose="assistants")
    part = mine.uploads.parts.create(upload.id, data="停车".encode())
    refusals = []
    for stranger in (other, scoped):
        for attempt in (
            lambda stranger=stranger: stranger.uploads.parts.create(upload.id, data=b"abc"),
            lambda stranger=stranger: stranger.uploads.complete(upload.id, part_ids=[part.id]),
            lambda stranger=stranger: stranger.uploads.cancel(upload.id),
        ):
            with pytest.raises(openai.NotFoundError) as refused:
                attempt()
            refusals.append(refused.value.body)
    with pytest.raises(openai.NotFoundError) as unknown:
        mine.uploads.cancel("upload_none")
    assert str(refusals[0]).replace(upload.id, "upload_none") == str(unknown.value.body), "it tells that there is one"
    assert mine.uploads.complete(upload.id, part_ids=[part.id]).status == "completed"
    left = mine.uploads.create(bytes=1, filename="a.txt", mime_type="text/plain", purpose="assistants")
    admin = server.client(key=key_for(server, Right.ADMIN))
    assert admin.uploads.cancel(left.id).status == "cancelled"


def test_a_stored_response_exists_for_the_key_that_asked_for_it_alone(server: RunningServer) -> None:
    mine, other = (server.client(key=key_for(server, Right.ASK)) for _ in range(2))
    response = mine.responses.create(model="ibid", input="When must the final report be handed in?")
    assert mine.responses.retrieve(response.id).id == response.id
    assert mine.responses.create(model="ibid", input="And if it is late?", previous_response_id=response.id).id
    with pytest.raises(openai.NotFoundError) as foreign:
        other.responses.retrieve(response.id)
    unknown_id = response.id[:-3] + "fff"
    with pytest.raises(openai.NotFoundError) as unknown:
        other.responses.retrieve(unknown_id)
    assert foreign.value.message.replace(response.id, unknown_id) == unknown.value.message
    with pytest.raises(openai.NotFoundError):
        other.responses.delete(response.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        other.responses.create(model="ibid", input="And then?", previous_response_id=response.id)
    admin = server.client(key=key_for(server, Right.ADMIN))
    assert admin.responses.retrieve(response.id).id == response.id
    admin_of_another_collection = server.client(key=key_for(server, Right.ADMIN, only="clinic"))
    with pytest.raises(openai.NotFoundError):
        admin_of_another_collection.responses.retrieve(response.id)


def test_a_file_exists_for_the_keys_that_uploaded_it_and_for_those_that_read_its_collection(
    server: RunningServer,
) -> None:
    every = Right.READ, Right.WRITE
    mine, other, reader = (server.client(key=key_for(server, *every, only=only)) for only in ("a", "b", "clinic"))
    file = mine.files.create(file=("plan.txt", b"a plan of mine"), purpose="assistants")
    assert [one.id for one in mine.files.list()] == [file.id]
    assert list(other.files.list()) == []
    for ask in (other.files.retrieve, other.files.content, other.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"no file {file.id}"):
            ask(file.id)
    document = reader.vector_stores.files.list("clinic").data[0].id
    assert reader.files.retrieve(document).id == document
    with pytest.raises(openai.NotFoundError, match="no file"):
        other.files.retrieve(document)


def test_a_file_that_two_keys_uploaded_stays_for_the_one_when_the_other_deletes_it(server: RunningServer) -> None:
    one, other = (server.client(key=key_for(server, Right.READ, Right.WRITE, only=name)) for name in ("a", "b"))
    ids = {client.files.create(file=("x.txt", b"shared bytes"), purpose="assistants").id for client in (one, other)}
    (file_id,) = ids
    one.files.delete(file_id)
    with pytest.raises(openai.NotFoundError):
        one.files.retrieve(file_id)
    assert other.files.content(file_id).read() == b"shared bytes"
    other.files.delete(file_id)
    whole = server.client(key=key_for(server, Right.READ))
    with pytest.raises(openai.NotFoundError):
        whole.files.retrieve(file_id)
