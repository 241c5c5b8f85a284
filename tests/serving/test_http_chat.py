"""Chat completions through the official client."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from kb.errors import ModelError
from kb.ports import JsonSchema
from kb.records import Turn
from serving.http.answers.places import MOST_ANSWERS, Places
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import RunningServer, running_server, wait_until

REPORT = "How many days do students have to hand in the final report?"
OBJECT = {"role": "user", "content": REPORT}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> openai.OpenAI:
    return server.client()


def ask(client: openai.OpenAI, question: str = REPORT, model: str = "ibid", **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}], **more)


def check_annotations(text: str, annotations: Sequence[Any], answer: dict[str, Any]) -> None:
    assert annotations
    by_marker = {citation["marker"]: citation for citation in answer["citations"]}
    for annotation in annotations:
        marker = text[annotation["start_index"] : annotation["end_index"]]
        citation = by_marker[int(marker.strip("[]"))]
        assert annotation["type"] == "file_citation"
        assert annotation["file_id"] == f"file-{citation['document_id'][:32]}"
        assert annotation["filename"] == citation["document"]


def test_an_answer_that_is_not_streamed(client: openai.OpenAI) -> None:
    completion = ask(client)
    message = completion.choices[0].message
    assert completion.object == "chat.completion"
    assert completion.choices[0].finish_reason == "stop"
    assert "“Students must hand in the final report within fourteen days" in message.content
    assert completion.ibid["text"] == message.content
    assert completion.ibid["status"] == "answered"
    assert completion.ibid["looked_at"][0]["rank"] == 1
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens > 0
    check_annotations(message.content, [dict(item) for item in message.annotations], completion.ibid)


def test_a_streamed_answer_comes_sentence_by_sentence_and_ends_with_everything(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    sentences = [chunk for chunk in chunks if "claim" in getattr(chunk, "ibid", {})]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    last = chunks[-1]
    assert last.choices[0].finish_reason == "stop"
    assert last.ibid["text"] == text
    assert [chunk.ibid["claim"] for chunk in sentences] == last.ibid["claims"]
    assert [citation for chunk in sentences for citation in chunk.ibid["citations"]] == last.ibid["citations"]
    assert {chunk.id for chunk in chunks} == {last.id}
    check_annotations(text, last.choices[0].delta.annotations, last.ibid)


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_strict_collection_withholds_is_told_and_its_words_only_on_request(stream: bool, tmp_path: Path) -> None:
    replies = [["Students have fourteen days [1]. The library has 900 rooms [1]."]] * 2
    with running_server(tmp_path, model=ScriptedChatModel(*replies)) as running:
        client = running.client()
        client.vector_stores.update("default", metadata={"policy": "strict"})
        for show in (False, True):
            answer = ask(client, stream=stream, extra_body={"ibid": {"show_withheld": show}})
            told = (list(answer)[-1] if stream else answer).ibid
            withheld = [one for one in told["withheld"] if "900" in one["why"]]
            assert withheld[0]["verdict"] == "unsupported"
            assert withheld[0].get("text") == ("The library has 900 rooms." if show else None)
            assert "900 rooms" not in told["text"].partition("withheld")[0]
            assert told["prompts"]["answer_system"] >= 1


def test_usage_comes_after_the_last_chunk_for_those_who_ask(client: openai.OpenAI) -> None:
    *_, last = ask(client, stream=True, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage.total_tokens > 0


def test_the_stream_ends_with_done(server: RunningServer) -> None:
    http = server.http()
    response = http.post("/v1/chat/completions", json={"model": "ibid", "messages": [OBJECT], "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.endswith("data: [DONE]\n\n")


def test_chinese_goes_through_unharmed(client: openai.OpenAI) -> None:
    assert "出租人应当在三十日内退还押金" in ask(client, "租赁期满后多少天内退还押金？").choices[0].message.content


def test_history_makes_follow_ups_standalone(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="ibid",
        messages=[
            {"role": "system", "content": "Answer like a pirate."},
            {"role": "user", "content": [{"type": "text", "text": "What is the adult dose of Metforin?"}]},
            {"role": "assistant", "content": "500 mg twice a day."},
            {"role": "user", "content": [{"type": "text", "text": "How much of it is too much?"}]},
        ],
    )
    assert completion.ibid["looked_at"][0]["title"] == "Metforin tablets"  # type: ignore[attr-defined]


def test_a_refusal_is_an_answer_of_its_own_kind(client: openai.OpenAI) -> None:
    completion = ask(client, "Who won the football world cup?")
    assert completion.ibid["status"] == "refused"
    assert "I looked at" in completion.choices[0].message.content
    assert completion.choices[0].message.annotations == []


def test_filters_of_the_request_reach_the_search(client: openai.OpenAI) -> None:
    only = {"filters": {"type": "eq", "key": "document", "value": "leaflet.txt"}, "as_of": "2026-01-01"}
    completion = ask(client, extra_body={"ibid": only})
    assert {hit["document"] for hit in completion.ibid["looked_at"]} == {"leaflet.txt"}


def test_models_are_collections(server: RunningServer, client: openai.OpenAI) -> None:
    server.services.collections.create("law", "Statutes")
    assert [model.id for model in client.models.list()] == ["ibid", "ibid/law"]
    assert client.models.retrieve("ibid/law").owned_by == "ibid"
    assert ask(client, model="ibid/law").ibid["status"] == "refused"  # it is empty
    server.services.collections.delete("law")
    with pytest.raises(openai.NotFoundError):
        ask(client, model="ibid/law")


@pytest.mark.parametrize("model", ["gpt-4o", "ibid/none", "ibid/", "ibid/../x", ""])
def test_an_unknown_model_is_not_found(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, model=model)
    assert (caught.value.code, caught.value.param, caught.value.type) == (
        "model_not_found",
        "model",
        "invalid_request_error",
    )


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("question", ["", "  \n", "x" * 100_000])
def test_empty_and_endless_questions_are_bad_requests(client: openai.OpenAI, question: str, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError, match=r"question (is empty|has 100,000 characters)"):
        ask(client, question, stream=stream)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"store": "no"}, "store"),
        ({"extra_body": {"filter": 1}}, "filter"),
        ({"extra_body": {"ibid": {"passages": 1000}}}, "ibid.passages"),
        ({"extra_body": {"ibid": {"as_of": "soon"}}}, "as_of"),
        ({"extra_body": {"ibid": {"filters": {"type": [], "key": "year", "value": 1}}}}, "filters"),
        ({"extra_body": {"ibid": {"filters": {"type": "like", "key": "year", "value": 1}}}}, "filters"),
    ],
)
def test_what_is_not_supported_is_a_bad_request_that_names_it(
    client: openai.OpenAI, more: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **more)
    assert caught.value.param == param


def test_what_does_not_matter_is_passed_over(client: openai.OpenAI) -> None:
    completion = ask(client, temperature=0.2, top_p=1, seed=7, user="me", tools=[], response_format={"type": "text"})
    assert completion.choices[0].message.content


def test_pictures_in_a_message_are_a_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="only text"):
        client.chat.completions.create(
            model="ibid",
            messages=[
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}]}
            ],
        )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{bad", "invalid_json"),
        (b"", "missing_required_parameter"),
        (b"[]", "invalid_type"),
        (b'{"model": "ibid"}', "missing_required_parameter"),
        (b'{"model": "ibid", "messages": []}', "invalid_value"),
        (b'{"model": "ibid", "messages": [{"role": "wizard", "content": "x"}]}', "invalid_value"),
        (b'{"model": "ibid", "messages": [{"role": "assistant", "content": "x"}]}', "invalid_value"),
        (b'{"model": 7, "messages": 7}', "invalid_type"),
        (b"\xff\xfe", "invalid_json"),
        (b'{"model": "ibid", "messages": [{"role": "user", "content": "\\ud800 report"}]}', "invalid_json"),
        (b'{"model": "ibid", "temperature": NaN}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
    ],
)
def test_malformed_bodies_are_bad_requests(server: RunningServer, body: bytes, code: str) -> None:
    http = server.http(**{"content-type": "application/json"})
    response = http.post("/v1/chat/completions", content=body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["code"] == code


class SlowModel:
    """Says one sentence, then waits until it is closed."""

    name = "slow"

    def __init__(self, first: str) -> None:
        self.first = first
        self.called = threading.Event()
        self.closed = threading.Event()

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        self.called.set()
        return _Waiting(self.first, self.closed)


class _Waiting(Iterator[str]):
    def __init__(self, first: str, closed: threading.Event) -> None:
        self.pieces = [first] if first else []
        self.closed = closed

    def __next__(self) -> str:
        if self.pieces:
            return self.pieces.pop()
        self.closed.wait(30)
        raise StopIteration

    def close(self) -> None:
        self.closed.set()


ASKING = {
    "/v1/chat/completions": {"model": "ibid", "messages": [OBJECT]},
    "/v1/completions": {"model": "ibid", "prompt": REPORT},
    "/v1/responses": {"model": "ibid", "input": REPORT},
}


@pytest.mark.parametrize("path", ASKING)
@pytest.mark.parametrize("first", ["Within fourteen days [1]. And", ""])
@pytest.mark.parametrize("stream", [True, False])
def test_hanging_up_stops_the_model_call(tmp_path: Path, stream: bool, first: str, path: str) -> None:
    model = SlowModel(first)
    with running_server(tmp_path, model=model) as server:
        http = server.http()
        body = {**ASKING[path], "stream": stream}
        if stream:
            with http.stream("POST", path, json=body) as response:
                lines = response.iter_lines()  # kept: dropping it would hang up
                next(lines)
                assert model.called.wait(10)
        else:
            with pytest.raises(httpx.ReadTimeout):
                http.post(path, json=body, timeout=1)
        assert model.called.is_set()
        assert model.closed.wait(1)
        places = server.services.places
        wait_until(lambda: places.free == MOST_ANSWERS)  # every place is free again
        assert http.get("/health").json()["status"] == "ok"


def test_a_model_that_fails_at_once_is_a_bad_gateway_or_an_error_event(tmp_path: Path) -> None:
    down = ModelError("model server http://x cannot be reached", "connection refused", "Start it")
    model = ScriptedChatModel(down, down)
    with running_server(tmp_path, model=model) as server:
        with pytest.raises(openai.InternalServerError) as caught:
            ask(server.client())
        assert caught.value.status_code == 502
        assert "connection refused" in str(caught.value)
        with pytest.raises(openai.APIError, match="cannot be reached"):
            list(ask(server.client(), stream=True))


def test_a_model_that_dies_in_the_middle_ends_the_stream_with_an_error_event(tmp_path: Path) -> None:
    class Dying:
        name = "dying"

        def stream(
            self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
        ) -> Iterator[str]:
            yield "Within fourteen days [1]. And then "
            raise ModelError("the reply broke off in the middle")

    with running_server(tmp_path, model=Dying()) as server:
        http = server.http()
        body = {"model": "ibid", "messages": [OBJECT], "stream": True}
        response = http.post("/v1/chat/completions", json=body)
    events = [json.loads(line.removeprefix("data: ")) for line in response.text.split("\n\n") if line]
    assert "fourteen days" in events[1]["choices"][0]["delta"]["content"]
    assert events[-1] == {
        "error": {
            "message": "the reply broke off in the middle",
            "type": "server_error",
            "param": None,
            "code": "model_error",
        }
    }
    assert "[DONE]" not in response.text


def test_a_bug_is_told_without_a_traceback(tmp_path: Path) -> None:
    class Broken:
        name = "broken"

        def stream(
            self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
        ) -> Iterator[str]:
            raise RuntimeError("secret detail")

    with running_server(tmp_path, model=Broken()) as server, pytest.raises(openai.InternalServerError) as caught:
        ask(server.client())
    assert caught.value.status_code == 500
    assert "secret" not in str(caught.value)


def test_when_all_places_are_taken_the_next_one_is_told_to_come_back(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        for _ in range(MOST_ANSWERS):
            server.services.places.take()
        with pytest.raises(openai.RateLimitError) as caught:
            ask(server.client())
        assert caught.value.response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "body", ["{broken", '{"model": "ibid"}', '{"model": "ibid", "messages": [{"role": "user", "content": " "}]}']
)
def test_a_request_that_asks_nothing_gives_its_place_back(server: RunningServer, body: str) -> None:
    assert server.http().post("/v1/chat/completions", content=body).status_code == 400
    wait_until(lambda: server.services.places.free == MOST_ANSWERS)


def test_without_a_place_nothing_of_a_request_is_looked_at(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        taken = [server.services.places.take() for _ in range(MOST_ANSWERS)]
        assert server.http().post("/v1/chat/completions", content="{broken").status_code == 429
        taken[0].give_back()
        assert server.http().post("/v1/chat/completions", content="{broken").status_code == 400


def test_a_place_is_given_back_once_by_its_answer_or_by_its_request() -> None:
    places = Places(2)
    answered, unasked = places.take(), places.take()
    assert answered.use()
    assert not answered.use()  # a second answer of the request needs a place of its own
    for place in (answered, unasked):
        place.give_back_unused()
    assert places.free == 1
    assert not unasked.use()  # the request is over
    answered.give_back()
    assert places.free == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows the priority of a thread")
def test_answers_stand_back_for_the_event_loop_only_when_there_are_many(tmp_path: Path) -> None:
    noted: list[int] = []

    class Noting(ScriptedChatModel):
        def stream(
            self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
        ) -> Iterator[str]:
            noted.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            return super().stream(system, turns, max_tokens=max_tokens, schema=schema)

    with running_server(tmp_path, model=Noting(*[["Within fourteen days [1]."]] * 2)) as server:
        ask(server.client())
        taken = [server.services.places.take() for _ in range(8)]
        ask(server.client())
        for place in taken:
            place.give_back()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert noted == [own, min(own + 10, 19)]


def test_many_clients_at_once(server: RunningServer) -> None:
    answers: list[str] = []

    def one() -> None:
        answers.append(ask(server.client()).choices[0].message.content)

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert len(set(answers)) == 1
