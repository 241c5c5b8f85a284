"""Responses with file search, through the official client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.errors import ModelError
from kb.home.answers import list_answers
from kb.home.home import Home
from kb.home.replies import CANCELLED, delete_reply, finish_reply, get_reply
from kb.settings import HistorySettings
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.library import HANDBOOK

REPORT = "How many days do students have to hand in the final report?"
SEARCH = {"type": "file_search", "vector_store_ids": ["default"]}
NEVER_STORED = f"resp_{'0' * 48}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> openai.OpenAI:
    return server.client()


def ask(client: openai.OpenAI, question: Any = REPORT, **more: Any) -> Any:
    return client.responses.create(**{"model": "ibid", "input": question, "tools": [SEARCH], **more})


def check_annotations(response: Any) -> None:
    """Each annotation stands at a marker, and its quote stands in the document to the letter."""
    part = response.output[1].content[0]
    citations = {citation["marker"]: citation for citation in response.ibid["citations"]}
    assert part.annotations
    for annotation in part.annotations:
        marker = part.text[annotation.start_index : annotation.end_index]
        citation = citations[int(marker.strip("[]"))]
        assert annotation.type == "file_citation"
        assert annotation.index == annotation.start_index
        assert annotation.filename == citation["document"] == "handbook.txt"
        assert annotation.file_id == f"file-{citation['document_id'][:32]}"
        assert HANDBOOK[citation["start"] : citation["end"]] == citation["quote"]


def test_an_answer_with_file_search_is_a_search_and_a_message_with_file_citations(client: openai.OpenAI) -> None:
    response = ask(client, metadata={"team": "law"}, instructions="Be short.", max_output_tokens=200)
    call, message = response.output
    assert (response.object, response.status, response.error) == ("response", "completed", None)
    assert (call.type, call.status, call.queries, call.results) == ("file_search_call", "completed", [REPORT], None)
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed")
    assert "“Students must hand in the final report within fourteen days" in response.output_text
    assert response.output_text == response.ibid["text"]
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 0
    assert response.metadata == {"team": "law"}
    assert response.instructions == "Be short."
    assert response.tools[0].vector_store_ids == ["default"]
    check_annotations(response)


def test_without_tools_the_models_own_collection_is_asked(server: RunningServer, client: openai.OpenAI) -> None:
    assert "fourteen days" in ask(client, tools=[]).output_text
    server.services.collections.create("law")
    assert ask(client, tools=[], model="ibid/law").ibid["status"] == "refused"  # it is empty
    assert ask(client, model="ibid/law", tools=[{**SEARCH, "vector_store_ids": ["law"]}]).ibid["collection"] == "law"


def test_the_passages_that_were_read_come_with_those_who_ask_for_them(client: openai.OpenAI) -> None:
    tool = {**SEARCH, "max_num_results": 2, "filters": {"type": "eq", "key": "document", "value": "handbook.txt"}}
    response = ask(client, tools=[tool], include=["file_search_call.results"])
    results = response.output[0].results
    assert len(results) == 2
    assert {result.filename for result in results} == {"handbook.txt"}
    assert results[0].text in HANDBOOK
    assert [hit["text"] for hit in response.ibid["looked_at"]] == [result.text for result in results]


def test_ranking_options_hold_for_what_is_read(client: openai.OpenAI) -> None:
    wanted = {"include": ["file_search_call.results"]}
    results = ask(client, **wanted).output[0].results
    least = results[0].score
    options = {"ranker": "none", "score_threshold": least}
    few = ask(client, tools=[{**SEARCH, "ranking_options": options}], **wanted)
    assert [result.score for result in few.output[0].results] == [one.score for one in results if one.score >= least]
    assert len(few.output[0].results) < len(results)
    assert few.tools[0].ranking_options.score_threshold == least
    assert len(few.ibid["looked_at"]) == len(few.output[0].results)


def test_the_client_accumulates_a_stream_to_the_same_response(client: openai.OpenAI) -> None:
    with client.responses.stream(model="ibid", input=REPORT, tools=[SEARCH]) as stream:  # type: ignore[list-item]
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == final.output_text == ask(client).output_text
    added = [event.annotation for event in events if event.type == "response.output_text.annotation.added"]
    assert [vars(one) for one in added] == [vars(one) for one in final.output[1].content[0].annotations]  # type: ignore[union-attr]
    check_annotations(final)


def test_a_stream_has_the_whole_sequence_of_events(client: openai.OpenAI) -> None:
    kinds = [event.type.removeprefix("response.") for event in ask(client, stream=True)]
    before, after = kinds.index("output_text.delta"), kinds.index("output_text.done")
    assert kinds[:before] == [
        "created",
        "in_progress",
        "output_item.added",
        "file_search_call.in_progress",
        "file_search_call.searching",
        "file_search_call.completed",
        "output_item.done",
        "output_item.added",
        "content_part.added",
    ]
    assert set(kinds[before:after]) == {"output_text.delta", "output_text.annotation.added"}
    assert kinds[after:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]


def test_a_stream_names_its_events_and_has_no_done(server: RunningServer) -> None:
    body = {"model": "ibid", "input": REPORT, "stream": True}
    text = server.http().post("/v1/responses", json=body).text
    for event in text.strip().split("\n\n"):
        name, data = event.split("\n")
        assert name.removeprefix("event: ") == json.loads(data.removeprefix("data: "))["type"]
    assert "[DONE]" not in text


def test_the_asynchronous_client_gets_the_same(server: RunningServer, client: openai.OpenAI) -> None:
    async def both() -> tuple[Any, Any]:
        async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="any", max_retries=0) as asynchronous:
            response = await asynchronous.responses.create(model="ibid", input=REPORT)
            async with asynchronous.responses.stream(model="ibid", input=REPORT) as stream:
                return response, await stream.get_final_response()

    response, final = asyncio.run(both())
    assert response.output_text == final.output_text == ask(client).output_text


def test_chinese_is_asked_and_answered_unharmed(client: openai.OpenAI) -> None:
    response = ask(client, "租赁期满后多少天内退还押金？")
    assert "出租人应当在三十日内退还押金" in response.output_text
    for annotation in response.output[1].content[0].annotations:
        assert response.output_text[annotation.start_index : annotation.end_index].startswith("[")


def test_a_stored_response_is_retrieved_and_streamed_again_from_anywhere(client: openai.OpenAI) -> None:
    live = list(ask(client, stream=True, include=["file_search_call.results"]))
    response = live[-1].response
    again = client.responses.retrieve(response.id)
    assert again.output_text == response.output_text
    assert again.output[0].results is None  # type: ignore[union-attr]
    with_results = client.responses.retrieve(response.id, include=["file_search_call.results"])
    assert with_results.output[0] == response.output[0]
    check_annotations(again)
    replayed = list(client.responses.retrieve(response.id, stream=True, include=["file_search_call.results"]))
    assert [event.type for event in replayed] == [event.type for event in live]
    assert [event.to_dict() for event in replayed[:-1]] == [event.to_dict() for event in live[:-1]]
    rest = list(client.responses.retrieve(response.id, stream=True, starting_after=9))
    assert [event.sequence_number for event in rest] == list(range(10, len(live)))


def test_what_was_asked_is_listed_in_pages(client: openai.OpenAI) -> None:
    said = [
        {"role": "user" if number % 2 == 0 else "assistant", "content": f"{REPORT} {number}"} for number in range(5)
    ]
    response = ask(client, said)
    items = list(client.responses.input_items.list(response.id, limit=2, order="asc"))
    assert [item.content[0].text for item in items] == [one["content"] for one in said]  # type: ignore[union-attr]
    newest_first = client.responses.input_items.list(response.id, limit=2)
    assert [item.id for item in newest_first.data] == [item.id for item in reversed(items)][:2]
    assert newest_first.has_more
    with pytest.raises(openai.NotFoundError):
        client.responses.input_items.list(response.id, after="msg_none")


def test_a_deleted_response_and_its_answer_are_gone(server: RunningServer, client: openai.OpenAI) -> None:
    response = ask(client)
    kept = list_answers(server.services.home, at_most=1)[0]
    assert kept.answer.text == response.output_text
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)
    assert kept.number not in [past.number for past in list_answers(server.services.home)]


def test_the_response_before_gives_a_follow_up_its_meaning(server: RunningServer, client: openai.OpenAI) -> None:
    first = ask(client, "What is the adult dose of Metforin?")
    second = ask(client, "How much of it is too much?", previous_response_id=first.id)
    assert second.ibid["looked_at"][0]["title"] == "Metforin tablets"
    assert second.previous_response_id == first.id
    third = ask(client, "And with kidney disease?", previous_response_id=second.id)
    assert "Metforin" in third.output[0].queries[0]
    past = list_answers(server.services.home, at_most=3)
    assert len({answer.conversation for answer in past}) == 1
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, previous_response_id=NEVER_STORED)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")


def test_an_earlier_output_may_be_sent_back_or_referred_to(client: openai.OpenAI) -> None:
    first = ask(client, "What is the adult dose of Metforin?")
    sent = [
        {"role": "user", "content": [{"type": "input_text", "text": "What is the adult dose of Metforin?"}]},
        *[item.to_dict() for item in first.output],
        {"role": "user", "content": "How much of it is too much?"},
    ]
    assert ask(client, sent).ibid["looked_at"][0]["title"] == "Metforin tablets"
    referred = [{"type": "item_reference", "id": item.id} for item in client.responses.input_items.list(first.id)]
    referred += [{"type": "item_reference", "id": item.id} for item in first.output]
    follow_up = ask(client, [*referred, {"role": "user", "content": "How much of it is too much?"}])
    assert follow_up.ibid["looked_at"][0]["title"] == "Metforin tablets"
    for unknown in ("msg_none", f"msg_{'0' * 48}"):
        with pytest.raises(openai.NotFoundError):
            ask(client, [{"type": "item_reference", "id": unknown}])


def test_what_is_not_stored_cannot_be_retrieved(server: RunningServer, client: openai.OpenAI) -> None:
    before = len(list_answers(server.services.home))
    response = ask(client, store=False)
    assert len(list_answers(server.services.home)) == before
    for missing in (response.id, "resp_x", NEVER_STORED):
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(missing)


def test_a_server_that_keeps_no_answers_stores_nothing_unless_asked_to_and_then_says_so(tmp_path: Path) -> None:
    with running_server(tmp_path, history=HistorySettings(keep="no")) as server:
        client = server.client()
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(ask(client).id)
        for wish in ({"store": True}, {"background": True}):
            with pytest.raises(openai.BadRequestError, match="keeps no answers"):
                ask(client, **wish)


def test_what_a_stored_response_cites_is_marked_when_it_is_withdrawn_and_what_it_read_is_gone(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = server.client()
        response = ask(client)
        cited = response.ibid["citations"][0]
        assert client.responses.retrieve(response.id).ibid["citations"][0]["standing"]["stands"]  # type: ignore[attr-defined]
        client.vector_stores.files.delete(f"file-{cited['document_id'][:32]}", vector_store_id="default")
        again: Any = client.responses.retrieve(response.id, include=["file_search_call.results"])
        standing = again.ibid["citations"][0]["standing"]
        assert (standing["stands"], standing["state"]) == (False, "deleted")
        assert standing["since"]
        assert "handbook.txt" not in {result.filename for result in again.output[0].results}
        assert "library is open" not in again.to_json()
        assert b"library is open" not in (tmp_path / "ibid.db").read_bytes()


def test_a_response_of_the_background_is_there_when_it_is_done(client: openai.OpenAI) -> None:
    response = ask(client, background=True)
    assert (response.status, response.output, response.background) == ("in_progress", [], True)
    wait_until(lambda: client.responses.retrieve(response.id).status == "completed")
    done: Any = client.responses.retrieve(response.id)
    assert "fourteen days" in done.output_text
    check_annotations(done)
    assert list(client.responses.retrieve(response.id, stream=True))[-1].type == "response.completed"
    with pytest.raises(openai.BadRequestError, match="completed already"):
        client.responses.cancel(response.id)


def test_a_response_of_the_background_can_be_cancelled_and_its_model_call_ends(tmp_path: Path) -> None:
    from tests.serving.test_http_chat import SlowModel

    model = SlowModel("Within fourteen days [1]. And")
    with running_server(tmp_path, model=model) as server:
        client = server.client()
        response = ask(client, background=True)
        assert model.called.wait(10)
        with pytest.raises(openai.BadRequestError, match="in_progress"):
            client.responses.retrieve(response.id, stream=True)
        assert client.responses.cancel(response.id).status == "cancelled"
        assert model.closed.wait(1)
        wait_until(lambda: not server.services.background)
        assert client.responses.retrieve(response.id).status == "cancelled"
        assert client.responses.cancel(response.id).status == "cancelled"
        assert list_answers(server.services.home) == []
        client.responses.delete(response.id)


@pytest.mark.parametrize("deleted", [True, False])
def test_what_another_process_cancels_or_deletes_is_written_no_further(tmp_path: Path, deleted: bool) -> None:
    from tests.serving.test_http_chat import SlowModel

    model = SlowModel("Within fourteen days [1]. And")
    with running_server(tmp_path, model=model) as server:
        response = ask(server.client(), background=True)
        assert model.called.wait(10)
        home = Home(tmp_path)  # as another server process opens it
        reply = get_reply(home, "response", response.id)
        if deleted:
            delete_reply(home, reply)
        else:
            finish_reply(home, reply.id, CANCELLED, {**reply.body, "status": CANCELLED})
        assert model.closed.wait(5)
        wait_until(lambda: not server.services.background)
        assert deleted or get_reply(home, "response", response.id).status == CANCELLED
        home.close()


def test_a_server_that_ends_says_so_of_what_it_was_making(tmp_path: Path) -> None:
    from tests.serving.test_http_chat import SlowModel

    model = SlowModel("Within fourteen days [1]. And")
    with running_server(tmp_path, model=model) as server:
        response = ask(server.client(), background=True)
        assert model.called.wait(10)
    with running_server(tmp_path) as server:
        ended = server.client().responses.retrieve(response.id)
        assert ended.status == "failed"
        assert ended.error is not None
        assert "stopped" in ended.error.message


def test_a_response_that_is_not_of_the_background_cannot_be_cancelled(client: openai.OpenAI) -> None:
    response = ask(client)
    with pytest.raises(openai.BadRequestError, match="background"):
        client.responses.cancel(response.id)


def test_a_failing_model_ends_the_stream_with_a_failed_response(tmp_path: Path) -> None:
    down = ModelError("model server http://x cannot be reached", "connection refused", "Start it")
    with running_server(tmp_path, model=ScriptedChatModel(down, down, down)) as server:
        client = server.client()
        with pytest.raises(openai.InternalServerError):
            ask(client)
        last = list(ask(client, stream=True))[-1]
        assert last.type == "response.failed"
        assert last.response.error.code == "server_error"
        assert "connection refused" in last.response.error.message
        assert client.responses.retrieve(last.response.id).status == "failed"
        assert [event.type for event in client.responses.retrieve(last.response.id, stream=True)][-1] == last.type
        background = ask(client, background=True)
        wait_until(lambda: client.responses.retrieve(background.id).status == "failed")


def test_tokens_of_an_input_are_counted(client: openai.OpenAI) -> None:
    one = client.responses.input_tokens.count(model="ibid", input="one two three")
    assert (one.object, one.input_tokens) == ("response.input_tokens", 3)
    more = client.responses.input_tokens.count(
        input=[{"role": "user", "content": "four five"}], instructions="Be short."
    )
    assert more.input_tokens == 4


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "name": "f", "parameters": {}}]}, "tools"),
        ({"tools": [{**SEARCH, "vector_store_ids": list("abcdefghijk")}]}, "tools[0].vector_store_ids"),
        ({"tools": [{**SEARCH, "vector_store_ids": []}]}, "tools[0].vector_store_ids"),
        ({"tools": [{**SEARCH, "max_num_results": 51}]}, "tools[0].max_num_results"),
        ({"tools": [{**SEARCH, "filters": {"type": "like", "key": "a", "value": 1}}]}, "filters"),
        ({"model": "ibid/law"}, "tools[0].vector_store_ids"),
        ({"tool_choice": "none"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"include": ["message.output_text.logprobs"]}, "include"),
        ({"include": ["everything"]}, "include"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format"),
        ({"background": True, "store": False}, "background"),
        ({"metadata": {str(number): "x" for number in range(17)}}, "metadata"),
        ({"input": []}, "input"),
        ({"input": [{"role": "assistant", "content": "x"}]}, "input"),
        ({"input": [{"type": "computer_call"}]}, "input[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].type"),
        ({"input": [{"content": "x"}]}, "input[0]"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"store": 0}, "store"),
        ({"background": "yes"}, "background"),
        ({"extra_body": {"filter": 1}}, "filter"),
    ],
)
def test_what_cannot_be_is_a_bad_request_that_names_it(client: openai.OpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **more)
    assert caught.value.param == param
    assert len(caught.value.message) > 20


@pytest.mark.parametrize("more", [{"model": "gpt-5"}, {"tools": [{**SEARCH, "vector_store_ids": ["vs_none"]}]}])
def test_unknown_models_and_stores_are_not_found(client: openai.OpenAI, more: dict[str, Any]) -> None:
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError):
            ask(client, stream=stream, **more)
