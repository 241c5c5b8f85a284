from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import AnswerStatus, Turn, Verdict
from tests.ui.browser.fake_answers import answer_to, claim
from tests.ui.browser.fake_server import FakeState
from ui.browser.api.answer_replies import Done, Event, Sentence, read_citation
from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.api.streaming import data_of, events_of

QUESTION = [Turn("user", "How many marks does late work lose?")]


def client_that_gets(reply: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://server", httpx.MockTransport(reply))


def failure_of(events: Callable[[], object]) -> ClientError:
    with pytest.raises(ClientError) as caught:
        events()
    return caught.value


def test_an_answer_streams_sentence_by_sentence_and_ends_with_the_whole(api: str, state: FakeState) -> None:
    *sentences, last = Client(api).ask("default", QUESTION)
    assert [item.claim.verdict for item in sentences if isinstance(item, Sentence)] == [
        Verdict.SUPPORTED,
        Verdict.PARTLY,
        Verdict.UNCITED,
    ]
    assert isinstance(last, Done)
    assert last.reply.status is AnswerStatus.ANSWERED
    assert [citation.page for citation in last.reply.citations] == [1, 2]
    assert state.asked[0]["model"] == "ibid/default"
    assert state.asked[0]["messages"] == [{"role": "user", "content": QUESTION[0].text}]


@pytest.mark.parametrize(
    ("question", "kind", "detail"),
    [
        ("overloaded", FailureKind.BUSY, "all places are taken"),
        ("this is cut off", FailureKind.CUT_OFF, ""),
        ("this fails midway", FailureKind.MODEL, "the model went silent"),
    ],
)
def test_a_failed_answer_is_named(api: str, question: str, kind: FailureKind, detail: str) -> None:
    failure = failure_of(lambda: list(Client(api).ask("default", [Turn("user", question)])))
    assert (failure.kind, failure.detail) == (kind, detail)


def test_citations_of_what_was_deleted_are_told_from_those_that_stand(api: str, state: FakeState) -> None:
    *_, last = Client(api).ask("default", QUESTION)
    assert isinstance(last, Done)
    citations = last.reply.citations
    assert [item.stands for item in Client(api).check_citations("default", citations)] == [True, True]
    state.documents["default"] = []
    assert [item.state for item in Client(api).check_citations("default", citations)] == ["deleted", "deleted"]


@pytest.mark.parametrize("body", [{}, {"citations": 3}, {"citations": [{}, {}]}, {"citations": [{"state": "stands"}]}])
def test_a_check_that_tells_of_other_citations_is_broken(body: dict[str, object]) -> None:
    citations = [read_citation(item) for item in answer_to("late", "default")["citations"]]
    client = client_that_gets(lambda _: httpx.Response(200, json=body))
    assert failure_of(lambda: client.check_citations("default", citations)).kind is FailureKind.BROKEN


def test_a_server_that_is_down_is_unreachable() -> None:
    client = Client("http://127.0.0.1:9")  # the discard port, where nobody listens
    assert failure_of(client.collections).kind is FailureKind.UNREACHABLE
    assert failure_of(lambda: list(client.ask("default", QUESTION))).kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize("status", [400, 401, 404, 413, 418, 429, 500, 502, 503, 507])
def test_every_error_status_becomes_a_failure_with_the_servers_words(status: int) -> None:
    body = {"error": {"message": "what went\n wrong", "type": "x", "param": None, "code": None}}
    failure = failure_of(client_that_gets(lambda _: httpx.Response(status, json=body)).collections)
    assert failure.detail == "what went wrong"


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, html="<h1>somebody else</h1>"),
        httpx.Response(200, json=["no", "object"]),
        httpx.Response(200, json={"data": [{"no": "id"}]}),
        httpx.Response(200, content=b"{torn", headers={"content-type": "application/json"}),
        httpx.Response(500, html="<pre>Traceback (most recent call last)</pre>"),
    ],
)
def test_what_is_no_reply_of_ours_is_a_fault_of_the_server_and_shows_nothing_of_it(reply: httpx.Response) -> None:
    failure = failure_of(client_that_gets(lambda _: reply).collections)
    assert (failure.kind, failure.detail) == (FailureKind.BROKEN, "")


def test_a_slow_server_is_a_timeout() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    assert failure_of(client_that_gets(never).collections).kind is FailureKind.TIMEOUT


def test_all_pages_of_a_list_are_read() -> None:
    def pages(request: httpx.Request) -> httpx.Response:
        first = "after" not in request.url.params
        data = [{"id": "a"}, {"id": "b"}] if first else [{"id": "c"}]
        return httpx.Response(200, json={"data": data, "has_more": first, "last_id": data[-1]["id"]})

    assert [item.name for item in client_that_gets(pages).collections()] == ["a", "b", "c"]


def test_names_cannot_leave_their_place_in_the_address() -> None:
    asked: list[str] = []

    def record(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={})

    client_that_gets(record).delete_file("../a b?x=1", "file/../..#")
    assert asked == ["/v1/vector_stores/..%2Fa%20b%3Fx%3D1/files/file%2F..%2F..%23"]


@given(st.text(), st.lists(st.integers(min_value=0, max_value=2000), max_size=8))
def test_a_stream_is_read_the_same_however_it_is_cut(text: str, cuts: list[int]) -> None:
    whole = {"question": text, **{k: v for k, v in answer_to("", "default").items() if k != "question"}}
    first = {"claim": claim(text, "uncited", text), "citations": []}
    stream = "".join(
        f": ping\r\n\r\ndata: {json.dumps({'ibid': part}, ensure_ascii=False)}\n\n" for part in (first, whole)
    ).encode("utf-8", "surrogatepass")
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    events: list[Event] = list(events_of(pieces))
    assert isinstance(events[0], Sentence)
    assert events[0].claim.text == text
    assert isinstance(events[1], Done)
    assert len(events) == 2


def test_data_over_several_lines_is_one_event() -> None:
    assert list(data_of([b"event: x\ndata: a\ndata:b\n\nid: 1\n\ndata: last\n"])) == ["a\nb", "last"]
