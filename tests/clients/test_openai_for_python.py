"""OpenAI's client for Python, as it is, sync and async, over the whole surface. Both go through the same tests."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.serving.http_server import RunningServer

QUESTION = "How much does a late report lose?"
SEARCH = {"type": "file_search", "vector_store_ids": ["default"]}
NOTE = "Office hours\n\nThe porter's office is open on Thursdays from 9:00 to 11:00."


@pytest.fixture(params=[openai.OpenAI, openai.AsyncOpenAI], ids=["sync", "async"])
async def client(request: pytest.FixtureRequest, server: RunningServer) -> AsyncIterator[Any]:
    made = request.param(base_url=f"{server.address}/v1", api_key="any", max_retries=0, timeout=30)
    yield made
    await settled(made.close())


async def settled(result: Any) -> Any:
    """What a call gives, whichever client made it."""
    return await result if inspect.isawaitable(result) else result


async def every(pages: Any) -> list[Any]:
    """All that a list holds, page after page, or all that a stream brings."""
    pages = await pages if inspect.iscoroutine(pages) else pages  # a page can be walked without being awaited
    return [item async for item in pages] if hasattr(pages, "__aiter__") else list(pages)


async def test_models(client: Any) -> None:
    assert "ibid" in [model.id for model in await every(client.models.list())]
    assert (await settled(client.models.retrieve("ibid"))).owned_by == "ibid"
    with pytest.raises(openai.NotFoundError):
        await settled(client.models.retrieve("gpt-9"))


async def test_chat_whole_and_streamed(client: Any) -> None:
    asked = {"model": "ibid", "messages": [{"role": "user", "content": QUESTION}]}
    whole = await settled(client.chat.completions.create(**asked))
    message = whole.choices[0].message
    assert "5% a day" in message.content
    for note in message.annotations:
        assert re.fullmatch(r"\[\d+\]", message.content[note.start_index : note.end_index])
    chunks = await every(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == message.content
    assert chunks[-1].usage == whole.usage


async def test_a_question_in_chinese_is_answered_from_the_chinese_document(client: Any) -> None:
    asked = {"model": "ibid", "messages": [{"role": "user", "content": "租赁期满后押金何时退还？"}]}
    message = (await settled(client.chat.completions.create(**asked))).choices[0].message
    assert "三十日内退还押金" in message.content
    assert {note.filename for note in message.annotations} == {"条例.txt"}


async def test_completions_whole_and_streamed(client: Any) -> None:
    whole = await settled(client.completions.create(model="ibid", prompt=QUESTION))
    assert "5% a day" in whole.choices[0].text
    chunks = await every(client.completions.create(model="ibid", prompt=QUESTION, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text


async def test_stored_completions_are_kept_listed_and_deleted(client: Any) -> None:
    asked = {"model": "ibid", "messages": [{"role": "user", "content": QUESTION}], "metadata": {"course": "econ"}}
    made = await settled(client.chat.completions.create(**asked, store=True))
    assert made.id in [one.id for one in await every(client.chat.completions.list(metadata={"course": "econ"}))]
    assert (await settled(client.chat.completions.retrieve(made.id))).choices == made.choices
    messages = await every(client.chat.completions.messages.list(made.id))
    assert messages[0].content == QUESTION
    changed = await settled(client.chat.completions.update(made.id, metadata={"course": "law"}))
    assert changed.metadata == {"course": "law"}
    assert (await settled(client.chat.completions.delete(made.id))).deleted
    with pytest.raises(openai.NotFoundError):
        await settled(client.chat.completions.retrieve(made.id))


async def test_responses_from_creation_to_deletion(client: Any) -> None:
    first = await settled(
        client.responses.create(model="ibid", input=QUESTION, tools=[SEARCH], include=["file_search_call.results"])
    )
    search, message = first.output
    assert (search.status, bool(search.results)) == ("completed", True)
    assert "5% a day" in first.output_text
    assert all(note.type == "file_citation" for note in message.content[0].annotations)
    assert (await settled(client.responses.retrieve(first.id))).output_text == first.output_text
    asked_on = await settled(
        client.responses.create(model="ibid", input="And when does the library open?", previous_response_id=first.id)
    )
    assert "8:00" in asked_on.output_text
    items = await every(client.responses.input_items.list(first.id))
    assert [item.role for item in items] == ["user"]
    counted = await settled(client.responses.input_tokens.count(model="ibid", input=QUESTION))
    assert counted.input_tokens > 0
    await settled(client.responses.delete(first.id))
    with pytest.raises(openai.NotFoundError):
        await settled(client.responses.retrieve(first.id))


async def test_a_streamed_response_is_accumulated_by_the_client(client: Any) -> None:
    manager = client.responses.stream(model="ibid", input=QUESTION, tools=[SEARCH])
    if isinstance(client, openai.AsyncOpenAI):
        async with manager as stream:
            events = [event async for event in stream]
            final = await stream.get_final_response()
    else:
        with manager as stream:
            events = list(stream)
            final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == final.output_text


async def test_a_response_in_the_background_is_asked_for_until_it_is_done(client: Any) -> None:
    begun = await settled(client.responses.create(model="ibid", input=QUESTION, background=True))
    assert begun.status in {"queued", "in_progress"}
    while begun.status in {"queued", "in_progress"}:
        await asyncio.sleep(0.05)
        begun = await settled(client.responses.retrieve(begun.id))
    assert (begun.status, "5% a day" in begun.output_text) == ("completed", True)


async def test_conversations_hold_what_was_said(client: Any) -> None:
    conversation = await settled(client.conversations.create(metadata={"course": "econ"}))
    await settled(client.responses.create(model="ibid", input=QUESTION, conversation=conversation.id))
    items = await every(client.conversations.items.list(conversation.id, order="asc"))
    assert items[0].type == "message"
    assert len(items) >= 2
    changed = await settled(client.conversations.update(conversation.id, metadata={"course": "law"}))
    assert changed.metadata == {"course": "law"}
    assert (await settled(client.conversations.delete(conversation.id))).deleted
    with pytest.raises(openai.NotFoundError):
        await settled(client.conversations.retrieve(conversation.id))


async def test_files_are_uploaded_listed_read_and_deleted(client: Any) -> None:
    made = [
        await settled(
            client.files.create(file=(f"笔记 {number}.txt", f"{NOTE} {number}".encode()), purpose="assistants")
        )
        for number in range(3)
    ]
    listed = [file.id for file in await every(client.files.list(limit=2, purpose="assistants"))]
    assert len(listed) == len(set(listed))
    assert {file.id for file in made} <= set(listed)
    assert (await settled(client.files.content(made[0].id))).text == f"{NOTE} 0"
    for file in made:
        assert (await settled(client.files.delete(file.id))).deleted
        with pytest.raises(openai.NotFoundError):
            await settled(client.files.retrieve(file.id))


async def test_a_large_file_comes_in_parts(client: Any) -> None:
    content = NOTE.encode() * 100
    upload = await settled(
        client.uploads.create(filename="parts.txt", purpose="assistants", bytes=len(content), mime_type="text/plain")
    )
    halves = content[: len(content) // 2], content[len(content) // 2 :]
    second = await settled(client.uploads.parts.create(upload.id, data=halves[1]))
    first = await settled(client.uploads.parts.create(upload.id, data=halves[0]))
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    done = await settled(client.uploads.complete(upload.id, part_ids=[first.id, second.id], md5=md5))
    assert done.status == "completed"
    assert (await settled(client.files.content(done.file.id))).read() == content
    await settled(client.files.delete(done.file.id))
    left = await settled(client.uploads.create(filename="x.txt", purpose="assistants", bytes=4, mime_type="text/plain"))
    assert (await settled(client.uploads.cancel(left.id))).status == "cancelled"


async def test_a_file_is_polled_into_a_store_searched_cited_and_gone(client: Any) -> None:
    store = await settled(client.vector_stores.create(name="python office"))
    added = await settled(
        client.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=("办公室.txt", NOTE.encode()), poll_interval_ms=200
        )
    )
    assert (added.status, added.last_error) == ("completed", None)
    query = "When is the porter's office open?"
    found = (await every(client.vector_stores.search(store.id, query=query)))[0]
    assert (found.file_id, found.filename) == (added.id, "办公室.txt")
    tool = {"type": "file_search", "vector_store_ids": [store.id]}
    answer = await settled(client.responses.create(model="ibid", input=query, tools=[tool]))
    assert "Thursdays" in answer.output_text
    assert answer.output[-1].content[0].annotations[0].file_id == added.id
    await settled(client.vector_stores.files.delete(added.id, vector_store_id=store.id))
    assert await every(client.vector_stores.search(store.id, query=query)) == []
    gone = await settled(client.responses.create(model="ibid", input=query, tools=[tool]))
    assert "Thursdays" not in gone.output_text
    await settled(client.files.delete(added.id))
    assert (await settled(client.vector_stores.delete(store.id))).deleted


async def test_a_batch_of_files_is_polled_to_its_counts(client: Any) -> None:
    store = await settled(client.vector_stores.create(name="python batch"))
    files = [(f"note {number}.txt", f"Note {number}\n\nThis is note number {number}.".encode()) for number in range(3)]
    batch = await settled(
        client.vector_stores.file_batches.upload_and_poll(store.id, files=files, poll_interval_ms=200)
    )
    assert (batch.status, batch.file_counts.completed, batch.file_counts.total) == ("completed", 3, 3)
    listed = await every(client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=2))
    assert len({file.id for file in listed}) == 3
    page = await every(client.vector_stores.files.content(listed[0].id, vector_store_id=store.id))
    assert "This is note number" in page[0].text
    await settled(client.vector_stores.delete(store.id))


async def test_stores_are_listed_in_pages_both_ways(client: Any) -> None:
    made = [(await settled(client.vector_stores.create(name=f"python page {number}"))).id for number in range(5)]
    for order in ("asc", "desc"):
        listed = [store.id for store in await every(client.vector_stores.list(limit=2, order=order))]
        ours = [store_id for store_id in listed if store_id in made]
        assert ours == (made if order == "asc" else made[::-1])
        assert len(listed) == len(set(listed))
    for store_id in made:
        await settled(client.vector_stores.delete(store_id))


async def test_embeddings_as_numbers_and_in_base64(client: Any, server: RunningServer) -> None:
    texts = ["a late report", "迟交的报告"]
    for more in ({}, {"encoding_format": "float"}):  # the client asks for base64 unless told otherwise
        made = await settled(client.embeddings.create(model="ibid", input=texts, **more))
        assert [len(item.embedding) for item in made.data] == [server.embedder.space.dimension] * 2
        assert made.data[1].embedding == pytest.approx(server.embedder.embed_passages(texts)[1].tolist())


async def test_a_batch_of_requests_is_worked_off(client: Any) -> None:
    line = {
        "custom_id": "one",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "ibid", "messages": [{"role": "user", "content": QUESTION}]},
    }
    file = await settled(client.files.create(file=("requests.jsonl", json.dumps(line).encode()), purpose="batch"))
    batch = await settled(
        client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    )
    while batch.status in {"validating", "in_progress", "finalizing"}:
        await asyncio.sleep(0.05)
        batch = await settled(client.batches.retrieve(batch.id))
    assert batch.status == "completed"
    written = json.loads((await settled(client.files.content(batch.output_file_id))).text)
    assert (written["custom_id"], written["response"]["status_code"]) == ("one", 200)
    assert "5% a day" in written["response"]["body"]["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("wrong", "kind", "param"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError, "model"),
        ({"messages": []}, openai.BadRequestError, "messages"),
        ({"messages": [{"role": "robot", "content": "?"}]}, openai.BadRequestError, "messages[0].role"),
        ({"logprobs": True}, openai.BadRequestError, "logprobs"),
        ({"extra_body": {"colour": "blue"}}, openai.BadRequestError, "colour"),
    ],
)
async def test_failures_are_the_clients_own(
    client: Any, wrong: dict[str, Any], kind: type[Exception], param: str
) -> None:
    asked = {"model": "ibid", "messages": [{"role": "user", "content": QUESTION}], **wrong}
    with pytest.raises(kind) as caught:
        await settled(client.chat.completions.create(**asked))
    assert isinstance(caught.value, openai.APIStatusError)
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert caught.value.code
    assert caught.value.request_id
