"""Threads that take turns in computing, so that few of them ever want Python's lock at once.

Each time another thread wants to go on after a system call, it waits until those that compute have had the lock for a
while, one after the other. With fifty answers in the making that is a tenth of a second for every packet that an event
loop reads. The work is done no sooner by all of them at once than by one after the other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

# A turn is a courtesy: whoever has waited this long goes on without one, so that threads that hold a turn and a lock
# crosswise come free. It is longer than a hundred answers wait for each other: with 1 s, most of them went on without.
_PATIENCE_SECONDS = 10.0


class Turns:
    """One turn at a time, in the order in which they are asked for. May be used by any thread."""

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._lock = threading.Lock()  # held for as long as it takes to read or change the next two
        self._is_taken = False
        self._waiting: deque[_Turn] = deque()

    @property
    def is_free(self) -> bool:
        """Whether nobody has a turn."""
        return not self._is_taken

    @property
    def waiting(self) -> int:
        """How many threads wait for theirs."""
        return len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A turn of this thread's, given up meanwhile where it calls `standing_aside`."""
        turn = _Turn(self)
        turn.begin()
        token = _current.set(turn)
        try:
            yield
        finally:
            _current.reset(token)
            turn.end()

    def take(self, turn: _Turn) -> bool:
        """Waits until it is this one's turn; False where that was in vain."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waiting.append(turn)
        if turn.come.acquire(timeout=self._patience):
            return True
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        turn.come.acquire()  # it came at the last moment
        return True

    def hand_on(self) -> None:
        """Gives the turn to the next, if anybody waits."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().come.release()
            else:
                self._is_taken = False


class _Turn:
    """One thread's."""

    def __init__(self, turns: Turns) -> None:
        self.held = False
        self.come = threading.Lock()  # free when it has come
        self.come.acquire()
        self._turns = turns

    def begin(self) -> None:
        self.held = self._turns.take(self)

    def end(self) -> None:
        held, self.held = self.held, False
        if held:
            self._turns.hand_on()


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
