"""The home folder: its database of jobs and uploaded files, and the uploads' bytes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.catalog.blobs import Blobs
from kb.catalog.schema import connect, migrate, storage_error, transaction
from kb.home.schema import MIGRATIONS


class Home:
    """One home folder. One object serves any number of threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.uploads = Blobs(folder / "files")
        self._path = folder / "ibid.db"
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

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()
