"""The server's end: what comes then is refused, what is being made may still be finished, and the rest is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from serving.http.errors import ApiError

_BACK_SECONDS = "5"  # after which another process, or this one anew, may answer


class Closing:
    """Whether the server is ending. Any thread may look; `begin` belongs to the server's event loop."""

    def __init__(self) -> None:
        self._begun = False
        self._ends: set[Callable[[], None]] = set()

    @property
    def begun(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._begun

    def begin(self, seconds: float) -> None:
        """Takes nothing new from now on, and ends in `seconds` what is still being made then."""
        self._begun = True
        asyncio.get_running_loop().call_later(seconds, self._end_all)

    def check(self) -> None:
        """Refuses what comes too late.

        Raises:
            ApiError: 503, the server is ending.
        """
        if self._begun:
            raise shutting_down()

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Calls `end`, in the server's event loop, if the time is over while the block runs."""
        self._ends.add(end)
        try:
            yield
        finally:
            self._ends.discard(end)

    def _end_all(self) -> None:
        for end in list(self._ends):
            end()


def shutting_down() -> ApiError:
    """What clients are told whose answer was not finished in time."""
    message = "the server is shutting down; ask again in a moment"
    return ApiError(503, message, code="shutting_down", headers={"Retry-After": _BACK_SECONDS})
