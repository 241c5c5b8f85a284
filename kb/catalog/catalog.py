"""One collection on disk: the only truth about its documents, passages and vectors.

Everything is written in single transactions that raise the version by one; everything is read through snapshots.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.catalog import rows
from kb.catalog.blobs import Blobs
from kb.catalog.schema import BUSY_SECONDS, connect, migrate, storage_error, transaction
from kb.catalog.snapshot import Snapshot
from kb.catalog.types import PreparedDocument, Source, VectorsMissingError
from kb.errors import EmbeddingSpaceError, NotFoundError
from kb.records import Collection, EmbeddingSpace, Policy

NewVectors = Mapping[bytes, NDArray[np.float32]]

_DATABASE = "catalog.db"


class Catalog:
    """A collection's folder. One object serves any number of threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache_folder = folder / "cache"
        self.blobs = Blobs(folder / "blobs")
        self._path = folder / _DATABASE
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The collection's name: that of its folder."""
        return self.folder.name

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether `folder` holds a collection."""
        return (folder / _DATABASE).is_file()

    @classmethod
    def open(cls, folder: Path) -> Catalog:
        """Opens a collection that is there.

        Raises:
            NotFoundError: there is none.
            StorageError: it cannot be read.
        """
        if not cls.exists(folder):
            raise NotFoundError(f"no collection {folder.name!r}", advice="`ibid collections` lists what is there")
        catalog = cls(folder)
        with catalog._connection() as connection:
            migrate(connection, catalog._path)
        return catalog

    @classmethod
    def create(cls, folder: Path, *, policy: Policy = Policy.FLAG, description: str = "") -> Catalog:
        """Makes an empty collection, or opens the one that is there."""
        folder.mkdir(parents=True, exist_ok=True)
        catalog = cls(folder)
        facts = {"name": folder.name, "created_at": now(), "version": "0", "policy": policy, "description": description}
        with catalog._connection() as connection:
            migrate(connection, catalog._path)
            with transaction(connection, catalog._path):
                connection.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts.items())
        return catalog

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A consistent view for one thread: what is committed meanwhile is not seen."""
        with self._connection() as connection:
            try:
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM facts LIMIT 1").fetchone()  # the view begins at the first read
                yield Snapshot(connection)
            except sqlite3.Error as error:
                raise storage_error(self._path, error) from error
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def collection(self) -> Collection:
        """The collection as it is now."""
        with self.snapshot() as snapshot:
            return snapshot.collection()

    def store(self, documents: Sequence[PreparedDocument], space: EmbeddingSpace, vectors: NewVectors) -> int:
        """Stores documents with their passages and vectors, replacing what their sources held before.

        Args:
            documents: each with its source; a document that is there already (same bytes) only gains the source.
            space: the space of `vectors`, which becomes the collection's own if it has none yet.
            vectors: by text key, those that the catalog does not have yet.

        Returns:
            The new version.

        Raises:
            EmbeddingSpaceError: the collection's vectors are of another space.
            VectorsMissingError: a vector that was known is gone, because its last document was removed meanwhile.
            BusyError: another writer is at work and does not come to an end.
            StorageError: the disk is full.
        """
        with self._connection() as connection, transaction(connection, self._path):
            _settle_space(connection, space)
            version = _next_version(connection)
            connection.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
                ((space.id, key, rows.vector_to_blob(vector)) for key, vector in vectors.items()),
            )
            abandoned = [
                document_id for prepared in documents for document_id in _store_document(connection, prepared, version)
            ]
        self.blobs.remove(abandoned)
        return version

    def link(self, sources: Sequence[Source]) -> int:
        """Notes that documents which are there already (`source.document_id`) also come from these sources.

        Raises:
            NotFoundError: one of the documents is not there (any more); then nothing is noted.
        """
        with self._connection() as connection:
            with transaction(connection, self._path):
                version = _next_version(connection)
                abandoned = [gone for source in sources for gone in _link(connection, source, version)]
                _drop_unused_vectors(connection)
            _empty_journal(connection)
        self.blobs.remove(abandoned)
        return version

    def remove(self, document_ids: Sequence[str]) -> int:
        """Removes documents: no search finds them from the moment this returns.

        Raises:
            NotFoundError: one of them is not there; then none is removed.
        """
        with self._connection() as connection:
            with transaction(connection, self._path):
                version = _next_version(connection) if document_ids else _version(connection)
                for document_id in dict.fromkeys(document_ids):
                    if connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is None:
                        raise NotFoundError(f"no document {document_id}", "nothing was removed")
                    connection.execute("DELETE FROM sources WHERE document_id = ?", (document_id,))
                    _remove_document(connection, document_id, version)
                _drop_unused_vectors(connection)
            _empty_journal(connection)
        self.blobs.remove(document_ids)
        return version

    def forget_sources(self, names: Sequence[str]) -> list[str]:
        """Forgets where documents came from; removes and returns those that no source is left for."""
        with self._connection() as connection:
            with transaction(connection, self._path):
                version = _next_version(connection) if names else _version(connection)
                abandoned = [document_id for name in names for document_id in _drop_source(connection, name, version)]
                _drop_unused_vectors(connection)
            _empty_journal(connection)
        self.blobs.remove(abandoned)
        return abandoned

    def damage(self) -> list[str]:
        """What SQLite finds wrong with the file, and passages that are not the span they claim to be."""
        with self.snapshot() as snapshot, self._connection() as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            for entry in snapshot.documents():
                text = snapshot.document(entry.id).text
                found += [
                    f"passage {stored.passage.id} is not a span of {entry.name}"
                    for stored in snapshot.passages_of(entry.id)
                    if text[stored.passage.start : stored.passage.end] != stored.passage.text
                ]
        return found

    def close(self) -> None:
        """Closes idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or connect(self._path)
        try:
            yield connection
        finally:
            with self._lock:
                self._idle.append(connection)


def now() -> str:
    """This moment in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT value FROM facts WHERE key = 'version'").fetchone()[0])


