"""How much one key may ask, counted once for all server processes of a home folder, in one small file.

Requests a minute are counted as one moment for each key: that at which it would have used up nothing of its allowance,
had it asked evenly (the "generic cell rate algorithm"). Requests at once are places: bytes of the file, each locked by
the process in which a request holds it. The system unlocks them when a process dies, however it dies.

A request costs some ten system calls, 13 µs together.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kb.home.keys import MOST_AT_ONCE

_MINUTE = 60.0  # seconds
_MOMENT = struct.Struct("<d")  # seconds of the system's monotonic clock, which is the same for all processes
_PLACES_AT = 1 << 40  # where the places' bytes begin, far behind any key's moment; locks need no bytes to be there


class Allowance(NamedTuple):
    """What a key has left of its requests a minute."""

    limit: int  # a minute; 0: none is set
    remaining: int  # that it may send at once
    reset_seconds: float  # until it has all of them again
    retry_seconds: float  # 0: this request is within the limit; otherwise how long to wait


class Quotas:
    """The counters, shared with every process that opens the same file. May be used by several threads.

    Args:
        path: of the file; made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._taken: dict[int, set[int]] = {}
        self._closed = False
        self._lock = threading.Lock()  # locks of a file are a process's, not a thread's

    def count(self, number: int, per_minute: int) -> Allowance:
        """Counts a request of the key of this number, unless the key has had its allowance.

        Args:
            number: of the key; 0 for requests without one.
            per_minute: how many it may send; 0 for any number.
        """
        if per_minute == 0:
            return Allowance(0, 0, 0.0, 0.0)
        interval = _MINUTE / per_minute
        with self._lock, _locked(self._file, number * _MOMENT.size, _MOMENT.size):
            now = time.monotonic()
            free_at = self._free_at(number, now)
            wait = free_at + interval - now - _MINUTE
            if wait <= 0:
                free_at += interval
                os.lseek(self._file, number * _MOMENT.size, os.SEEK_SET)
                os.write(self._file, _MOMENT.pack(free_at))
        used = free_at - now
        return Allowance(per_minute, max(0, int((_MINUTE - used) / interval + 1e-6)), used, max(0.0, wait))

    def enter(self, number: int, at_once: int) -> int | None:
        """Takes one of a key's places; None where all are taken.

        Args:
            number: of the key; 0 for requests without one.
            at_once: how many places it has.
        """
        with self._lock:
            own = self._taken.setdefault(number, set())
            for place in range(at_once):
                if place not in own and _try_lock(self._file, self._byte(number, place)):
                    own.add(place)
                    return place
        return None

    def leave(self, number: int, place: int) -> None:
        """Gives a place back."""
        with self._lock:
            if not self._closed:  # a request that the server's end cut off is late
                _unlock(self._file, self._byte(number, place), 1)
                self._taken[number].discard(place)

    def close(self) -> None:
        """Closes the file; all places are given back."""
        with self._lock:
            self._closed = True
            os.close(self._file)

    def _free_at(self, number: int, now: float) -> float:
        os.lseek(self._file, number * _MOMENT.size, os.SEEK_SET)
        kept = os.read(self._file, _MOMENT.size)
        free_at = float(_MOMENT.unpack(kept)[0]) if len(kept) == _MOMENT.size else 0.0
        # The clock begins anew when the machine does: what no request can have left is of an earlier life.
        return free_at if now < free_at <= now + _MINUTE else now

    @staticmethod
    def _byte(number: int, place: int) -> int:
        return _PLACES_AT + number * MOST_AT_ONCE + place


@contextmanager
def _locked(file: int, start: int, length: int) -> Iterator[None]:
    """Holds bytes of a file, for the few microseconds that another process may hold them."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows, where there is one process only
        yield
        return
    fcntl.lockf(file, fcntl.LOCK_EX, length, start)
    try:
        yield
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN, length, start)


def _try_lock(file: int, byte: int) -> bool:
    try:
        import fcntl
    except ModuleNotFoundError:
        return True
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except OSError:  # another process holds it
        return False
    return True


def _unlock(file: int, start: int, length: int) -> None:
    try:
        import fcntl
    except ModuleNotFoundError:
        return
    fcntl.lockf(file, fcntl.LOCK_UN, length, start)
