"""From the synchronous answer generator to the event loop, and back to a stop when the client hangs up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from contextlib import closing as ended
from contextvars import copy_context
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from serving.cancellation import Cancellation
from serving.http.answers.places import Place, Places
from serving.http.answers.standing_back import stand_back
from serving.http.operating.closing import Closing, shutting_down

HUNG_UP = 499  # what web servers write into their logs for a client that is gone; nobody receives it

_COMMENT = ": keep-alive\n\n"

T = TypeVar("T")
Answering = Callable[[Cancellation], Iterator[T]]


async def events_of(
    answering: Answering[T], places: Places, closing: Closing, given: Place | None = None
) -> AsyncGenerator[T, None]:
    """The events of an answer that is made in a thread of its own, where the request's notes are at hand as here.

    Closing this iterator stops the answer and its model call. The thread gives its place in `places` back when it ends:
    the one that its request was `given`, or a further one.

    Raises:
        ApiError: 429, when no place is free; 503, when the server ends before the answer does.
    """
    if given is not None and given.use():
        place = given
    else:
        place = places.take()
        place.use()
    crowded = places.is_crowded
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[T | BaseException | None] = asyncio.Queue()
    cancellation = Cancellation()

    def hand_over(item: T | BaseException | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(events.put_nowait, item)

    def work() -> None:
        try:
            if crowded:
                stand_back()
            turn = places.turns.taken()
            with turn, ended(answering(cancellation)) as answer:  # type: ignore[type-var]  # it is a generator
                for event in answer:
                    hand_over(event)
            hand_over(None)
        except BaseException as error:  # it is raised where the events are read
            hand_over(error)
        finally:
            place.give_back()

    threading.Thread(target=copy_context().run, args=(work,), name="ibid-answer", daemon=True).start()
    try:
        with closing.ending(lambda: hand_over(shutting_down())):
            while (event := await events.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
    finally:
        cancellation.cancel()


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, which is cancelled when the client hangs up.

    Raises:
        ClientDisconnect: it hung up.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        for waiting in (task, gone):
            waiting.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


class EventStream(Response):
    """Server-sent events. Stops reading `lines` as soon as the client hangs up, whether or not there is one to send.

    Args:
        lines: whole events.
        head_waits: the response's head is sent with the first of them, not before.
    """

    media_type = "text/event-stream"

    def __init__(self, lines: AsyncGenerator[str, None], *, head_waits: bool = False) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._lines = lines
        self._head_waits = head_waits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends every line as it comes, and comments while none does."""
        silence: float = scope["app"].state.services.settings.serve.keep_alive_seconds
        sending = asyncio.ensure_future(self._send(send, silence))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for waiting in (sending, gone):
                waiting.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)

    async def _send(self, send: Send, silence: float) -> None:
        head = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        waits = self._head_waits
        if not waits:
            await send(head)
        try:
            async with aclosing(_kept_alive(self._lines, silence)) as lines:
                async for line in lines:
                    if waits:
                        await send(head)
                        waits = False
                    await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
        finally:
            await self._lines.aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _kept_alive(lines: AsyncGenerator[str, None], seconds: float) -> AsyncGenerator[str, None]:
    """The lines, with a comment, which clients pass over, whenever none came for so many seconds."""
    while True:
        waiting = asyncio.ensure_future(anext(lines, None))
        try:
            while not (await asyncio.wait({waiting}, timeout=seconds))[0]:
                yield _COMMENT
        finally:
            waiting.cancel()  # whoever reads is gone; nothing where it is done
            await asyncio.gather(waiting, return_exceptions=True)
        line = waiting.result()
        if line is None:
            return
        yield line


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