def _next_version(connection: sqlite3.Connection) -> int:
    version = _version(connection) + 1
    connection.execute("UPDATE facts SET value = ? WHERE key = 'version'", (str(version),))
    return version


def _settle_space(connection: sqlite3.Connection, space: EmbeddingSpace) -> None:
    row = connection.execute("SELECT value FROM facts WHERE key = 'space'").fetchone()
    if row is None:
        connection.execute("INSERT INTO facts VALUES ('space', ?)", (rows.space_to_json(space),))
        return
    own = rows.space_from_json(row[0])
    if own.id != space.id:
        raise EmbeddingSpaceError(
            "cannot store these vectors",
            f"the collection holds vectors of {own.model} ({own.dimension}), these are of {space.model}"
            f" ({space.dimension})",
            "Set the collection's own model again, or change the collection with `ibid reembed`",
        )


def _store_document(connection: sqlite3.Connection, prepared: PreparedDocument, version: int) -> list[str]:
    """Returns the documents that lost their last source to this one."""
    document = prepared.document
    stored = connection.execute("SELECT 1 FROM documents WHERE id = ?", (document.id,)).fetchone()
    if stored is not None:  # the same bytes again: read anew by a newer pipeline, or under another name
        _remove_passages(connection, document.id, version)
    _insert_document(connection, prepared)
    connection.executemany(
        f"INSERT INTO passages ({rows.PASSAGE_COLUMNS}, text_key, added_in)"  # noqa: S608 (a constant)
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*rows.passage_to_row(p), key, version) for p, key in zip(prepared.passages, prepared.text_keys, strict=True)),
    )
    connection.executemany(
        "INSERT INTO boxes VALUES (?, ?, ?, ?, ?)", ((document.id, *row) for row in rows.pack_boxes(document.boxes))
    )
    return _link(connection, replace(prepared.source, document_id=document.id), version)


