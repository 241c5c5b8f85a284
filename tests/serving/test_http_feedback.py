"""Thumbs up and down over HTTP: kept with the answer, seen by the collection's readers, gone with the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.home.keys import Right, create_key
from kb.settings import HistorySettings
from tests.serving.http_server import RunningServer, running_server
from tests.serving.test_http_past_conversations import REPORT, keep

LIST = "/ibid/collections/default/feedback"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def kept(server: RunningServer, question: str = REPORT, conversation: str = "mine") -> str:
    """The address of the feedback on an answer that was just kept."""
    keep(server, question, conversation)
    number = server.http().get(f"/ibid/history/{conversation}").json()["answers"][-1]["number"]
    return f"/ibid/history/{conversation}/{number}/feedback"


def listed(server: RunningServer, **wanted: Any) -> list[dict[str, Any]]:
    return list(server.http().get(LIST, params=wanted).json()["data"])


def test_a_judgement_is_kept_with_its_answer_and_replaced_by_the_next_one(server: RunningServer) -> None:
    place = kept(server)
    assert server.http().put(place, json={"verdict": "up"}).status_code == 200
    said = {"verdict": "down", "reason": " 期限不对：应为十天。 "}
    assert server.http().put(place, json=said).json()["reason"] == "期限不对：应为十天。"
    (past,) = server.http().get("/ibid/history/mine").json()["answers"]
    assert (past["feedback"]["verdict"], past["feedback"]["reason"]) == ("down", "期限不对：应为十天。")
    (found,) = listed(server)
    assert found["asked"] == REPORT
    assert found["answer"]["status"] == "answered"
    assert found["feedback"] == past["feedback"]


def test_the_list_holds_one_verdict_where_asked_and_comes_in_pages(server: RunningServer) -> None:
    for number, verdict in enumerate(("up", "down", "up")):
        server.http().put(kept(server, conversation=f"c{number}"), json={"verdict": verdict})
    kept(server, conversation="judged by nobody")
    newest, *others = [past["number"] for past in listed(server, verdict="up")]
    assert len(others) == 1
    assert others[0] < newest
    first = server.http().get(LIST, params={"limit": 2}).json()
    assert first["has_more"]
    rest = server.http().get(LIST, params={"before": first["data"][-1]["number"]}).json()
    assert (len(rest["data"]), rest["has_more"]) == (1, False)


def test_a_judgement_goes_when_it_is_taken_back_or_its_answer_is_deleted(server: RunningServer) -> None:
    place, other = kept(server, conversation="a"), kept(server, conversation="b")
    for one in (place, other):
        server.http().put(one, json={"verdict": "down", "reason": "unmistakable words"})
    assert server.http().delete(place).status_code == 200
    assert len(listed(server)) == 1
    server.http().delete("/ibid/history/b")
    assert listed(server) == []
    assert not any(b"unmistakable" in file.read_bytes() for file in server.settings.home.glob("ibid.db*"))


def test_only_who_knows_the_conversation_judges_its_answers(server: RunningServer) -> None:
    place = kept(server)
    number = place.split("/")[-2]
    kept(server, conversation="other")
    for wrong in (f"other/{number}", "mine/99", "x/1"):
        assert server.http().put(f"/ibid/history/{wrong}/feedback", json={"verdict": "up"}).status_code == 404
    assert listed(server) == []


@pytest.mark.parametrize(
    "body", [{}, {"verdict": "maybe"}, {"verdict": "up", "reason": "x" * 2_001}, {"verdict": "up", "more": 1}, []]
)
def test_what_is_no_judgement_is_refused(server: RunningServer, body: Any) -> None:
    assert server.http().put(kept(server), json=body).status_code == 400


def test_keys_judge_with_the_right_to_ask_and_read_with_that_to_read_within_their_collections(
    server: RunningServer,
) -> None:
    place = kept(server)
    home = server.services.home

    def client(right: Right, collection: str) -> Any:
        secret = create_key(home, f"{right} {collection}", rights={right}, collections={collection})[1]
        return server.http(Authorization=f"Bearer {secret}")

    asks, reads = client(Right.ASK, "default"), client(Right.READ, "default")
    assert asks.put(place, json={"verdict": "up"}).status_code == 200
    assert reads.put(place, json={"verdict": "up"}).status_code == 403
    assert asks.get(LIST).status_code == 403
    assert len(reads.get(LIST).json()["data"]) == 1
    assert client(Right.ASK, "other").put(place, json={"verdict": "up"}).status_code == 404
    assert client(Right.READ, "other").get(LIST).status_code == 404


def answered(server: RunningServer, question: str = REPORT) -> dict[str, Any]:
    """The field `ibid` of an answer that was not kept."""
    body = {"model": "ibid", "messages": [{"role": "user", "content": question}]}
    told = server.http().post("/v1/chat/completions", json=body).json()["ibid"]
    assert told["seal"]
    return dict(told)


def test_an_answer_that_was_not_kept_is_kept_after_all_to_be_judged(server: RunningServer) -> None:
    told = answered(server)
    past = server.http().post("/ibid/history/later", json={"asked": REPORT, "answer": told}).json()
    assert (past["asked"], past["answer"]["text"]) == (REPORT, told["text"])
    assert past["answer"]["citations"] == told["citations"]
    place = f"/ibid/history/later/{past['number']}/feedback"
    assert server.http().put(place, json={"verdict": "down", "reason": "期限不对"}).status_code == 200
    (found,) = listed(server)
    assert (found["asked"], found["feedback"]["reason"]) == (REPORT, "期限不对")
    assert server.http().delete("/ibid/history/later").json()["deleted"] == 1
    assert listed(server) == []


@pytest.mark.parametrize(
    "change", ["text", "quote", "question", "verdict", "seal", "no seal", "half a sign", "shape", "number"]
)
def test_nobody_has_kept_what_the_server_did_not_say(server: RunningServer, change: str) -> None:
    told, asked = answered(server), REPORT
    changed = {
        "text": {"claims": [{**told["claims"][0], "text": "It is free. [1]"}]},
        "quote": {"citations": [{**told["citations"][0], "quote": "free"}]},
        "verdict": {"claims": [{**told["claims"][0], "verdict": "contradicted"}]},
        "seal": {"seal": "0" * 64},
        "no seal": {"seal": None},
        "half a sign": {"seal": "\ud800"},
        "shape": {"citations": "none"},
        "number": {"version": 10**400},
    }
    asked = "Another question?" if change == "question" else asked
    body = {"asked": asked, "answer": {**told, **changed.get(change, {})}}
    sent = json.dumps(body).encode()  # httpx refuses half a surrogate pair; others may send one
    headers = {"Content-Type": "application/json"}
    assert server.http().post("/ibid/history/forged", content=sent, headers=headers).status_code == 400
    assert server.http().get("/ibid/history/forged").status_code == 404


def test_what_was_streamed_is_kept_after_all_also_by_a_client_that_writes_numbers_otherwise(
    server: RunningServer,
) -> None:
    body = {"model": "ibid", "stream": True, "messages": [{"role": "user", "content": REPORT}]}
    with server.http().stream("POST", "/v1/chat/completions", json=body) as reply:
        chunks = [json.loads(line[6:]) for line in reply.iter_lines() if line.startswith("data: {")]
    (told,) = [chunk["ibid"] for chunk in chunks if "status" in chunk.get("ibid", {})]
    whole = {key: int(value) if value in (0.0, 1.0) else value for key, value in told.items() if key == "confidence"}
    sent = {"asked": REPORT, "answer": {**told, **whole, "looked_at": [], "timings": {}}}
    assert server.http().post("/ibid/history/later", json=sent).status_code == 200


def test_what_quotes_a_deleted_document_is_not_kept_after_all(server: RunningServer) -> None:
    told = answered(server)
    cited = told["citations"][0]["document_id"]
    assert server.http().delete(f"/v1/vector_stores/default/files/{cited}").status_code == 200
    refused = server.http().post("/ibid/history/later", json={"asked": REPORT, "answer": told})
    assert refused.status_code == 404
    assert "deleted since" in refused.json()["error"]["message"]


def test_a_server_that_keeps_nothing_seals_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path, history=HistorySettings("no")) as server:
        body = {"model": "ibid", "messages": [{"role": "user", "content": REPORT}]}
        told = server.http().post("/v1/chat/completions", json=body).json()["ibid"]
        assert "seal" not in told
        assert server.http().post("/ibid/history/x", json={"asked": REPORT, "answer": told}).status_code == 400
