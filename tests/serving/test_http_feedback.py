"""Thumbs up and down over HTTP: kept with the answer, seen by the collection's readers, gone with the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.home.keys import Right, create_key
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