def _link(connection: sqlite3.Connection, source: Source, version: int) -> list[str]:
    """Points a source at its document; returns the document that thereby lost its last source."""
    if connection.execute("SELECT 1 FROM documents WHERE id = ?", (source.document_id,)).fetchone() is None:
        raise NotFoundError(f"no document {source.document_id}", f"it is said to come from {source.name}")
    before = connection.execute("SELECT document_id FROM sources WHERE name = ?", (source.name,)).fetchone()
    connection.execute(
        "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)",
        (source.name, source.document_id, source.size, source.modified_ns, source.pipeline),
    )
    if before is None or before[0] == source.document_id:
        return []
    return _remove_if_abandoned(connection, before[0], version)


def _insert_document(connection: sqlite3.Connection, prepared: PreparedDocument) -> None:
    document = prepared.document
    connection.execute(
        "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name=excluded.name, title=excluded.title, media_type=excluded.media_type,"
        " language=excluded.language, text=excluded.text, marks=excluded.marks, metadata=excluded.metadata,"
        " pages=excluded.pages, passages=excluded.passages, warnings=excluded.warnings, domain=excluded.domain",
        (
            document.id,
            document.name,
            document.media_type,
            document.title,
            document.domain,
            document.language,
            document.text,
            rows.marks_to_json(document.marks),
            rows.to_json(document.metadata),
            document.pages,
            len(prepared.passages),
            prepared.source.size,
            rows.to_json(document.warnings),
            now(),
        ),
    )


def _drop_source(connection: sqlite3.Connection, name: str, version: int) -> list[str]:
    row = connection.execute("SELECT document_id FROM sources WHERE name = ?", (name,)).fetchone()
    connection.execute("DELETE FROM sources WHERE name = ?", (name,))
    return _remove_if_abandoned(connection, row[0], version) if row else []


def _remove_if_abandoned(connection: sqlite3.Connection, document_id: str, version: int) -> list[str]:
    if connection.execute("SELECT 1 FROM sources WHERE document_id = ?", (document_id,)).fetchone():
        return []
    _remove_document(connection, document_id, version)
    return [document_id]


def _remove_document(connection: sqlite3.Connection, document_id: str, version: int) -> None:
    _remove_passages(connection, document_id, version)
    connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))


def _remove_passages(connection: sqlite3.Connection, document_id: str, version: int) -> None:
    connection.execute(
        "INSERT INTO removals SELECT number, ? FROM passages WHERE document_id = ?", (version, document_id)
    )
    connection.execute(
        "INSERT INTO temp.left_texts SELECT text_key FROM passages WHERE document_id = ?", (document_id,)
    )
    connection.execute("DELETE FROM passages WHERE document_id = ?", (document_id,))
    connection.execute("DELETE FROM boxes WHERE document_id = ?", (document_id,))


def _drop_unused_vectors(connection: sqlite3.Connection) -> None:
    """A vector tells something of its text: it goes with the last passage that says it."""
    connection.execute(
        "DELETE FROM vectors WHERE text_key IN (SELECT text_key FROM temp.left_texts)"
        " AND NOT EXISTS (SELECT 1 FROM passages WHERE passages.text_key = vectors.text_key)"
    )
    connection.execute("DELETE FROM temp.left_texts")


def _require_vectors(connection: sqlite3.Connection, space: EmbeddingSpace, keys: Sequence[bytes]) -> None:
    missing = set(keys) - Snapshot(connection).known_keys(space, keys)
    if missing:
        raise VectorsMissingError(missing)


def _empty_journal(connection: sqlite3.Connection) -> None:
    """Moves deleted pages out of the write-ahead log, so that the text is gone from the disk.

    A reader of an older version makes this wait, and after a moment give up: the next one that gets through does it.
    """
    connection.execute("PRAGMA busy_timeout=200")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
