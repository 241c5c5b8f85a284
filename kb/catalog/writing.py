"""The statements of a write. Each function runs inside a transaction of the caller."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kb.attributes import AttributeValue, checked_attributes
from kb.catalog import rows
from kb.catalog.schema import BUSY_SECONDS
from kb.catalog.snapshot import Snapshot
from kb.catalog.types import NewVectors, PreparedDocument, Source, VectorsMissingError
from kb.catalog.versions import NO_VERSIONS, REPLACES, read_versions
from kb.errors import EmbeddingSpaceError, NotFoundError, UsageError
from kb.records import EmbeddingSpace


def now() -> str:
    """This moment in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def in_seconds(seconds: float) -> str:
    """The moment that many seconds from now, as `now` writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def version_of(connection: sqlite3.Connection) -> int:
    """The collection's version before this transaction."""
    return int(connection.execute("SELECT value FROM facts WHERE key = 'version'").fetchone()[0])


def next_version(connection: sqlite3.Connection) -> int:
    """Raises the version by one and returns it."""
    version = version_of(connection) + 1
    connection.execute("UPDATE facts SET value = ? WHERE key = 'version'", (str(version),))
    return version


def settle_space(connection: sqlite3.Connection, space: EmbeddingSpace) -> None:
    """The first vectors decide the collection's space; later ones must be of it."""
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


def insert_vectors(connection: sqlite3.Connection, space: EmbeddingSpace, vectors: NewVectors) -> None:
    """Keeps vectors; those that are there already stay as they are."""
    connection.executemany(
        "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
        ((space.id, key, rows.vector_to_blob(vector)) for key, vector in vectors.items()),
    )


def replace_space(connection: sqlite3.Connection, space: EmbeddingSpace) -> None:
    """Points the collection at another space; a dense index of the old one sees that its space is gone."""
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('space', ?)", (rows.space_to_json(space),))
    connection.execute("DELETE FROM vectors WHERE space <> ?", (space.id,))


def store_document(connection: sqlite3.Connection, prepared: PreparedDocument, version: int) -> list[str]:
    """Writes a document with its passages, boxes and source; returns what lost its last source to it."""
    document = prepared.document
    stored = connection.execute("SELECT 1 FROM documents WHERE id = ?", (document.id,)).fetchone()
    if stored is not None:  # the same bytes again: read anew by a newer pipeline, or under another name
        _remove_passages(connection, document.id, version)
    _insert_document(connection, prepared, version)
    describe_document(connection, document.id, prepared.given, version)
    connection.executemany(
        f"INSERT INTO passages ({rows.PASSAGE_COLUMNS}, text_key, added_in)"  # noqa: S608 (a constant)
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((*rows.passage_to_row(p), key, version) for p, key in zip(prepared.passages, prepared.text_keys, strict=True)),
    )
    connection.executemany(
        "INSERT INTO boxes VALUES (?, ?, ?, ?, ?)", ((document.id, *row) for row in rows.pack_boxes(document.boxes))
    )
    return link_source(connection, replace(prepared.source, document_id=document.id), version)


def link_source(connection: sqlite3.Connection, source: Source, version: int) -> list[str]:
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


def _insert_document(connection: sqlite3.Connection, prepared: PreparedDocument, version: int) -> None:
    document = prepared.document
    connection.execute(
        "INSERT INTO documents (id, name, media_type, title, domain, language, text, marks, metadata, pages, passages,"
        " size, warnings, added_at, changed_in) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name=excluded.name, title=excluded.title, media_type=excluded.media_type,"
        " language=excluded.language, text=excluded.text, marks=excluded.marks, metadata=excluded.metadata,"
        " pages=excluded.pages, passages=excluded.passages, warnings=excluded.warnings, domain=excluded.domain,"
        " changed_in=excluded.changed_in",
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
            version,
        ),
    )


def describe_document(
    connection: sqlite3.Connection,
    document_id: str,
    given: Mapping[str, AttributeValue],
    version: int,
    *,
    instead: bool = False,
) -> None:
    """Adds to what people say of a document, or puts it in the place of all that they said.

    Raises:
        NotFoundError: there is no such document.
        UsageError: with what was given before, the last day would be before the first; or it cannot replace what it is
            said to replace.
    """
    row = connection.execute("SELECT metadata, given FROM documents WHERE id = ?", (document_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"no document {document_id}", "nothing was set")
    stated, before = json.loads(row[0]), {} if instead else json.loads(row[1])
    kept = checked_attributes({**before, **given})
    # An empty value is only kept where it hides what the file states.
    kept = {key: value for key, value in kept.items() if value != "" or key in stated}
    before_this = read_versions(connection) if given.get(REPLACES) else NO_VERSIONS
    if kept != json.loads(row[1]):
        changed = (rows.to_json(kept), version, document_id)
        connection.execute("UPDATE documents SET given = ?, changed_in = ? WHERE id = ?", changed)
    if not given.get(REPLACES):
        return
    replaced = read_versions(connection).replaced.get(document_id, ())
    if not replaced or any(document_id in before_this.with_older(older) for older in replaced):
        why = "no one document of the collection is named so, or a document would replace itself"
        raise UsageError(f"cannot replace {given[REPLACES]}", why, "`ibid documents` lists what is there")


def drop_source(connection: sqlite3.Connection, name: str, version: int) -> list[str]:
    """Forgets a source; returns the document that thereby lost its last one."""
    row = connection.execute("SELECT document_id FROM sources WHERE name = ?", (name,)).fetchone()
    connection.execute("DELETE FROM sources WHERE name = ?", (name,))
    return _remove_if_abandoned(connection, row[0], version) if row else []


def _remove_if_abandoned(connection: sqlite3.Connection, document_id: str, version: int) -> list[str]:
    if connection.execute("SELECT 1 FROM sources WHERE document_id = ?", (document_id,)).fetchone():
        return []
    remove_document(connection, document_id, version)
    return [document_id]


def remove_document(connection: sqlite3.Connection, document_id: str, version: int) -> None:
    """Removes a document that no source points to, with all that hangs on it."""
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


def drop_unused_vectors(connection: sqlite3.Connection) -> bool:
    """A vector tells something of its text: it goes with the last passage that says it.

    Returns:
        Whether any passage was removed in this transaction.
    """
    connection.execute(
        # The few spaces are named, since vectors are ordered by space first: without them, all would be looked through.
        "WITH RECURSIVE spaces(space) AS (SELECT min(space) FROM vectors UNION ALL"
        " SELECT (SELECT min(space) FROM vectors WHERE space > spaces.space) FROM spaces WHERE space IS NOT NULL)"
        " DELETE FROM vectors WHERE space IN (SELECT space FROM spaces WHERE space IS NOT NULL)"
        " AND text_key IN (SELECT text_key FROM temp.left_texts)"
        " AND NOT EXISTS (SELECT 1 FROM passages WHERE passages.text_key = vectors.text_key)"
    )
    return connection.execute("DELETE FROM temp.left_texts").rowcount > 0


def require_vectors(connection: sqlite3.Connection, space: EmbeddingSpace, keys: Sequence[bytes]) -> None:
    """Refuses to commit passages whose vectors are not there."""
    missing = set(keys) - Snapshot(connection).known_keys(space, keys)
    if missing:
        raise VectorsMissingError(missing)


def empty_journal(connection: sqlite3.Connection) -> None:
    """Moves deleted pages out of the write-ahead log, so that the text is gone from the disk.

    A reader of an older version makes this wait, and after a moment give up: the next one that gets through does it.
    """
    connection.execute("PRAGMA busy_timeout=200")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
