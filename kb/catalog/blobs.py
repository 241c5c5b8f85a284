"""The original files of a collection, under the hash of their bytes. A blob is written once and never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

_CHUNK = 1 << 20  # 1 MiB: few system calls, little memory
_LEASE_SECONDS = 3600  # a writer that has not committed an hour after writing its blob is gone


class Blobs:
    """A folder of blobs: `ab/abcd…`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, document_id: str) -> Path:
        """Where the blob of this hash stands or would stand."""
        return self.folder / document_id[:2] / document_id

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Stores bytes; returns their hash and their number. Durable before it returns.

        The bytes go to a temporary file that is synced and renamed, so that a blob is there whole or not at all.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
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
            target = self.path(digest.hexdigest())
            target.parent.mkdir(exist_ok=True)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return digest.hexdigest(), size

    def put_file(self, path: Path) -> tuple[str, int]:
        """Stores the bytes of a file, without holding them in memory."""
        with path.open("rb") as file:
            return self.put(iter(lambda: file.read(_CHUNK), b""))

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
