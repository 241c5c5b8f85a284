"""One ingestion of a collection at a time from the terminal: a second one is told so at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import BusyError


@contextmanager
def ingestion_lock(folder: Path) -> Iterator[None]:
    """Holds the collection's lock; the system frees it when the process ends, however it ends.

    Raises:
        BusyError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows: commits are still atomic, only double work is not prevented
        yield
        return
    with (folder / "ingest.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise BusyError(
                f"cannot take files into {folder.name!r}",
                f"another ingestion of it is running (process {owner})",
                "Wait until it is done, or stop it: what it has stored stays",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
