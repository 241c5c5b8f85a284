"""The catalog's tables, their migrations, and connections to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import BusyError, DamagedError, StorageError

# Append only: number n brings a catalog from user_version n to n + 1.
MIGRATIONS = (
    """
    CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE documents (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, media_type TEXT NOT NULL, title TEXT NOT NULL,
        domain TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, marks TEXT NOT NULL,
        metadata TEXT NOT NULL, pages INTEGER NOT NULL, passages INTEGER NOT NULL, size INTEGER NOT NULL,
        warnings TEXT NOT NULL, added_at TEXT NOT NULL
    );
    CREATE TABLE sources (
        name TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents(id),
        size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, pipeline TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX sources_by_document ON sources(document_id);
    CREATE TABLE passages (
        number INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL REFERENCES documents(id),
        ordinal INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL,
        headings TEXT NOT NULL, first_page INTEGER NOT NULL, last_page INTEGER NOT NULL,
        text_key BLOB NOT NULL, added_in INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX passages_by_document ON passages(document_id, ordinal);
    CREATE INDEX passages_by_version ON passages(added_in);
    CREATE INDEX passages_by_text ON passages(text_key);
    CREATE TABLE removals (number INTEGER PRIMARY KEY, removed_in INTEGER NOT NULL);
    CREATE INDEX removals_by_version ON removals(removed_in);
    CREATE TABLE vectors (
        space TEXT NOT NULL, text_key BLOB NOT NULL, vector BLOB NOT NULL, UNIQUE (space, text_key)
    );
    CREATE TABLE boxes (
        document_id TEXT NOT NULL REFERENCES documents(id), page INTEGER NOT NULL,
        start INTEGER NOT NULL, end INTEGER NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (document_id, page)
    ) WITHOUT ROWID;
    """,
    # What people say of documents, apart from what their files say: a file that is read anew does not undo it.
    "ALTER TABLE documents ADD COLUMN given TEXT NOT NULL DEFAULT '{}'",
    # What a document replaces, given or stated; few do, and every search asks which.
    """
    ALTER TABLE documents ADD COLUMN replaces TEXT AS
        (coalesce(json_extract(given, '$.replaces'), json_extract(metadata, '$.replaces'), '')) VIRTUAL;
    CREATE INDEX documents_replacing ON documents(replaces) WHERE replaces <> '';
    CREATE INDEX documents_by_name ON documents(name)
    """,
    # All that a list shows of documents and filters ask of them, apart from their texts: SQLite reads every page of a
    # text to come to what stands behind it in its row.
    """
    CREATE INDEX documents_listed ON documents(name, id, title, media_type, domain, language, pages, passages, size,
        added_at, metadata, warnings, given)
    """,
    # The version in which something about a document changed, for readers that know an earlier one.
    """
    ALTER TABLE documents ADD COLUMN changed_in INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX documents_by_version ON documents(changed_in)
    """,
)

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")  # beginnings of what SQLite calls such errors

DATABASE = "catalog.db"  # in the folder of a collection
BUSY_SECONDS = 30.0  # a commit of the largest batch takes about a second on a slow disk; 30 of them may queue


def connect(path: Path, *, create: bool = True) -> sqlite3.Connection:
    """Opens the database at `path` with the settings that durability and deletion rest on.

    WAL with synchronous=FULL: what was acknowledged survives a power cut. secure_delete: deleted text is overwritten.
    Without `create`, a database that is not there is not made.

    Raises:
        StorageError: the file is not a database, or it was written by a newer ibid.
    """
    connection: sqlite3.Connection | None = None
    try:
        place = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        connection = sqlite3.connect(
            place, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS left_texts (text_key BLOB)")
    except sqlite3.Error as error:
        if connection is not None:  # else its file stays open, and a deleted one keeps its place on a full disk
            connection.close()
        raise storage_error(path, error) from error
    return connection


def migrate(connection: sqlite3.Connection, path: Path, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Brings the tables to the newest version, each step in one transaction.

    Raises:
        StorageError: the database is of a later version than this program knows.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(migrations):
        raise StorageError(
            f"cannot open {path}", f"it was written by a newer ibid (schema {version})", "Update ibid to read it"
        )
    for number in range(version, len(migrations)):
        with transaction(connection, path):
            # Two processes may arrive here at once: the second one finds the work done.
            if int(connection.execute("PRAGMA user_version").fetchone()[0]) > number:
                continue
            for statement in _statements(migrations[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number + 1}")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; that of a trigger has semicolons inside."""
    statement = ""
    for part in script.split(";"):
        statement += part
        if sqlite3.complete_statement(f"{statement};"):
            yield statement
            statement = ""
        else:
            statement += ";"


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """One write transaction: all of it or nothing.

    Raises:
        BusyError: another writer held the database longer than `BUSY_SECONDS`.
        StorageError: the disk is full or the database damaged.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:  # after SQLITE_FULL it has already rolled back by itself
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise storage_error(path, error) from error
        raise


def storage_error(path: Path, error: sqlite3.Error) -> BusyError | StorageError:
    """Says in our words what SQLite reported."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return BusyError(f"cannot write {path}", "another process is writing it", "Try again when it is done")
    if "full" in text:
        return StorageError(
            f"cannot write {path}", "the disk is full", "Free some space; nothing that was stored is lost"
        )
    if "unable to open" in text or "readonly" in text:
        return StorageError(f"cannot open {path}", text, "Check that the folder exists and may be written")
    if "I/O" in text:  # where not even the few pages fit that SQLite shares between processes, it says no more either
        return StorageError(
            f"cannot read or write {path}",
            f"{text}: the disk is full or failing",
            "Free some space; nothing that was stored is lost by a full disk",
        )
    kind = DamagedError if getattr(error, "sqlite_errorname", "").startswith(_DAMAGED) else StorageError
    return kind(f"cannot read {path}", text, "Run `ibid doctor` to see what is damaged")
