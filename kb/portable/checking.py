"""Looks at the database of a collection from elsewhere before it is opened as our own.

It must have the tables that ibid makes and nothing else, and every passage must stand in its document.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kb.catalog.blobs import Blobs
from kb.catalog.catalog import Catalog
from kb.catalog.schema import MIGRATIONS, connect, migrate
from kb.errors import StorageError
from kb.portable.archive import DATABASE, blob_member, document_in, not_a_collection
from kb.records import Collection


def checked(part: Path, name: str, called: str) -> Collection:
    """The collection in `part`, under its new name, when everything in it is as ibid would have made it."""
    database = part / DATABASE
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            _check_tables(connection, database)  # first: until then, only the list of its tables is read
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise not_a_collection(called, "its database is damaged")
            _check_content(connection, Blobs(part / "blobs"), called)
        with closing(connect(database)) as writable:
            migrate(writable, database)
            writable.execute("UPDATE facts SET value = ? WHERE key = 'name'", (name,))
            writable.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with closing(Catalog.open(part)) as catalog:
            return catalog.collection()
    except (sqlite3.Error, ValueError, KeyError) as error:
        raise not_a_collection(called, f"its database cannot be read: {error}") from error


def _check_tables(connection: sqlite3.Connection, database: Path) -> None:
    """Compares the tables with those that ibid of that version makes: a view or trigger could do anything."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StorageError(f"cannot read {database.name}", "it was written by a newer ibid", "Update ibid to read it")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, database, MIGRATIONS[:version])
        if _tables(fresh) != _tables(connection):
            raise ValueError("it has other tables than a collection")


def _tables(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    wanted = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    return sorted(connection.execute(wanted))


def _check_content(connection: sqlite3.Connection, blobs: Blobs, called: str) -> None:
    for (document_id,) in connection.execute("SELECT id FROM documents"):
        if not document_in(blob_member(document_id)) or not blobs.path(document_id).is_file():
            raise not_a_collection(called, f"the bytes of document {str(document_id)[:12]} are missing")
    astray = connection.execute(
        "SELECT count(*) FROM passages AS p LEFT JOIN documents AS d ON d.id = p.document_id"
        " WHERE d.id IS NULL OR substr(d.text, p.start + 1, p.end - p.start) IS NOT p.text"
    ).fetchone()[0]
    if astray:
        raise not_a_collection(called, f"{astray} passages do not stand in their documents")
