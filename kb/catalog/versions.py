"""Which documents replace which, and from when to when each of them is therefore in force.

A document names in `replaces` what it replaces: beginnings of ids, names or file names, parted by commas. Nothing of
this is kept beside the documents: when the newer one goes, the older one is in force again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kb.catalog import rows
from kb.records import DocumentEntry

REPLACES = "replaces"
SHORT_ID = 16  # digits of an id that are written down: 64 bits, enough that no two documents share them


@dataclass(frozen=True, slots=True)
class Versions:
    """The documents of a collection that replace others or are replaced; all others stand alone."""

    replaced: Mapping[str, tuple[str, ...]]  # by the id of the newer one: the older ones' ids
    replacing: Mapping[str, tuple[str, ...]]  # by the id of the older one: the newer ones' ids
    begins: Mapping[str, str]  # by the id of a newer one: its first day in force, ISO 8601
    numbers: Mapping[str, int]  # by the id of a newer one: one more than the highest of those it replaces

    def placed(self, entry: DocumentEntry) -> DocumentEntry:
        """The entry with its place among versions; its time in force ends the day before a newer version begins."""
        replaced, replacing = self.replaced.get(entry.id, ()), self.replacing.get(entry.id, ())
        if not replaced and not replacing:
            return entry
        ends = [_day_before(self.begins[newer]) for newer in replacing]
        if entry.effective_to:
            ends.append(entry.effective_to)
        return replace(
            entry,
            effective_from=self.begins.get(entry.id, entry.effective_from),
            effective_to=min(ends, default=""),
            version=self.numbers.get(entry.id, 1),
            replaces=replaced,
            replaced_by=replacing,
        )

    def with_older(self, document_id: str) -> set[str]:
        """A document and all that it replaces, directly or over others."""
        return _with_older(document_id, self.replaced)

    def not_current(self, day: date) -> list[str]:
        """Ids of the documents that an ordinary search on this day leaves out: replaced, or not yet in the place."""
        today = day.isoformat()
        replaced = [older for older, newer in self.replacing.items() if any(self.begins[n] <= today for n in newer)]
        return replaced + [newer for newer in self.replaced if self.begins[newer] > today]


NO_VERSIONS = Versions({}, {}, {}, {})


class KeptVersions:
    """The versions among a catalog's documents as they were last read: most snapshots are of the same state."""

    def __init__(self) -> None:
        self._latest: tuple[int, Versions] | None = None

    def at(self, version: int, read: Callable[[], Versions]) -> Versions:
        """What `read` tells of this version of the catalog, read anew only where it is another one than before."""
        latest = self._latest
        if latest is None or latest[0] != version:
            latest = self._latest = (version, read())
        return latest[1]


def read_versions(connection: sqlite3.Connection) -> Versions:
    """The versions among the documents of a catalog."""
    query = f"SELECT replaces, {rows.ENTRY_COLUMNS} FROM documents WHERE replaces <> '' ORDER BY added_at, id"  # noqa: S608
    found = [(wanted, rows.entry_from(columns)) for wanted, *columns in connection.execute(query)]
    return versions_of([(entry, _named(connection, wanted, entry.id)) for wanted, entry in found])


def _named(connection: sqlite3.Connection, wanted: str, by: str) -> list[str]:
    """The ids of the documents that a list of ids and names means; a name of none or of several means none."""
    whole = _one_named(connection, wanted.strip(), by)
    found = [whole] if whole else [_one_named(connection, part.strip(), by) for part in wanted.split(",")]
    return [document_id for document_id in found if document_id]


def _one_named(connection: sqlite3.Connection, wanted: str, by: str) -> str:
    queries = ["SELECT id FROM documents WHERE name = ?1 AND id <> ?2 LIMIT 2"]
    if len(wanted) >= SHORT_ID:  # "g" comes after every hexadecimal digit
        queries.insert(0, "SELECT id FROM documents WHERE id >= ?1 AND id < ?1 || 'g' AND id <> ?2 LIMIT 2")
    queries.append("SELECT id FROM documents WHERE substr(name, -length(?1) - 1) = '/' || ?1 AND id <> ?2 LIMIT 2")
    found = (connection.execute(query, (wanted, by)).fetchall() for query in queries)
    some: list[tuple[str]] = next(filter(None, found), [])
    return some[0][0] if len(some) == 1 else ""


def versions_of(links: Sequence[tuple[DocumentEntry, Sequence[str]]]) -> Versions:
    """Puts documents in their order.

    Args:
        links: newer documents with the ids of the older ones, the documents that were added first coming first. A link
            that would make a document replace itself, directly or over others, is left out.
    """
    replaced: dict[str, tuple[str, ...]] = {}
    replacing: dict[str, tuple[str, ...]] = {}
    for newer, wanted in links:
        older = tuple(dict.fromkeys(one for one in wanted if newer.id not in _with_older(one, replaced)))
        if older:
            replaced[newer.id] = older
        for one in older:
            replacing[one] = (*replacing.get(one, ()), newer.id)
    # A version without a first day counts from the day on which it was added.
    begins = {newer.id: newer.effective_from or newer.added_at[:10] for newer, _ in links if newer.id in replaced}
    numbers = {newer: _number(newer, replaced) for newer in replaced}
    return Versions(replaced, replacing, begins, numbers)


def _with_older(document_id: str, replaced: Mapping[str, tuple[str, ...]]) -> set[str]:
    """A document and all that it replaces, directly or over others."""
    seen: set[str] = set()
    waiting = [document_id]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += replaced.get(one, ())
    return seen


def _number(document_id: str, replaced: Mapping[str, tuple[str, ...]]) -> int:
    """1 for what replaces nothing; links make no circle."""
    return 1 + max((_number(older, replaced) for older in replaced.get(document_id, ())), default=0)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def today() -> date:
    """This day where this machine stands: an ordinary search reads the versions in force on it."""
    return datetime.now().astimezone().date()
