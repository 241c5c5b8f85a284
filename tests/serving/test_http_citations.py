"""Which citations still stand, over HTTP, and answers that are kept because their request says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kb.home.answers import list_answers
from kb.home.files import file_id_of
from kb.home.withdrawals import standings_by_answer
from kb.settings import HistorySettings
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import HANDBOOK, store_text

REPORT = "How many days do students have to hand in the final report?"
OBJECTION = "承租人应当在多少日内提出异议？"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def asked(server: RunningServer, question: str, **more: Any) -> dict[str, Any]:
    body = {"model": "ibid", "messages": [{"role": "user", "content": question}], **more}
    reply = server.http().post("/v1/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    if more.get("stream"):
        return {}
    answer: dict[str, Any] = reply.json()["ibid"]
    return answer


def checked(server: RunningServer, citations: list[dict[str, Any]], collection: str = "") -> list[dict[str, Any]]:
    reply = server.http().post("/ibid/citations/check", json={"collection": collection, "citations": citations})
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["citations"]
    return found


STANDS = {"stands": True, "state": "stands", "since": None, "replacement": None}


@pytest.mark.parametrize("question", [REPORT, OBJECTION])
def test_the_citations_of_an_answer_stand_until_their_document_is_deleted(server: RunningServer, question: str) -> None:
    asked(server, question, store=True)  # somebody keeps an answer that cites it, so that its end is dated
    citations = asked(server, question)["citations"]
    assert checked(server, citations) == [STANDS] * len(citations)
    document_id = citations[0]["document_id"]
    server.http().delete(f"/v1/vector_stores/default/files/{file_id_of(document_id)}").raise_for_status()
    for citation, found in zip(citations, checked(server, citations), strict=True):
        gone = citation["document_id"] == document_id
        assert (found["stands"], found["state"]) == ((False, "deleted") if gone else (True, "stands"))
        assert bool(found["since"]) == gone


def test_a_replacement_is_named_with_whether_it_says_the_same(server: RunningServer) -> None:
    citations = asked(server, REPORT)["citations"]
    new = store_text(server.catalog, server.embedder, "handbook.txt", HANDBOOK.replace("Late reports", "All reports"))
    found = [item for item in checked(server, citations) if not item["stands"]]
    assert found
    assert {item["state"] for item in found} == {"replaced"}
    assert {item["replacement"]["document_id"] for item in found} == {new}
    kept = [" ".join(citation["quote"].split()) in HANDBOOK.replace("Late", "All") for citation in citations]
    assert [item["replacement"]["quote_stands"] for item in found] == kept


def test_nothing_stands_in_a_collection_that_is_not_there(server: RunningServer) -> None:
    citations = asked(server, REPORT)["citations"]
    assert {item["state"] for item in checked(server, citations, "absent")} == {"deleted"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "citations"),
        ({"citations": [{"document_id": "x"}]}, "citations[0].start"),
        ({"citations": [{"document_id": "x", "start": -1, "end": 2, "quote": ""}]}, "citations[0].start"),
        ({"citations": [], "more": 1}, "more"),
        ({"citations": [{"document_id": "x", "start": 0, "end": 0, "quote": ""}] * 1001}, "citations"),
    ],
)
def test_what_is_no_list_of_citations_is_refused(server: RunningServer, body: dict[str, Any], param: str) -> None:
    reply = server.http().post("/ibid/citations/check", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == param


@pytest.mark.parametrize("place", [(5, 2), (10**6, 10**6 + 5), (0, 2**31 - 1)])
def test_a_span_that_is_none_is_looked_up_by_its_words(server: RunningServer, place: tuple[int, int]) -> None:
    citation = asked(server, REPORT)["citations"][0] | dict(zip(("start", "end"), place, strict=True))
    assert checked(server, [citation]) == [STANDS]
    assert [item["state"] for item in checked(server, [citation | {"quote": "said nowhere"}])] == ["changed"]


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_is_kept_only_where_its_request_says_so(server: RunningServer, stream: bool) -> None:
    asked(server, REPORT, stream=stream)
    asked(server, REPORT, stream=stream, store=False)
    asked(server, REPORT, stream=stream, store=None)
    assert list_answers(server.services.home) == []
    asked(server, REPORT, stream=stream, store=True, ibid={"conversation": "c-1"})
    asked(server, OBJECTION, stream=stream, store=True, ibid={"conversation": "c-1"})
    kept = list_answers(server.services.home)
    assert [(past.question, past.conversation) for past in kept] == [(OBJECTION, "c-1"), (REPORT, "c-1")]
    assert all(standing.stands for own in standings_by_answer(server.services.home, kept).values() for standing in own)


def test_a_server_that_keeps_no_answers_says_so(tmp_path: Path) -> None:
    with running_server(tmp_path, history=HistorySettings("no")) as server:
        body = {"model": "ibid", "messages": [{"role": "user", "content": REPORT}], "store": True}
        reply = server.http().post("/v1/chat/completions", json=body)
        assert reply.status_code == 400
        assert reply.json()["error"]["param"] == "store"
        asked(server, REPORT, store=False)
        assert list_answers(server.services.home) == []
