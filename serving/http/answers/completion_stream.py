"""How completions are answered, of chats and of prompts alike: whole, or streamed chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from kb.records import Answer, AnswerEvent, AnswerStatus, Claimed
from serving.http.answers.asking import Told
from serving.http.answers.draining import HUNG_UP, EventStream, unless_gone
from serving.http.answers.event_lines import DONE, event_line
from serving.http.errors import error_body

# How long the response's head waits, once something was found, for more to be said. Telling it takes this loop about as
# long as the answer's thread needs to ask the model (4 to 8 ms), and they would take turns at it; one that comes with
# the first words, or while the model reads, keeps nobody waiting.
_HEAD_SECONDS = 0.015

Json = dict[str, Any]
Events = AsyncGenerator[AnswerEvent | Told, None]


class Chunks(Protocol):
    """What the parts of a streamed completion look like."""

    def opening(self) -> list[Json]:
        """What comes before the first sentence."""
        ...

    @property
    def waits(self) -> bool:
        """Whether nothing is shown before the answer is whole: for JSON, beside which a refusal stands apart."""
        ...

    def sentence(self, claimed: Claimed, *, refused: bool = False) -> Json:
        """One released sentence; `refused`: it tells those who wait why there is no answer."""
        ...

    def closing(self, answer: Answer, whole: Json) -> Json:
        """The last chunk, with the answer as its `whole` completion tells it."""
        ...

    def usage(self, usage: Json) -> Json:
        """The chunk after the last one, for those who ask for it."""
        ...


async def answer_whole(request: Request, events: Events) -> Response:
    """The completion as JSON; nothing, where the client hangs up."""
    try:
        return JSONResponse(await unless_gone(request, _whole(events)))
    except ClientDisconnect:
        return Response(status_code=HUNG_UP)
    finally:
        await events.aclose()


async def _whole(events: Events) -> Json:
    last: AnswerEvent | Told | None = None
    async for event in events:
        last = event
    assert isinstance(last, Told)  # only a cancelled answer ends without it
    return last.whole


async def answer_streamed(request: Request, events: Events, chunks: Chunks, *, wants_usage: bool) -> Response:
    """The completion as server-sent events. What fails before anything is found gets a status of its own."""
    try:
        await unless_gone(request, anext(events))
    except ClientDisconnect:
        await events.aclose()
        return Response(status_code=HUNG_UP)
    except BaseException:
        await events.aclose()
        raise
    return EventStream(_lines(events, chunks, wants_usage=wants_usage), head_waits=True)


async def _lines(events: Events, chunks: Chunks, *, wants_usage: bool) -> AsyncGenerator[str, None]:
    """A failure is an event, too, and then nothing follows, not even [DONE]."""
    first = asyncio.ensure_future(anext(events, None))
    held: list[Claimed] = []
    try:
        await asyncio.wait({first}, timeout=_HEAD_SECONDS)
        yield "".join(map(event_line, chunks.opening()))
        event = await first
        while event is not None:
            if isinstance(event, Claimed) and chunks.waits:
                held.append(event)
            elif isinstance(event, Claimed):
                yield event_line(chunks.sentence(event))
            elif isinstance(event, Told):
                for claimed in held:
                    refused = event.answer.status is AnswerStatus.REFUSED
                    yield event_line(chunks.sentence(claimed, refused=refused))
                last = [chunks.closing(event.answer, event.whole)]
                if wants_usage:
                    last.append(chunks.usage(event.whole["usage"]))
                yield "".join((*map(event_line, last), DONE))  # at once: each part sent costs a tenth of a millisecond
            event = await anext(events, None)
    except Exception as error:  # whatever it is, the client must hear of it
        status, body = error_body(error)
        yield event_line(body)
        if status == 500:
            raise
    finally:
        first.cancel()  # whoever reads is gone; nothing where it is done
        await asyncio.gather(first, return_exceptions=True)
        await events.aclose()
