"""Stopping an answer from outside, also while it waits for its model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Cancellation:
    """One for each answer. `cancel` may come from any thread, at any time, any number of times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: Iterator[str] | None = None
        self._cancelled = False
        self._expired = False

    @property
    def expired(self) -> bool:
        """Whether it was ended because its time was over."""
        return self._expired

    @property
    def cancelled(self) -> bool:
        """Whether somebody wants this answer to end."""
        return self._cancelled

    def cancel(self) -> None:
        """Ends the answer; a model call that it waits for is stopped at once."""
        with self._lock:
            self._cancelled = True
            stream = self._stream
        if stream is not None:
            _close(stream)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cancels the answer when the block takes longer than `seconds`."""
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True  # an interrupted program need not wait for it
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self._expired = True
        self.cancel()

    @contextmanager
    def watching(self, stream: Iterator[str]) -> Iterator[Iterator[str]]:
        """Closes `stream` when the answer is cancelled, and in any case at the end of the block."""
        with self._lock:
            self._stream = stream
            cancelled = self._cancelled
        try:
            if cancelled:
                _close(stream)
            yield stream
        finally:
            with self._lock:
                self._stream = None
            _close(stream)


def _close(stream: Iterator[str]) -> None:
    close = getattr(stream, "close", None)
    if close is not None:
        # A plain generator refuses while it runs in another thread; it is closed when its next piece comes.
        with suppress(ValueError):
            close()
