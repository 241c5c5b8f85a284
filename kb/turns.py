"""Threads that take turns in computing, so that few of them ever want Python's lock at once.

Each time another thread wants to go on after a system call, it waits until those that compute have had the lock for a
while, one after the other. With fifty answers in the making that is a tenth of a second for every packet that an event
loop reads. The work is done no sooner by all of them at once than by one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

# A turn is a courtesy: whoever has waited this long goes on without one, so that threads that hold a turn and a lock
# crosswise come free. It is longer than a hundred answers wait for each other: with 1 s, most of them went on without.
_PATIENCE_SECONDS = 10.0


class Turns:
    """One turn at a time. May be used by any thread."""

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._lock = threading.Lock()
        self._patience = patience_seconds

    @property
    def is_free(self) -> bool:
        """Whether nobody has a turn."""
        return not self._lock.locked()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A turn of this thread's, given up meanwhile where it calls `standing_aside`."""
        turn = _Turn(self._lock, self._patience)
        turn.begin()
        token = _current.set(turn)
        try:
            yield
        finally:
            _current.reset(token)
            turn.end()


class _Turn:
    """One thread's."""

    def __init__(self, lock: threading.Lock, patience: float) -> None:
        self.held = False
        self._lock = lock
        self._patience = patience

    def begin(self) -> None:
        self.held = self._lock.acquire(timeout=self._patience)

    def end(self) -> None:
        held, self.held = self.held, False
        if held:
            self._lock.release()


_current: ContextVar[_Turn | None] = ContextVar("ibid_turn", default=None)


@contextmanager
def standing_aside() -> Iterator[None]:
    """Gives this thread's turn up, if it has one, while it waits for a server or for a model that computes apart."""
    turn = _current.get()
    if turn is None or not turn.held:
        yield
        return
    turn.end()
    try:
        yield
    finally:
        turn.begin()


def waited_for(items: Iterator[T]) -> Iterator[T]:
    """The items, each of which this thread waits for without a turn."""
    while True:
        with standing_aside():
            try:
                item = next(items)
            except StopIteration:
                return
        yield item
