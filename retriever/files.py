"""Cache files that are either whole or noticed: written aside, synced, renamed, with a checksum."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, *parts: bytes | memoryview) -> None:
    """Puts a file in place at once: whoever opens `path` sees the old bytes or all of the new ones."""
    write_stream(path, parts)


def write_stream(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """The same of parts that are made one after another, as of a file larger than what should be in memory."""
    path.parent.mkdir(exist_ok=True)  # never its parents: the collection may have been deleted meanwhile
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
