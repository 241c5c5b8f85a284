"""One reply, read in one thread while it is made on the event loop of another."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from time import perf_counter
from typing import Protocol

from kb.chat.request import Request
from kb.errors import ModelError
from kb.records import TokenCount, ToolCall
from kb.turns import standing_aside

Item = str | TokenCount | list[ToolCall] | ModelError | None  # a piece, what it took, calls, the failure, or the end


class Source(Protocol):
    """What makes replies: a model with an event loop of its own."""

    def running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that replies are made on."""
        ...

    async def pieces(self, request: Request, out: Callable[[Item], None]) -> None:
        """Hands every piece of the reply, then how it ended, to `out`."""
        ...


class Reply(Iterator[str]):
    """One reply in the making. The call starts with the first `next()`."""

    def __init__(self, source: Source, request: Request) -> None:
        self._source = source
        self._request = request
        self._inbox = _Inbox()
        self._lock = threading.Lock()
        self._call: Future[None] | None = None
        self._ended = False
        self._calls: tuple[ToolCall, ...] = ()

    @property
    def began_at(self) -> float | None:
        """The moment of the first piece, in seconds of `time.perf_counter`; None before."""
        return self._inbox.began_at

    def cut_by(self, cut: Callable[[str], Iterable[str]]) -> None:
        """From now on the pieces are what `cut` makes of them, on the loop that receives them."""
        self._inbox.cut = cut

    @property
    def tokens(self) -> TokenCount | None:
        """How many tokens it took; None until the server has said so, which it does at the end, if at all."""
        return self._inbox.tokens

    @property
    def words(self) -> str:
        """What has come of it so far, as the model wrote it, read or not."""
        return "".join(self._inbox.words)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that it calls; none until it has ended."""
        return self._calls

    def __next__(self) -> str:
        self._start()
        if self._ended:
            raise StopIteration
        item = self._inbox.get()
        while isinstance(item, list):
            self._calls = tuple(item)
            item = self._inbox.get()
        if isinstance(item, str) and not self._ended:
            return item
        hung_up, self._ended = self._ended, True
        if isinstance(item, ModelError) and not hung_up:
            raise item
        raise StopIteration

    def close(self) -> None:
        """Stops the call; a `next()` waiting in another thread ends at once."""
        with self._lock:
            self._ended = True
            if self._call is not None:
                self._call.cancel()
        self._inbox.put(None)

    def __del__(self) -> None:
        if not self._ended:
            self.close()

    def _start(self) -> None:
        with self._lock:
            if self._call is None and not self._ended:
                loop = self._source.running_loop()
                self._call = asyncio.run_coroutine_threadsafe(self._source.pieces(self._request, self._inbox.put), loop)
                self._call.add_done_callback(self._inbox.put_end_of)


class _Inbox:
    """What has come of a reply and is not read. It knows nothing of the reply, which may be dropped at any moment."""

    def __init__(self) -> None:
        self.cut: Callable[[str], Iterable[str]] | None = None
        self.began_at: float | None = None
        self.tokens: TokenCount | None = None
        self.words: list[str] = []
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()

    def put(self, item: Item) -> None:
        """Called on the loop that receives the reply, and at the end from anywhere."""
        if isinstance(item, TokenCount):
            self.tokens = item
            return
        if not isinstance(item, str):
            self._items.put(item)
            return
        self.words.append(item)
        if self.began_at is None:
            self.began_at = perf_counter()
        for piece in (item,) if self.cut is None else self.cut(item):
            self._items.put(piece)

    def put_end_of(self, call: Future[None]) -> None:
        """Lets nobody wait for a call that was cancelled with its model, perhaps before it began."""
        if call.cancelled():
            self._items.put(ModelError("the chat model's reply was broken off", "the model was closed"))

    def get(self) -> Item:
        """Waits for the next item."""
        with suppress(queue.Empty):
            return self._items.get_nowait()
        with standing_aside():
            return self._items.get()
