"""Responses that are made while their client does something else.

Whoever asks finds them in the home folder's database, whichever process makes them. One that a stopped server left
unfinished is told from one that is still being made by its age: no answer takes longer than the time set for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from kb.errors import ModelError
from kb.home.replies import CANCELLED, IN_PROGRESS, KeptReply, finish_reply, is_in_progress
from kb.home.reply_events import add_events, forget_events
from kb.records import AnswerEvent, Searched
from serving.http.answers.asking import answer_of
from serving.http.errors import error_body
from serving.http.responses.events import ResponseEvents
from serving.http.responses.preparing import Prepared, conclude, keep
from serving.http.responses.shape import Json, failed_body
from serving.http.responses.telling import told
from serving.http.state import Services

_SLACK_SECONDS = 30.0  # past an answer's time limit: to search, to store, and for clocks
_LOOK_SECONDS = 1.0  # between two looks: how long a model may go on writing what nobody wants any more

_log = logging.getLogger(__name__)


async def start_in_background(
    services: Services, prepared: Prepared, events: AsyncGenerator[AnswerEvent, None]
) -> Json:
    """Begins a response and returns it as it is before anything of it is there.

    Raises:
        ApiError: 429, when no place is free, or what else fails before the search is done.
    """
    try:
        searched = await anext(events)
        assert isinstance(searched, Searched)
        body = prepared.shape.begun()
        await asyncio.to_thread(keep, services, prepared, body)
        making = await _making(services, prepared, searched, events)
    except BaseException:
        await events.aclose()
        raise
    task = asyncio.create_task(_finish(services, prepared, making, events))
    services.background[prepared.shape.id] = task
    task.add_done_callback(lambda _: services.background.pop(prepared.shape.id, None))
    watching = asyncio.create_task(_watch(services, prepared.shape.id, task))
    task.add_done_callback(lambda _: watching.cancel())
    return body


def as_of_now(reply: KeptReply, seconds: float) -> KeptReply:
    """A kept response as it is to be told of: failed, where nobody can be making it any more.

    Args:
        reply: as it is kept.
        seconds: that an answer may take.
    """
    if reply.status != IN_PROGRESS:
        return reply
    age = (datetime.now(UTC) - datetime.fromisoformat(reply.created_at)).total_seconds()
    if age <= seconds + _SLACK_SECONDS:
        return reply
    return replace(reply, status="failed", body=failed_body(reply.body, _stopped()))


async def end_all(services: Services) -> None:
    """Ends every response that is being made by this process; they are kept as failed."""
    tasks = list(services.background.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def cancel(services: Services, reply: KeptReply) -> Json:
    """Ends a response that is being made; returns what is then kept of it."""
    body = {**reply.body, "status": CANCELLED}
    await asyncio.to_thread(finish_reply, services.home, reply.id, CANCELLED, body)
    task = services.background.get(reply.id)
    if task is not None:
        task.cancel()
    return body


async def _watch(services: Services, reply_id: str, task: asyncio.Task[None]) -> None:
    """Ends `task` when another server process has cancelled or deleted the response that it makes."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if not await asyncio.to_thread(is_in_progress, services.home, reply_id):
            task.cancel()
            return


async def _making(
    services: Services, prepared: Prepared, searched: Searched, events: AsyncGenerator[AnswerEvent, None]
) -> Callable[[], Awaitable[None]]:
    """What makes the response when it is called; where it is streamed, its first events are kept before that begins."""
    if not prepared.shape.asked.stream:
        return partial(_make, services, prepared, searched, events)
    made = ResponseEvents(prepared.shape.begun(), prepared.shape.token)
    moments = told(services, prepared, searched, events, made)
    opening = await anext(moments)
    await asyncio.to_thread(add_events, services.home, prepared.shape.id, 0, opening)
    return partial(_make_and_tell, services, prepared, moments)


async def _make(
    services: Services, prepared: Prepared, searched: Searched, events: AsyncGenerator[AnswerEvent, None]
) -> None:
    answer = await answer_of(searched, events)
    await asyncio.to_thread(conclude, services, prepared, answer, searched.result)


async def _make_and_tell(services: Services, prepared: Prepared, moments: AsyncGenerator[list[Json], None]) -> None:
    try:
        async for moment in moments:
            first = moment[0]["sequence_number"]
            await asyncio.to_thread(add_events, services.home, prepared.shape.id, first, moment)
    finally:
        await moments.aclose()


async def _finish(
    services: Services,
    prepared: Prepared,
    making: Callable[[], Awaitable[None]],
    events: AsyncGenerator[AnswerEvent, None],
) -> None:
    try:
        await making()
    except (Exception, asyncio.CancelledError) as error:
        cancelled = isinstance(
            error, asyncio.CancelledError
        )  # by its client, who has said so already, or with the server
        body = prepared.shape.failed(_stopped() if cancelled else error)
        await asyncio.to_thread(finish_reply, services.home, prepared.shape.id, body["status"], body)
        if not cancelled and error_body(error)[0] == 500:
            _log.exception("a response in the background failed")
    finally:
        await events.aclose()
        if prepared.shape.asked.stream:
            await asyncio.to_thread(forget_events, services.home)


def _stopped() -> ModelError:
    return ModelError("the server was stopped while it made this response", advice="Ask again")
