"""Keys made, listed and revoked over HTTP, through the official client, by whoever may look after the server."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import openai
import pytest

from kb.home.audit import list_entries
from kb.home.keys import Right, create_key, get_key
from tests.serving.http_server import RunningServer, running_server

QUESTION = [{"role": "user", "content": "租赁期满后多少天内退还押金？"}]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def owner(server: RunningServer) -> openai.OpenAI:
    return server.client(key=create_key(server.services.home, "owner", [Right.ADMIN])[1])


def http(server: RunningServer, key: str) -> httpx.Client:
    return server.http(Authorization=f"Bearer {key}")


def made(server: RunningServer, owner: openai.OpenAI, **ibid: object) -> tuple[str, str]:
    body = {"name": "made over HTTP", "ibid": ibid}
    key = owner.post("/organization/admin_api_keys", body=body, cast_to=httpx.Response).json()
    return key["id"], key["value"]


def test_a_key_works_from_when_it_is_made_until_it_is_revoked(server: RunningServer, owner: openai.OpenAI) -> None:
    key_id, secret = made(server, owner, rights=["ask"], collections=["default"], requests_per_minute=100)
    assert get_key(server.services.home, key_id).requests_per_minute == 100
    client = server.client(key=secret)
    assert "三十日" in str(client.chat.completions.create(model="ibid", messages=QUESTION).choices[0].message.content)  # type: ignore[arg-type]
    with pytest.raises(openai.PermissionDeniedError):
        client.files.list()
    gone = owner.delete(f"/organization/admin_api_keys/{key_id}", cast_to=httpx.Response).json()
    assert gone == {"id": key_id, "object": "organization.admin_api_key.deleted", "deleted": True}
    with pytest.raises(openai.AuthenticationError):
        client.models.list()
    with pytest.raises(openai.NotFoundError, match=key_id):
        owner.get(f"/organization/admin_api_keys/{key_id}", cast_to=httpx.Response)
    changes = {(entry.action, entry.subject): entry.actor for entry in list_entries(server.services.home)}
    owners = get_key(server.services.home, "owner").id
    assert changes["key.created", key_id] == changes["key.revoked", key_id] == owners


def test_a_value_is_told_once_and_keys_are_listed_without_it(server: RunningServer, owner: openai.OpenAI) -> None:
    key_id, secret = made(server, owner)
    answer = owner.get(f"/organization/admin_api_keys/{key_id}", cast_to=httpx.Response)
    assert answer.json()["ibid"]["rights"] == ["admin"]
    assert secret not in answer.text
    pages, after = [], None
    while True:
        query = {"limit": 1} | ({"after": after} if after else {})
        page = owner.get("/organization/admin_api_keys", options={"params": query}, cast_to=httpx.Response).json()
        pages += page["data"]
        after = page["last_id"]
        if not page["has_more"]:
            break
    assert key_id in [key["id"] for key in pages]
    assert [key["created_at"] for key in pages] == sorted(key["created_at"] for key in pages)
    assert "value" not in pages[0]


def test_a_key_may_end_by_itself(server: RunningServer, owner: openai.OpenAI) -> None:
    body = {"name": "short", "expires_in_seconds": 1}
    key = owner.post("/organization/admin_api_keys", body=body, cast_to=httpx.Response).json()
    assert key["created_at"] <= key["expires_at"] <= key["created_at"] + 2
    time.sleep(2.1)  # moments are kept to the second
    with pytest.raises(openai.AuthenticationError, match="expired"):
        server.client(key=key["value"]).models.list()


@pytest.mark.parametrize("rights", [[Right.ASK, Right.READ, Right.WRITE], [Right.ADMIN]])
def test_only_an_admin_for_every_collection_looks_after_keys(server: RunningServer, rights: list[Right]) -> None:
    only = ["default"] if rights == [Right.ADMIN] else None
    client = http(server, create_key(server.services.home, "not enough", rights, only)[1])
    for response in (
        client.get("/v1/organization/admin_api_keys"),
        client.post("/v1/organization/admin_api_keys", json={"name": "more"}),
        client.delete(f"/v1/organization/admin_api_keys/{get_key(server.services.home, 'owner').id}"),
    ):
        assert response.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x", "ibid": {"rights": []}},
        {"name": "x", "ibid": {"rights": ["fly"]}},
        {"name": "x", "ibid": {"collections": []}},
        {"name": "x", "expires_in_seconds": 0},
        {"name": "x", "ibid": {"concurrent_requests": -1}},
        {"name": "零\u0000"},
    ],
)
def test_what_cannot_be_a_key_is_refused(server: RunningServer, owner: openai.OpenAI, body: object) -> None:
    with pytest.raises(openai.BadRequestError):
        owner.post("/organization/admin_api_keys", body=body, cast_to=httpx.Response)
