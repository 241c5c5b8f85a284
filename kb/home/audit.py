"""The audit log: what was changed, when, and by whom. It only grows, and each entry seals all that came before it.

An entry holds names of actions and collections and ids of keys, documents, files and batches; never a question, a
text, a file's name or a key. The database refuses to change or remove entries. Who gets around that breaks the chain of
hashes, which `verify` finds; who makes the whole chain anew is found by a hash that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kb.catalog import Catalog
from kb.catalog.writing import now
from kb.home.home import Home

TERMINAL, WORKER, SERVER = "terminal", "worker", "server"  # who changes something, where no key does

_COLUMNS = "number, at, actor, action, collection, subject, hash"
_BEGINNING = ""  # what the first entry seals


@dataclass(frozen=True, slots=True)
class Entry:
    """One change."""

    number: int  # from 1, without gaps
    at: str  # ISO 8601, UTC
    actor: str  # a key's id, or "terminal", "worker", "server", "loopback"
    action: str  # "document.added", "key.revoked", …
    collection: str  # "" where it concerns none
    subject: str  # the id of what was changed; "" where that is the collection
    hash: str  # SHA-256 of the one before and of this one


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the log found."""

    entries: int
    head: str  # the last hash; whoever notes it elsewhere can prove later that nothing up to here was changed
    fault: str  # "": the chain is whole


def record(home: Home, actor: str, action: str, *, collection: str = "", subjects: Sequence[str] = ("",)) -> None:
    """Adds an entry for each subject; durable when this returns."""
    if subjects:
        with home.writing() as connection:
            append(connection, actor, action, collection=collection, subjects=subjects)


def append(
    connection: sqlite3.Connection, actor: str, action: str, *, collection: str = "", subjects: Sequence[str] = ("",)
) -> None:
    """Adds an entry for each subject to a transaction, so that it stands and falls with what it tells of."""
    last = connection.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    number, sealed = last or (0, _BEGINNING)
    moment = now()
    for subject in subjects:
        number += 1
        told = (number, moment, actor, action, collection, subject)
        sealed = _seal(sealed, told)
        connection.execute(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", (*told, sealed))  # noqa: S608


@contextmanager
def recording_documents(home: Home, catalog: Catalog, actor: str) -> Iterator[None]:
    """Records which documents came into a collection and which left it while the block ran."""
    before = _documents(catalog)
    try:
        yield
    finally:
        after = _documents(catalog)
        record(home, actor, "document.added", collection=catalog.name, subjects=sorted(after - before))
        record(home, actor, "document.deleted", collection=catalog.name, subjects=sorted(before - after))


def list_entries(
    home: Home, collection: str | None = None, *, before: int | None = None, at_most: int = -1
) -> list[Entry]:
    """Entries, the newest first; of one collection, and with a smaller number than `before`, where these are given."""
    query = (
        f"SELECT {_COLUMNS} FROM audit WHERE (?1 IS NULL OR collection = ?1)"  # noqa: S608
        " AND (?3 IS NULL OR number < ?3) ORDER BY number DESC LIMIT ?2"
    )
    with home.reading() as connection:
        return [Entry(*row) for row in connection.execute(query, (collection, at_most, before))]


def verify(home: Home, noted: str = "") -> Verified:
    """Checks every entry.

    Args:
        home: whose log.
        noted: a hash that the log ended with at some time before; it must still be in it.
    """
    with home.reading() as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY number").fetchall()  # noqa: S608
        given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    sealed = _BEGINNING
    for place, (*told, claimed) in enumerate(rows, 1):
        if told[0] != place:
            return Verified(len(rows), sealed, f"entry {place} is missing")
        sealed = _seal(sealed, told)
        if sealed != claimed:
            return Verified(len(rows), claimed, f"entry {place} is not as it was written")
    if given is not None and given[0] != len(rows):
        return Verified(len(rows), sealed, f"{given[0]} entries were written, and {len(rows)} are there")
    if noted and noted not in {row[-1] for row in rows}:
        return Verified(len(rows), sealed, f"no entry has the hash {noted[:64]}")
    return Verified(len(rows), sealed, "")


def _documents(catalog: Catalog) -> set[str]:
    with catalog.snapshot() as snapshot:
        return snapshot.document_ids()


def _seal(before: str, told: Sequence[Any]) -> str:
    written = json.dumps([before, *told], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
