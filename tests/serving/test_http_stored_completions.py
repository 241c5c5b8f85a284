"""Chat completions that were stored, through the official client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.home.answers import list_answers
from tests.serving.http_server import RunningServer, running_server

REPORT = "How many days do students have to hand in the final report?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> openai.OpenAI:
    return server.client()


def ask(client: openai.OpenAI, **more: Any) -> Any:
    messages = more.pop("messages", [{"role": "user", "content": REPORT}])
    return client.chat.completions.create(model="ibid", messages=messages, **{"store": True, **more})


@pytest.mark.parametrize("stream", [False, True])
def test_a_stored_completion_is_read_again_and_others_are_not(client: openai.OpenAI, stream: bool) -> None:
    made = ask(client, stream=stream, metadata={"team": "law"})
    answer = list(made)[-1] if stream else made
    kept: Any = client.chat.completions.retrieve(answer.id)
    assert kept.choices[0].message.content == answer.ibid["text"]
    assert kept.metadata == {"team": "law"}
    assert kept.ibid["citations"][0]["standing"]["stands"]
    assert kept.ibid["looked_at"] == answer.ibid["looked_at"]
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.retrieve(ask(client, store=False).id)


def test_lists_are_pages_chosen_by_model_and_metadata(client: openai.OpenAI) -> None:
    mine = [ask(client, metadata={"list": "mine", "a.b": "c"}).id for _ in range(5)]
    ask(client, metadata={"list": "other"})
    listed = client.chat.completions.list(metadata={"list": "mine", "a.b": "c"}, limit=2)
    assert [one.id for one in listed.data] == mine[:2]
    assert listed.has_more
    assert [one.id for one in listed] == mine
    newest = client.chat.completions.list(metadata={"list": "mine"}, order="desc", limit=1)
    assert newest.data[0].id == mine[-1]
    assert list(client.chat.completions.list(model="ibid/none")) == []


@pytest.mark.parametrize("query", ["metadata=x", "metadata[a][b]=c", "metadata[a]=b&metadata[a]=c", "metadata[]]=x"])
def test_metadata_in_another_form_are_a_bad_request(server: RunningServer, query: str) -> None:
    response = server.http().get(f"/v1/chat/completions?{query}")
    assert (response.status_code, response.json()["error"]["param"]) == (400, "metadata")


def test_a_page_goes_on_when_its_last_completion_was_deleted(client: openai.OpenAI) -> None:
    mine = [ask(client, metadata={"list": "walked"}).id for _ in range(4)]
    first = client.chat.completions.list(metadata={"list": "walked"}, limit=2)
    client.chat.completions.delete(mine[1])
    assert [one.id for one in first.get_next_page().data] == mine[2:]


def test_the_messages_of_a_completion_are_listed(client: openai.OpenAI) -> None:
    said = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": REPORT}]},
    ]
    listed = list(client.chat.completions.messages.list(ask(client, messages=said).id))
    assert [(message.role, message.content) for message in listed] == [("system", "Be short."), ("user", REPORT)]
    assert listed[1].content_parts[0].text == REPORT  # type: ignore[index,union-attr]


def test_metadata_are_changed(client: openai.OpenAI) -> None:
    made = ask(client, metadata={"a": "1"})
    assert client.chat.completions.update(made.id, metadata={"b": "2"}).metadata == {"b": "2"}
    assert client.chat.completions.retrieve(made.id).metadata == {"b": "2"}
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.update(made.id, metadata={"b": "x" * 513})


def test_a_deleted_completion_and_its_answer_are_gone(server: RunningServer, client: openai.OpenAI) -> None:
    made = ask(client)
    numbers = {past.number for past in list_answers(server.services.home)}
    assert client.chat.completions.delete(made.id).deleted
    assert len({past.number for past in list_answers(server.services.home)}) == len(numbers) - 1
    for call in (
        client.chat.completions.retrieve,
        client.chat.completions.delete,
        client.chat.completions.messages.list,
    ):
        with pytest.raises(openai.NotFoundError):
            call(made.id)


def test_what_is_deleted_from_the_collection_is_told_and_its_words_are_gone(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        client = running.client()
        made = ask(client)
        cited = made.ibid["citations"][0]["document_id"]
        client.vector_stores.files.delete(f"file-{cited[:32]}", vector_store_id="default")
        kept: Any = client.chat.completions.retrieve(made.id)
        assert kept.ibid["citations"][0]["standing"]["state"] == "deleted"
        assert cited not in {hit["document_id"] for hit in kept.ibid["looked_at"]}
        assert "library is open" not in kept.to_json()
