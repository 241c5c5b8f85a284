"""Reading a collection: everything through one snapshot is of one version."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kb.attributes import AttributeValue
from kb.calibration import Calibration, calibration_from_json
from kb.catalog import rows
from kb.catalog.matching import let_through
from kb.catalog.places import line_boxes, page_at
from kb.catalog.types import Changes, IndexedText, ListedDocument, Source, StoredPassage
from kb.catalog.versions import KeptVersions, Versions, read_versions
from kb.errors import NotFoundError
from kb.ports import Vectors
from kb.records import (
    Box,
    Collection,
    Document,
    DocumentEntry,
    EmbeddingSpace,
    Filters,
    Mark,
    MarkKind,
    Passage,
    Policy,
)

Numbers = NDArray[np.int64]
_Value = TypeVar("_Value", int, str, bytes)

_BATCH = 900  # SQLite's oldest limit of variables in one statement is 999


class Snapshot:
    """One state of one collection, for one thread, as long as its `with` block lasts."""

    def __init__(self, connection: sqlite3.Connection, kept_versions: KeptVersions | None = None) -> None:
        self._connection = connection
        self._kept_versions = kept_versions or KeptVersions()

    @cached_property
    def _facts(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT key, value FROM facts"))

    @property
    def version(self) -> int:
        """Grows by one with every commit."""
        return int(self._facts["version"])

    @property
    def space(self) -> EmbeddingSpace | None:
        """The space of the vectors in use; None while the collection is empty."""
        text = self._facts.get("space")
        return rows.space_from_json(text) if text else None

    @property
    def created_at(self) -> str:
        """When the collection was made (ISO 8601, UTC)."""
        return self._facts["created_at"]

    @property
    def expired_at(self) -> str:
        """When the collection was emptied since nobody used it (ISO 8601, UTC); "" where it was not."""
        return self._facts.get("expired_at", "")

    def collection(self) -> Collection:
        """The collection as a list shows it."""
        documents, passages = self._connection.execute(
            "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)"
        ).fetchone()
        return Collection(
            name=self._facts["name"],
            space=self.space,
            version=self.version,
            documents=documents,
            passages=passages,
            created_at=self._facts["created_at"],
            policy=Policy(self._facts["policy"]),
            description=self._facts["description"],
            title=self._facts.get("title", ""),
            labels=json.loads(self._facts.get("labels", "{}")),
            keep_days=int(self._facts.get("keep_days", "0")),
            expired_at=self._facts.get("expired_at", ""),
        )

    def size(self) -> tuple[int, str]:
        """Bytes of all original files together, and when the newest document was added ("" where there is none)."""
        row = self._connection.execute("SELECT coalesce(sum(size), 0), coalesce(max(added_at), '') FROM documents")
        size, added_at = row.fetchone()
        return size, added_at

    def calibration(self) -> Calibration | None:
        """What the collection's own questions said about the confidence of answers, where they were asked."""
        text = self._facts.get("calibration")
        return calibration_from_json(text, f"the calibration of {self._facts['name']!r}") if text else None

    def numbers(self) -> Numbers:
        """Every live passage number, ascending."""
        return self._numbers("SELECT number FROM passages ORDER BY number")

    def changes_since(self, version: int) -> Changes:
        """Live passages added after `version`, and numbers removed after it."""
        return Changes(
            # "+": to have them in order, SQLite would walk through the whole table, 0.3 s of a million passages.
            self._numbers("SELECT number FROM passages WHERE added_in > ? ORDER BY +number", version),
            self._numbers("SELECT number FROM removals WHERE removed_in > ? ORDER BY +number", version),
        )

    def vectors(self, numbers: Sequence[int] | Numbers) -> Vectors:
        """Shape (len(numbers), dimension), in the order of `numbers`.

        Raises:
            NotFoundError: a number is not live or has no vector in the collection's space.
        """
        space = self.space
        if space is None or len(numbers) == 0:
            return np.zeros((0, space.dimension if space else 0), dtype=np.float32)
        found: dict[int, bytes] = {}
        for marks, batch in _batches(numbers):
            found.update(
                self._connection.execute(
                    # CROSS JOIN: SQLite would read every vector of the space for each batch, a thousand times slower.
                    "SELECT p.number, v.vector FROM passages p CROSS JOIN vectors v"  # noqa: S608
                    " ON v.text_key = p.text_key"
                    f" AND v.space = ? WHERE p.number IN ({marks})",  # (question marks only)
                    (space.id, *batch),
                )
            )
        missing = [int(number) for number in numbers if int(number) not in found]
        if missing:
            raise NotFoundError(f"passages {missing[:5]} have no vector", "the catalog is damaged", "Run `ibid doctor`")
        return rows.vectors_from_blobs([found[int(number)] for number in numbers], space.dimension)

    def known_keys(self, space: EmbeddingSpace, keys: Iterable[bytes]) -> set[bytes]:
        """Those of `keys` that already have a vector in `space`."""
        known: set[bytes] = set()
        for marks, batch in _batches(list(keys)):
            found = self._connection.execute(
                f"SELECT text_key FROM vectors WHERE space = ? AND text_key IN ({marks})",  # noqa: S608
                (space.id, *batch),
            )
            known.update(key for (key,) in found)
        return known

    def passages(self, numbers: Sequence[int] | Numbers) -> dict[int, StoredPassage]:
        """The live ones of `numbers` with their documents; what was deleted is absent."""
        stored: dict[int, StoredPassage] = {}
        entries: dict[str, DocumentEntry] = {}
        for marks, batch in _batches(numbers):
            query = f"SELECT number, {rows.PASSAGE_COLUMNS} FROM passages WHERE number IN ({marks})"  # noqa: S608
            for number, *columns in self._connection.execute(query, batch):
                passage = rows.passage_from(columns)
                if passage.document_id not in entries:
                    entries[passage.document_id] = self.entry(passage.document_id)
                stored[number] = StoredPassage(number, passage, entries[passage.document_id])
        return stored

    def passages_of(self, document_id: str) -> list[StoredPassage]:
        """Every passage of a document in reading order."""
        entry = self.entry(document_id)
        query = f"SELECT number, {rows.PASSAGE_COLUMNS} FROM passages WHERE document_id = ? ORDER BY ordinal"  # noqa: S608
        found = self._connection.execute(query, (document_id,))
        return [StoredPassage(number, rows.passage_from(columns), entry) for number, *columns in found]

    def passages_between(self, document_id: str, first: int, last: int) -> list[Passage]:
        """The passages of a document from order `first` to order `last`, in reading order; those that are there."""
        wanted = "document_id = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal"
        query = f"SELECT {rows.PASSAGE_COLUMNS} FROM passages WHERE {wanted}"  # noqa: S608
        return [rows.passage_from(columns) for columns in self._connection.execute(query, (document_id, first, last))]

    def order_at(self, document_id: str, offset: int) -> int:
        """The order of the passage of a document in which an offset of its text stands, or of the next one."""
        query = "SELECT count(*) FROM passages WHERE document_id = ? AND end <= ?"
        return int(self._connection.execute(query, (document_id, offset)).fetchone()[0])

    def numbers_within(self, document_id: str, start: int, end: int) -> list[int]:
        """The numbers of a document's passages that begin inside `[start:end]`, else of the one that it stands in."""
        query = "SELECT number FROM passages WHERE document_id = ? AND {} ORDER BY ordinal"
        inside = self._numbers(query.format("start >= ? AND start < ?"), document_id, start, end)
        if len(inside):
            return [int(number) for number in inside]
        around = self._numbers(query.format("start <= ? AND end > ?"), document_id, start, start)
        return [int(number) for number in around]

    def marks(self, document_id: str, kind: MarkKind) -> list[Mark]:
        """The marks of one kind in a document, in its order; none where there is no such document."""
        row = self._connection.execute("SELECT marks FROM documents WHERE id = ?", (document_id,)).fetchone()
        return [mark for mark in rows.marks_from_json(row[0]) if mark.kind is kind] if row else []

    def text_between(self, document_id: str, start: int, end: int) -> str:
        """The document's `text[start:end]`; "" where there is no such document."""
        row = self._connection.execute(
            "SELECT substr(text, ?, ?) FROM documents WHERE id = ?", (start + 1, end - start, document_id)
        ).fetchone()
        return row[0] if row else ""

    def indexed_texts(self, numbers: Sequence[int] | Numbers) -> Iterator[IndexedText]:
        """What a lexical index reads of the live ones of `numbers`."""
        titles: dict[str, str] = dict(self._connection.execute("SELECT id, title FROM documents"))
        for marks, batch in _batches(numbers):
            query = f"SELECT number, {rows.PASSAGE_COLUMNS} FROM passages WHERE number IN ({marks})"  # noqa: S608
            for number, *columns in self._connection.execute(query, batch):
                passage = rows.passage_from(columns)
                title = titles[passage.document_id]
                yield IndexedText(number, passage.document_id, title, passage.headings, passage.text)

    def few_texts(self, numbers: Sequence[int] | Numbers) -> dict[int, IndexedText]:
        """What a lexical index reads of the live ones of `numbers`, by number: for a hundred of them, not for all."""
        found: dict[int, IndexedText] = {}
        for marks, batch in _batches(numbers):
            query = (
                "SELECT p.number, p.document_id, d.title, p.headings, p.text"  # noqa: S608 (question marks only)
                f" FROM passages p CROSS JOIN documents d ON d.id = p.document_id WHERE p.number IN ({marks})"
            )
            for number, document_id, title, headings, text in self._connection.execute(query, batch):
                found[number] = IndexedText(number, document_id, title, rows.headings_from_json(headings), text)
        return found

    def documents(self) -> list[DocumentEntry]:
        """Every document by name."""
        query = f"SELECT {rows.ENTRY_COLUMNS} FROM documents ORDER BY name, id"  # noqa: S608
        return [self.versions.placed(rows.entry_from(row)) for row in self._connection.execute(query)]

    def document_count(self) -> int:
        """How many documents there are."""
        return int(self._connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def document_ids(self) -> set[str]:
        """The ids of all documents."""
        return {document_id for (document_id,) in self._connection.execute("SELECT id FROM documents")}

    def listed(self, digits: str = "") -> list[ListedDocument]:
        """All documents as lists sort them, or those whose ids begin with these hexadecimal digits."""
        if not digits:
            return self._listed("true")
        return self._listed("id >= ?1 AND id < ?1 || 'g'", digits)  # "g" comes after every digit

    def listed_since(self, version: int) -> list[ListedDocument]:
        """The documents that are new or were changed after `version`; which have gone is not told."""
        return self._listed("changed_in > ?", version)

    def _listed(self, which: str, *values: str | int) -> list[ListedDocument]:
        query = f"SELECT {rows.LISTED_COLUMNS} FROM documents WHERE {which}"  # noqa: S608
        return list(map(rows.listed_from, self._connection.execute(query, values)))

    def entry(self, document_id: str) -> DocumentEntry:
        """One document without its text.

        Raises:
            NotFoundError: no such document.
        """
        query = f"SELECT {rows.ENTRY_COLUMNS} FROM documents WHERE id = ?"  # noqa: S608
        row = self._connection.execute(query, (document_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no document {document_id}", advice="`ibid documents` lists what is there")
        return self.versions.placed(rows.entry_from(row))

    def entries(self, document_ids: Sequence[str]) -> dict[str, DocumentEntry]:
        """Those of these documents that are there, by their ids."""
        found: dict[str, DocumentEntry] = {}
        for marks, batch in _batches(document_ids):
            query = f"SELECT {rows.ENTRY_COLUMNS} FROM documents WHERE id IN ({marks})"  # noqa: S608
            entries = map(rows.entry_from, self._connection.execute(query, batch))
            found.update((entry.id, self.versions.placed(entry)) for entry in entries)
        return found

    def document_beginning(self, digits: str) -> DocumentEntry | None:
        """The document whose id begins with these hexadecimal digits, if there is one."""
        query = "SELECT id FROM documents WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 1"  # "g" comes after every digit
        row = self._connection.execute(query, (digits,)).fetchone()
        return self.entry(row[0]) if row else None

    @cached_property
    def versions(self) -> Versions:
        """Which documents replace which."""
        return self._kept_versions.at(self.version, lambda: read_versions(self._connection))

    def given_of(self, document_id: str) -> dict[str, AttributeValue]:
        """What people said of a document; nothing where there is no such document."""
        row = self._connection.execute("SELECT given FROM documents WHERE id = ?", (document_id,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def passages_by_language(self) -> dict[str, int]:
        """How many passages are in documents of each language; "" where it is unknown."""
        given = "CASE given WHEN '{}' THEN NULL ELSE nullif(json_extract(given, '$.language'), '') END"
        return dict(
            self._connection.execute(
                f"SELECT coalesce({given}, language) AS said, sum(passages) FROM documents GROUP BY said"  # noqa: S608
            )
        )

    def document(self, document_id: str) -> Document:
        """One document with its text and marks. Its boxes are read with `place`, page by page.

        Raises:
            NotFoundError: no such document.
        """
        entry = self.entry(document_id)
        text, marks, domain = self._connection.execute(
            "SELECT text, marks, domain FROM documents WHERE id = ?", (document_id,)
        ).fetchone()
        return Document(
            id=entry.id,
            name=entry.name,
            media_type=entry.media_type,
            title=entry.title,
            text=text,
            language=entry.language,
            domain=domain,
            marks=rows.marks_from_json(marks),
            metadata=entry.metadata,
            pages=entry.pages,
            warnings=entry.warnings,
        )

    def place(self, document_id: str, start: int, end: int) -> tuple[int | None, tuple[Box, ...]]:
        """The page on which `[start:end]` begins (None where there are no pages) and its boxes, one for each line."""
        found = self._connection.execute(
            "SELECT page, packed FROM boxes WHERE document_id = ? AND start < ? AND end > ? ORDER BY page",
            (document_id, end, start),
        )
        words = [word for page, packed in found for word in rows.unpack_boxes(page, packed, start, end)]
        if words:
            return words[0].page, line_boxes(words)
        return self._page_of(document_id, start), ()

    def sources(self) -> dict[str, Source]:
        """Where the documents came from, by name."""
        found = self._connection.execute("SELECT name, size, modified_ns, pipeline, document_id FROM sources")
        return {row[0]: Source(*row) for row in found}

    def source(self, name: str) -> Source | None:
        """The source of that name, if any document came from it."""
        row = self._connection.execute(
            "SELECT name, size, modified_ns, pipeline, document_id FROM sources WHERE name = ?", (name,)
        ).fetchone()
        return Source(*row) if row else None

    def has_read(self, document_id: str, pipeline: str) -> bool:
        """Whether this document is there as `pipeline` reads it."""
        query = "SELECT 1 FROM sources WHERE document_id = ? AND pipeline = ? LIMIT 1"
        return self._connection.execute(query, (document_id, pipeline)).fetchone() is not None

    def has_document(self, document_id: str) -> bool:
        """Whether this document is there at all."""
        return self._connection.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is not None

    def matching_documents(self, filters: Filters) -> list[DocumentEntry]:
        """The documents whose passages `filters` lets through, by name."""
        return let_through(self.with_domains(), filters, self.versions)

    def with_domains(self, document_ids: Sequence[str] | None = None) -> list[tuple[str, DocumentEntry]]:
        """Every document by name, or those of these ids that are there, each after the domain that was read for it."""
        query = f"SELECT domain, {rows.ENTRY_COLUMNS} FROM documents"  # noqa: S608
        if document_ids is None:
            found: list[Sequence[Any]] = list(self._connection.execute(f"{query} ORDER BY name, id"))
        else:
            found = [
                row
                for marks, batch in _batches(document_ids)
                for row in self._connection.execute(f"{query} WHERE id IN ({marks})", batch)
            ]
        return [(domain, self.versions.placed(rows.entry_from(columns))) for domain, *columns in found]

    def documents_changed_since(self, version: int) -> set[str]:
        """The ids of the documents that are new, changed, or have new passages after `version`."""
        query = "SELECT id FROM documents WHERE changed_in > ?"
        changed: set[str] = {row[0] for row in self._connection.execute(query, (version,))}
        for marks, batch in _batches(self.changes_since(version).added):
            query = f"SELECT DISTINCT document_id FROM passages WHERE number IN ({marks})"  # noqa: S608
            changed.update(row[0] for row in self._connection.execute(query, batch))
        return changed

    def numbers_of(self, document_ids: Iterable[str]) -> Numbers:
        """The live passages of some documents, ascending."""
        parts = [
            self._numbers(f"SELECT number FROM passages WHERE document_id IN ({marks})", *batch)  # noqa: S608
            for marks, batch in _batches(list(document_ids))
        ]
        return np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)

    def _page_of(self, document_id: str, offset: int) -> int | None:
        row = self._connection.execute("SELECT pages, marks FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None or row[0] == 0:
            return None
        return page_at(rows.marks_from_json(row[1]), offset)

    def _numbers(self, query: str, *values: int | str) -> Numbers:
        return np.array([row[0] for row in self._connection.execute(query, values)], dtype=np.int64)


def _batches(values: Sequence[_Value] | Numbers) -> Iterator[tuple[str, list[_Value]]]:
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    for first in range(0, len(plain), _BATCH):
        batch = plain[first : first + _BATCH]
        yield ",".join("?" * len(batch)), batch
