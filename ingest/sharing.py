"""Which files one confined process may read together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

NamedFile = tuple[Path, str]  # where a file stands, and how it is called

# A process of its own costs a small file as much as its parsing (17 of 35 ms). Those that are read by Python code and
# lxml alone therefore share one, a few at a time: what ends the process costs only a second reading, each file alone.
_SHARING_ENDINGS = frozenset({".md", ".markdown", ".txt", ".text", ".html", ".htm"})
_SHARING_BYTES = 256_000
_SHARING_FILES = 16
_BEGINNING = 1024  # bytes in which a PDF says that it is one
_NOT_TEXT = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"II*", b"MM*")


def sharing(files: Sequence[NamedFile]) -> Iterator[list[NamedFile]]:
    """Parts of `files`, in order: small text files that one process may read together, every other file alone."""
    together: list[NamedFile] = []
    for path, name in files:
        shares = _may_share(path, name)
        if together and (not shares or len(together) == _SHARING_FILES):
            yield together
            together = []
        if shares:
            together.append((path, name))
        else:
            yield [(path, name)]
    if together:
        yield together


def _may_share(path: Path, name: str) -> bool:
    """Whether a file is small text, also by its bytes: whatever ending it has, a PDF or archive is read alone."""
    if Path(name).suffix.lower() not in _SHARING_ENDINGS:
        return False
    try:
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return False  # alone, it gets its own reason
    return size <= _SHARING_BYTES and b"\0" not in beginning and not any(sign in beginning for sign in _NOT_TEXT)
