"""One collection on disk: the only truth about its documents, passages and vectors.

Everything is written in single transactions that raise the version by one; everything is read through snapshots.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kb.attributes import AttributeValue, checked_attributes
from kb.calibration import Calibration, calibration_to_json
from kb.catalog import writing
from kb.catalog.blobs import Blobs
from kb.catalog.making import make_database
from kb.catalog.schema import DATABASE, connect, migrate, storage_error, transaction
from kb.catalog.snapshot import Snapshot
from kb.catalog.types import NewVectors, PreparedDocument, Source
from kb.catalog.versions import KeptVersions
from kb.errors import DamagedError, NotFoundError, StorageError
from kb.records import Collection, EmbeddingSpace, Policy


class Catalog:
    """A collection's folder. One object serves any number of threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache_folder = folder / "cache"
        self.blobs = Blobs(folder / "blobs")
        self._path = folder / DATABASE
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._kept_versions = KeptVersions()

    @property
    def name(self) -> str:
        """The collection's name: that of its folder."""
        return self.folder.name

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether `folder` holds a collection."""
        return (folder / DATABASE).is_file()

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
            _require_whole(connection, catalog._path)
            migrate(connection, catalog._path)
        return catalog

    @classmethod
    def create(cls, folder: Path, *, policy: Policy = Policy.FLAG, description: str = "", version: int = 0) -> Catalog:
        """Makes an empty collection, or opens the one that is there. A copy of another one begins at its `version`."""
        make_database(folder, policy=policy, description=description, version=version)
        return cls.open(folder)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A consistent view for one thread: what is committed meanwhile is not seen."""
        with self._connection() as connection:
            try:
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM facts LIMIT 1").fetchone()  # the view begins at the first read
                yield Snapshot(connection, self._kept_versions)
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
        with self._connection() as connection:
            with transaction(connection, self._path):
                writing.settle_space(connection, space)
                version = writing.next_version(connection)
                writing.insert_vectors(connection, space, vectors)
                abandoned = [
                    document_id
                    for prepared in documents
                    for document_id in writing.store_document(connection, prepared, version)
                ]
                replaced = writing.drop_unused_vectors(connection)
                keys = [key for prepared in documents for key in prepared.text_keys]
                writing.require_vectors(connection, space, keys)
            if replaced:
                writing.empty_journal(connection)
        self.blobs.remove(abandoned)
        return version

    def add_vectors(self, space: EmbeddingSpace, vectors: NewVectors) -> None:
        """Keeps vectors of a space that the collection does not use yet; searches go on in its own space."""
        with self._connection() as connection, transaction(connection, self._path):
            writing.insert_vectors(connection, space, vectors)

    def use_space(self, space: EmbeddingSpace) -> int:
        """Makes `space` the collection's own, in one transaction, and forgets the vectors of every other space.

        Raises:
            VectorsMissingError: a passage has no vector in it yet; then nothing changes.
        """
        with self._connection() as connection, transaction(connection, self._path):
            keys = [key for (key,) in connection.execute("SELECT DISTINCT text_key FROM passages")]
            writing.require_vectors(connection, space, keys)
            writing.replace_space(connection, space)
            return writing.next_version(connection)

    def label(
        self,
        *,
        title: str | None = None,
        description: str | None = None,
        labels: Mapping[str, str] | None = None,
        keep_days: int | None = None,
    ) -> None:
        """Notes what people say of the collection; what is None stays as it is. The version stays, too.

        Args:
            title: what people call it.
            description: what is in it.
            labels: free keys, in the place of those before.
            keep_days: without use, after which it is emptied; 0 for never.
        """
        said = {
            "title": title,
            "description": description,
            "labels": None if labels is None else json.dumps(dict(labels), ensure_ascii=False),
            "keep_days": None if keep_days is None else str(keep_days),
        }
        facts = [(key, value) for key, value in said.items() if value is not None]
        with self._connection() as connection, transaction(connection, self._path):
            connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts)

    def may_expire(self) -> bool:
        """Whether the collection is emptied when nobody uses it, and still has to be."""
        with self._connection() as connection:
            query = "SELECT key FROM facts WHERE key = 'expired_at' OR (key = 'keep_days' AND value <> '0')"
            return {key for (key,) in connection.execute(query)} == {"keep_days"}

    def empty(self, moment: str) -> bool:
        """Removes every document, and notes the moment (ISO 8601, UTC) at which the collection expired.

        Returns:
            False where another call was faster.
        """
        with self._connection() as connection:
            with transaction(connection, self._path):
                noted = connection.execute("INSERT OR IGNORE INTO facts VALUES ('expired_at', ?)", (moment,)).rowcount
                if not noted:
                    return False
                version = writing.next_version(connection)
                document_ids = [key for (key,) in connection.execute("SELECT id FROM documents")]
                connection.execute("DELETE FROM sources")
                for document_id in document_ids:
                    writing.remove_document(connection, document_id, version)
                writing.drop_unused_vectors(connection)
            writing.empty_journal(connection)
        self.blobs.remove(document_ids)
        return True

    def set_policy(self, policy: Policy) -> None:
        """Changes what happens to sentences that are not borne out; from the next question on. The version stays."""
        with self._connection() as connection, transaction(connection, self._path):
            connection.execute("UPDATE facts SET value = ? WHERE key = 'policy'", (policy.value,))

    def describe(self, document_id: str, given: Mapping[str, AttributeValue], *, instead: bool = False) -> int:
        """Notes what a person says of a document: it wins over what the document says, also when its file is read anew.

        Args:
            document_id: of a document that is here.
            given: attributes; an empty value removes what is known under its key.
            instead: in the place of everything that was given before, not beside it.

        Returns:
            The new version.

        Raises:
            NotFoundError: there is no such document.
            UsageError: a key or value cannot be (`checked_attributes`).
        """
        with self._connection() as connection, transaction(connection, self._path):
            version = writing.next_version(connection)
            writing.describe_document(connection, document_id, checked_attributes(given), version, instead=instead)
            return version

    def set_calibration(self, calibration: Calibration | None) -> None:
        """Keeps what the collection's own questions said about the confidence of answers, or forgets it."""
        with self._connection() as connection, transaction(connection, self._path):
            connection.execute("DELETE FROM facts WHERE key = 'calibration'")
            if calibration is not None:
                text = calibration_to_json(calibration)
                connection.execute("INSERT INTO facts VALUES ('calibration', ?)", (text,))

    def link(self, sources: Sequence[Source]) -> int:
        """Notes that documents which are there already (`source.document_id`) also come from these sources.

        Raises:
            NotFoundError: one of the documents is not there (any more); then nothing is noted.
        """
        with self._connection() as connection:
            with transaction(connection, self._path):
                version = writing.next_version(connection)
                abandoned = [gone for source in sources for gone in writing.link_source(connection, source, version)]
                writing.drop_unused_vectors(connection)
            writing.empty_journal(connection)
        self.blobs.remove(abandoned)
        return version

    def remove(self, document_ids: Sequence[str]) -> int:
        """Removes documents: no search finds them from the moment this returns.

        Raises:
            NotFoundError: one of them is not there; then none is removed.
        """
        with self._connection() as connection:
            with transaction(connection, self._path):
                version = writing.next_version(connection) if document_ids else writing.version_of(connection)
                for document_id in dict.fromkeys(document_ids):
                    if connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is None:
                        raise NotFoundError(f"no document {document_id}", "nothing was removed")
                    connection.execute("DELETE FROM sources WHERE document_id = ?", (document_id,))
                    writing.remove_document(connection, document_id, version)
                writing.drop_unused_vectors(connection)
            writing.empty_journal(connection)
        self.blobs.remove(document_ids)
        return version

    def forget_sources(self, names: Sequence[str]) -> list[str]:
        """Forgets where documents came from; removes and returns those that no source is left for."""
        with self._connection() as connection:
            with transaction(connection, self._path):
                version = writing.next_version(connection) if names else writing.version_of(connection)
                abandoned = [
                    document_id for name in names for document_id in writing.drop_source(connection, name, version)
                ]
                writing.drop_unused_vectors(connection)
            writing.empty_journal(connection)
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

    def _connect(self) -> sqlite3.Connection:
        """A connection to the database that is there. SQLite would make an empty one where there is none."""
        if not self._path.is_file():
            raise NotFoundError(f"no collection {self.name!r}", "it was deleted")
        try:
            return connect(self._path, create=False)
        except StorageError:
            if not self._path.is_file():  # deleted in this very moment
                raise NotFoundError(f"no collection {self.name!r}", "it was deleted") from None
            raise

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connect()
        try:
            yield connection
        finally:
            with self._lock:
                self._idle.append(connection)


def _require_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Refuses a file that SQLite takes for an empty database: a collection's is put in its place with facts in it.

    Raises:
        DamagedError: it holds no collection.
    """
    try:
        facts = {key for (key,) in connection.execute("SELECT key FROM facts")}
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise storage_error(path, error) from error
        facts = set()
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    if not facts >= {"name", "version"}:
        raise DamagedError(f"cannot read {path}", "it holds no collection: it is empty", "Put a copy in its place")
