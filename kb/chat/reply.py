"""One reply, read in one thread while it is made on the event loop of another."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Protocol

from kb.chat.request import Request
from kb.errors import ModelError
from kb.records import TokenCount, ToolCall

Item = str | TokenCount | list[ToolCall] | ModelError | None  # a piece, what it took, calls, the failure, or the end


class Source(Protocol):
    """What makes replies: a model with an event loop of its own."""

    def running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that replies are made on."""
        ...

    async def pieces(self, request: Request, out: queue.SimpleQueue[Item]) -> None:
        """Puts every piece of the reply, then how it ended, into `out`."""
        ...


class Reply(Iterator[str]):
    """One reply in the making. The call starts with the first `next()`."""

    def __init__(self, source: Source, request: Request) -> None:
        self._source = source
        self._request = request
        self._pieces: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._call: Future[None] | None = None
        self._ended = False
        self._tokens: TokenCount | None = None
        self._calls: tuple[ToolCall, ...] = ()

    @property
    def tokens(self) -> TokenCount | None:
        """How many tokens it took; None until it has ended, and where the server does not say."""
        return self._tokens

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that it calls; none until it has ended."""
        return self._calls

    def __next__(self) -> str:
        self._start()
        if self._ended:
            raise StopIteration
        item = self._pieces.get()
        while isinstance(item, (TokenCount, list)):
            if isinstance(item, list):
                self._calls = tuple(item)
            else:
                self._tokens = item
            item = self._pieces.get()
        if isinstance(item, str) and not self._ended:
            return item
        self._ended = True
        if isinstance(item, ModelError):
            raise item
        raise StopIteration

    def close(self) -> None:
        """Stops the call; a `next()` waiting in another thread ends at once."""
        with self._lock:
            self._ended = True
            if self._call is not None:
                self._call.cancel()
        self._pieces.put(None)

    def __del__(self) -> None:
        if not self._ended:
            self.close()

    def _start(self) -> None:
        with self._lock:
            if self._call is None and not self._ended:
                loop = self._source.running_loop()
                self._call = asyncio.run_coroutine_threadsafe(self._source.pieces(self._request, self._pieces), loop)
