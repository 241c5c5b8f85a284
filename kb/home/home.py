"""The home folder: its database of jobs, uploaded files and past answers, and the uploads' bytes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kb.catalog.blobs import Blobs
from kb.catalog.schema import connect, migrate, storage_error, transaction
from kb.catalog.writing import empty_journal
from kb.home.schema import MIGRATIONS

DATABASE = "ibid.db"  # in a home folder


class Home:
    """One home folder. One object serves any number of threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.uploads = Blobs(folder / "files")
        self._path = folder / DATABASE
        _keep_private(self._path)
        self._connection = connect(self._path)
        self._lock = threading.Lock()
        migrate(self._connection, self._path, MIGRATIONS)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for single statements that read."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise storage_error(self._path, error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection inside one write transaction."""
        with self._lock, transaction(self._connection, self._path):
            yield self._connection

    def forget_journal(self) -> None:
        """Moves what was just deleted out of the write-ahead log, so that it is gone from the disk."""
        with self.reading() as connection:
            empty_journal(connection)

    def damage(self) -> list[str]:
        """What SQLite finds wrong with the database."""
        with self.reading() as connection:
            return [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()


@contextmanager
def home_around(collection: Path) -> Iterator[Home | None]:
    """The home folder in which a collection's folder stands; None where it stands alone, as a copy somewhere may."""
    folder = collection.absolute().parent.parent
    is_home = collection.absolute().parent.name == "collections" and (folder / DATABASE).is_file()
    if not is_home:
        yield None
        return
    home = Home(folder)
    try:
        yield home
    finally:
        home.close()


def _keep_private(path: Path) -> None:
    """Makes a database that only its owner may read: past answers are in it. SQLite's files beside it take its mode."""
    # Where this cannot be done, opening the database says why.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if file.exists() and file.stat().st_mode & 0o077:
                file.chmod(0o600)
