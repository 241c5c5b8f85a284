"""When a streamed completion begins, and that its answer is ended with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from kb.records import Answer, AnswerStatus, Claim, Claimed, Searched, SearchResult, Verdict
from serving.http.answers.asking import Told
from serving.http.answers.chat_response import Completion
from serving.http.answers.completion_stream import Events, answer_streamed

FOUND = Searched(SearchResult("?", "default", 1, ()))
SAID = Claimed(Claim("It closes at ten.", Verdict.UNCITED, ""), ())
ANSWER = Answer("?", "default", 1, AnswerStatus.ANSWERED, 0.9, "scripted", (SAID.claim,), ())
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
SETTINGS = SimpleNamespace(serve=SimpleNamespace(keep_alive_seconds=5.0))
APP = SimpleNamespace(state=SimpleNamespace(services=SimpleNamespace(settings=SETTINGS)))


@dataclass
class Client:
    """Takes a response; hangs up after so many of its messages."""

    stays_for: int = 1_000
    received: list[dict[str, Any]] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Any) -> None:
        self.received.append(dict(message))
        if len(self.received) >= self.stays_for:
            self.gone.set()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def take(self, events: Events) -> None:
        scope = {"type": "http", "headers": [], "app": APP}
        completion = Completion("ibid")
        response = await answer_streamed(Request(scope, self.receive), events, completion, wants_usage=False)
        await response(scope, self.receive, self.send)

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.received).decode()


@dataclass
class Speaker:
    """An answer that finds something at once and says its sentence when it may."""

    may_speak: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def events(self) -> AsyncGenerator[Any, None]:
        try:
            yield FOUND
            await self.may_speak.wait()
            yield SAID
            yield Told(ANSWER, Completion("ibid").whole(ANSWER, USAGE))
        finally:
            self.ended.set()


def within_seconds(doing: Coroutine[Any, Any, None], seconds: float = 10.0) -> None:
    asyncio.run(asyncio.wait_for(doing, seconds))


def test_a_stream_begins_before_a_slow_answer_speaks() -> None:
    async def ask() -> None:
        speaker, client = Speaker(), Client()
        taking = asyncio.ensure_future(client.take(speaker.events()))
        while len(client.received) < 2:
            await asyncio.sleep(0.01)
        assert client.received[0]["type"] == "http.response.start"
        assert "assistant" in client.text
        assert "It closes" not in client.text
        speaker.may_speak.set()
        await taking
        assert "It closes at ten." in client.text
        assert client.text.endswith("data: [DONE]\n\n")

    within_seconds(ask())


def test_an_answer_that_is_there_at_once_is_told_at_once() -> None:
    async def ask() -> None:
        speaker, client = Speaker(), Client()
        speaker.may_speak.set()
        await client.take(speaker.events())
        assert [message["type"] for message in client.received][:1] == ["http.response.start"]
        assert client.text.index("assistant") < client.text.index("It closes at ten.")
        assert client.text.endswith("data: [DONE]\n\n")

    within_seconds(ask())


@pytest.mark.parametrize("stays_for", [0, 1, 2])
def test_an_answer_ends_whenever_its_client_hangs_up(stays_for: int) -> None:
    async def ask() -> None:
        speaker, client = Speaker(), Client(stays_for)
        taking = asyncio.ensure_future(client.take(speaker.events()))
        await asyncio.sleep(0.001)
        if stays_for == 0:  # while the response's head still waits
            client.gone.set()
        await taking
        await speaker.ended.wait()

    within_seconds(ask())
