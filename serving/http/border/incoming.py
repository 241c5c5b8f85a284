"""A request's body while it comes in: how large it may be, and how slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Message, Receive

from serving.http.errors import ApiError

_LEAST_BYTES_A_SECOND = 10_000  # slower than any connection on which a person would upload a file
_DRAIN_SECONDS = 10.0  # what is refused is read to its end this long, or its sender would see a broken pipe


class IncomingBody:
    """Hands a request's messages on, and refuses a body that is too large or too slow while it is read.

    Args:
        receive: of the request.
        limit: bytes that the body may have.
        seconds: that it may take, and more the larger it is.
        when_whole: called once, when the last of it is handed on; what it raises is raised there.
    """

    def __init__(
        self, receive: Receive, limit: int, seconds: float, when_whole: Callable[[], None] | None = None
    ) -> None:
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._when_whole = when_whole
        self._read = 0
        self._whole = False
        self._began = asyncio.get_running_loop().time()

    def check_announced(self, content_length: str) -> None:
        """Refuses a length that is announced and too large.

        Raises:
            ApiError: 413.
        """
        if content_length.isdigit() and int(content_length) > self._limit:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next message.

        Raises:
            ApiError: the body is too large (413) or comes too slowly (408).
        """
        if self._whole:  # now only the client's hanging up can come, whenever it does
            return await self._receive()
        deadline = self._began + self._seconds + self._read / _LEAST_BYTES_A_SECOND
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError:
            close = {"Connection": "close"}
            raise ApiError(408, "the request's body came too slowly", code="timeout", headers=close) from None
        is_whole = self._note(message)
        if self._read > self._limit:
            await self.drain()
            raise self._too_large()
        if is_whole and self._when_whole is not None:
            self._when_whole()
        return message

    async def drain(self, seconds: float = _DRAIN_SECONDS) -> None:
        """Reads what still comes and forgets it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._whole:
                    self._note(await self._receive())

    def _note(self, message: Message) -> bool:
        self._read += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        return self._whole

    def _too_large(self) -> ApiError:
        return ApiError(
            413, f"the request is larger than {self._limit // 1_000_000} MB; split the file", code="too_large"
        )
