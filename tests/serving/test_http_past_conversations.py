"""Kept conversations over HTTP: opened again and forgotten by whoever knows their name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.home.answers import list_answers
from kb.home.keys import Right, create_key
from tests.serving.http_server import RunningServer, running_server

REPORT = "How many days do students have to hand in the final report?"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def keep(server: RunningServer, question: str, conversation: str) -> None:
    body = {"model": "ibid", "messages": [{"role": "user", "content": question}], "store": True}
    reply = server.http().post("/v1/chat/completions", json=body | {"ibid": {"conversation": conversation}})
    assert reply.status_code == 200, reply.text


def test_a_kept_conversation_is_opened_again_in_its_order(server: RunningServer) -> None:
    keep(server, REPORT, "mine")
    keep(server, "And what is the weather like?", "mine")
    keep(server, REPORT, "another")
    found = server.http().get("/ibid/history/mine").json()
    assert [past["asked"] for past in found["answers"]] == [REPORT, "And what is the weather like?"]
    answer = found["answers"][0]["answer"]
    assert answer["status"] == "answered"
    assert answer["citations"][0]["quote"] in answer["text"]


def test_what_is_forgotten_is_gone_and_another_conversation_stays(server: RunningServer) -> None:
    keep(server, REPORT, "mine")
    keep(server, REPORT, "another")
    assert server.http().delete("/ibid/history/mine").json() == {"conversation": "mine", "deleted": 1}
    assert server.http().get("/ibid/history/mine").status_code == 404
    assert server.http().delete("/ibid/history/mine").status_code == 404
    assert [past.conversation for past in list_answers(server.services.home)] == ["another"]


@pytest.mark.parametrize("name", ["unknown", "x" * 65, "%00", "年假"])
def test_an_unknown_name_is_an_error_of_the_client(server: RunningServer, name: str) -> None:
    reply = server.http().get(f"/ibid/history/{name}")
    assert reply.status_code in (400, 404)
    assert reply.json()["error"]["message"]


def test_answers_from_a_collection_that_a_key_may_not_see_do_not_exist_for_it(server: RunningServer) -> None:
    keep(server, REPORT, "mine")
    _, other = create_key(server.services.home, "other", rights={Right.ASK}, collections={"another"})
    _, own = create_key(server.services.home, "own", rights={Right.ASK}, collections={server.catalog.name})
    for secret, status in ((other, 404), (own, 200)):
        headers = {"Authorization": f"Bearer {secret}"}
        assert server.http().get("/ibid/history/mine", headers=headers).status_code == status
