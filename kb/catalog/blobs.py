"""The original files of a collection, under the hash of their bytes. A blob is written once and never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_CHUNK = 1 << 20  # 1 MiB: few system calls, little memory
_LEASE_SECONDS = 3600  # a writer that has not committed an hour after writing its blob is gone


class StagedBlob(NamedTuple):
    """Bytes on their way into a folder of blobs."""

    document_id: str  # SHA-256 of the bytes
    size: int
    temporary: Path
    target: Path

    def keep(self) -> None:
        """Puts the bytes into their place; durable before it returns."""
        self.target.parent.mkdir(exist_ok=True)
        self.temporary.replace(self.target)
        _sync_folder(self.target.parent)


class Blobs:
    """A folder of blobs: `ab/abcd…`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, document_id: str) -> Path:
        """Where the blob of this hash stands or would stand."""
        return self.folder / document_id[:2] / document_id

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Stores bytes; returns their hash and their number. Durable before it returns."""
        with self.staged(chunks) as staged:
            staged.keep()
        return staged.document_id, staged.size

    @contextlib.contextmanager
    def staged(self, chunks: Iterable[bytes]) -> Iterator[StagedBlob]:
        """Writes bytes to a temporary file, from which `keep` makes a blob: it is there whole or not at all.

        What was not kept when the block ends is gone.
        """
        self.folder.mkdir(exist_ok=True)  # never its parents: the collection may have been deleted meanwhile
        temporary = self.folder / f".{os.getpid()}-{time.monotonic_ns()}.part"
        digest, size = hashlib.sha256(), 0
        try:
            with temporary.open("xb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            document_id = digest.hexdigest()
            yield StagedBlob(document_id, size, temporary, self.path(document_id))
        finally:
            temporary.unlink(missing_ok=True)

    def put_file(self, path: Path) -> tuple[str, int]:
        """Stores the bytes of a file, without holding them in memory."""
        return self.put(bytes_of([path]))

    def remove(self, document_ids: Iterable[str]) -> None:
        """Removes blobs; those that are not there are passed over."""
        for document_id in document_ids:
            self.path(document_id).unlink(missing_ok=True)

    def sweep(self, live: Collection[str]) -> list[str]:
        """Removes what no document owns and no writer can still be about to own; returns the names."""
        before = time.time() - _LEASE_SECONDS
        removed = []
        for path in self._files():
            if path.name not in live and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                removed.append(path.name)
        return removed

    def _files(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from self.folder.glob(".*.part")
            yield from self.folder.glob("??/*")


def bytes_of(paths: Iterable[Path]) -> Iterator[bytes]:
    """The bytes of files one after another, a little at a time."""
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes in hexadecimal: the id of the document it holds."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut, where the system can (not on Windows)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
