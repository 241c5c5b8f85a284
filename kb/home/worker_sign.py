"""The sign that a worker gives of itself, so that a server can tell whether anybody takes uploads in."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

SIGN_SECONDS = 5.0  # between two signs of a worker
SILENT_SECONDS = 30.0  # without a sign for this long, there is none: a busy machine may miss some

_FILE = "worker.seen"  # its time of change is the sign; a row in the database would be a write each time


def give_sign(folder: Path) -> None:
    """Says that a worker lives. A full disk keeps no worker from working."""
    with suppress(OSError):
        (folder / _FILE).touch()


def is_worker_seen(folder: Path) -> bool:
    """Whether a worker gave a sign of late."""
    try:
        return time.time() - (folder / _FILE).stat().st_mtime < SILENT_SECONDS
    except OSError:
        return False
