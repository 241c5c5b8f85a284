"""Two locks that Python does not have: one for many readers, one between processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SharedLock:
    """Any number of readers at once, or one writer alone. A waiting writer lets no new reader in."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._writers = 0  # at work or waiting
        self._writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Holds writers off. Not to be entered twice by one thread."""
        with self._changed:
            self._changed.wait_for(lambda: not self._writers)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds everybody else off."""
        with self._changed:
            self._writers += 1
            self._changed.wait_for(lambda: not self._readers and not self._writing)
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writers -= 1
                self._writing = False
                self._changed.notify_all()


@contextmanager
def process_lock(path: Path) -> Iterator[None]:
    """Waits until no other process (nor other caller in this one) holds `path`, then holds it."""
    with path.open("ab") as file:
        try:
            import fcntl
        except ImportError:  # Windows: one process at a time is the reader's own business there
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
