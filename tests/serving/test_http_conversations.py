"""Conversations through the official client: kept turns that a response follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.home.keys import Right, create_key
from kb.settings import HistorySettings
from tests.serving.http_server import RunningServer, running_server

DOSE = "What is the adult dose of Metforin?"
MESSAGE = {"type": "message", "role": "user", "content": DOSE}
MESSAGE_ZH = {"role": "user", "content": [{"type": "input_text", "text": "第十三条说了什么？"}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> openai.OpenAI:
    return server.client()


def words_of(items: Any) -> list[str]:
    return [item.content[0].text for item in items if item.type == "message"]


def test_a_conversation_is_begun_described_and_forgotten(client: openai.OpenAI) -> None:
    begun = client.conversations.create(metadata={"病例": "7"}, items=[MESSAGE, MESSAGE_ZH])
    assert (begun.object, begun.metadata) == ("conversation", {"病例": "7"})
    assert client.conversations.retrieve(begun.id) == begun
    assert client.conversations.update(begun.id, metadata={"case": "8"}).metadata == {"case": "8"}
    assert words_of(client.conversations.items.list(begun.id, order="asc")) == [DOSE, "第十三条说了什么？"]
    gone = client.conversations.delete(begun.id)
    assert (gone.object, gone.deleted) == ("conversation.deleted", True)
    with pytest.raises(openai.NotFoundError, match=begun.id):
        client.conversations.retrieve(begun.id)
    with pytest.raises(openai.NotFoundError, match=begun.id):
        client.conversations.items.list(begun.id)


def test_items_are_added_read_walked_and_removed(client: openai.OpenAI) -> None:
    begun = client.conversations.create()
    added = client.conversations.items.create(begun.id, items=[MESSAGE, MESSAGE_ZH, MESSAGE])
    assert len({item.id for item in added.data}) == 3
    walked = [item.id for item in client.conversations.items.list(begun.id, limit=1)]
    assert walked == [item.id for item in reversed(added.data)]
    assert client.conversations.items.retrieve(walked[0], conversation_id=begun.id).status == "completed"
    assert client.conversations.items.delete(walked[0], conversation_id=begun.id).id == begun.id
    with pytest.raises(openai.NotFoundError, match=walked[0]):
        client.conversations.items.retrieve(walked[0], conversation_id=begun.id)
    assert len(list(client.conversations.items.list(begun.id))) == 2


def test_a_response_follows_its_conversation_and_becomes_part_of_it(client: openai.OpenAI) -> None:
    begun = client.conversations.create(items=[MESSAGE])
    first = client.responses.create(model="ibid", input="How much of it is too much?", conversation=begun.id)
    assert first.conversation is not None
    assert first.conversation.id == begun.id
    assert first.ibid["looked_at"][0]["title"] == "Metforin tablets"  # type: ignore[attr-defined]
    with client.responses.stream(
        model="ibid", input="And with kidney disease?", conversation={"id": begun.id}
    ) as events:
        second = events.get_final_response()
    assert "Metforin" in second.output[0].queries[0]  # type: ignore[union-attr]
    told = list(client.conversations.items.list(begun.id, order="asc"))
    assert words_of(told) == [
        DOSE,
        "How much of it is too much?",
        first.output_text,
        "And with kidney disease?",
        second.output_text,
    ]
    answered = told[3]
    assert client.conversations.items.retrieve(answered.id, conversation_id=begun.id) == answered  # type: ignore[arg-type]


def test_what_is_not_there_or_says_two_things_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="conv_nowhere"):
        client.responses.create(model="ibid", input=DOSE, conversation="conv_nowhere")
    first = client.responses.create(model="ibid", input=DOSE)
    with pytest.raises(openai.BadRequestError, match="give one of them"):
        client.responses.create(model="ibid", input=DOSE, conversation="conv_1", previous_response_id=first.id)
    image = {"type": "input_image", "image_url": "https://example.org/x.png", "detail": "auto"}
    with pytest.raises(openai.BadRequestError, match="cannot be read, only text"):
        client.conversations.create(items=[{"role": "user", "content": [image]}])  # type: ignore[list-item]
    with pytest.raises(openai.BadRequestError):
        client.conversations.create(items=[MESSAGE] * 21)


def test_a_server_that_keeps_no_answers_keeps_no_conversations(tmp_path: Path) -> None:
    with running_server(tmp_path, history=HistorySettings(keep="no")) as running:
        client = running.client()
        with pytest.raises(openai.BadRequestError, match="keeps no answers"):
            client.conversations.create()


def test_another_keys_conversation_does_not_exist(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        mine, theirs = (create_key(running.services.home, name, [Right.ASK])[1] for name in ("mine", "theirs"))
        begun = running.client(key=mine).conversations.create(items=[MESSAGE])
        other = running.client(key=theirs)
        for asking in (
            lambda: other.conversations.retrieve(begun.id),
            lambda: other.conversations.delete(begun.id),
            lambda: other.conversations.items.list(begun.id),
            lambda: other.conversations.items.create(begun.id, items=[MESSAGE]),
            lambda: other.responses.create(model="ibid", input=DOSE, conversation=begun.id),
        ):
            with pytest.raises(openai.NotFoundError):
                asking()
        assert words_of(running.client(key=mine).conversations.items.list(begun.id)) == [DOSE]
