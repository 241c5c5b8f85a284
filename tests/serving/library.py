"""A small collection made without parsing: its documents are given as text, one passage for each paragraph."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kb.catalog import Catalog, PreparedDocument, Source, text_key
from kb.catalog.collections import create_collection
from kb.ports import Embedder
from kb.records import Document, Passage, Policy, WordBox, document_id_of
from kb.text.language import detect_language

HANDBOOK = """Course handbook

Students must hand in the final report within fourteen days after the last lecture. Late reports lose 5% a day.

A student who fails the examination may resit it once in the following term. The fee for a resit is 40 euros.

The library is open from 8:00 to 22:00 on working days. Books may be borrowed for 30 days."""

LEAFLET = """Metforin tablets

The usual adult dose of Metforin is 500 mg twice a day with food. The dose must not exceed 2000 mg a day.

Do not take Metforin if you have severe kidney disease. Tell your doctor about all other medicines."""

REGULATION = """租赁管理条例

第十二条 承租人应当在收到通知之日起十五日内以书面形式提出异议。逾期未提出的，视为同意。

第十三条 租赁期满后，出租人应当在三十日内退还押金。未经出租人同意，承租人不得转租房屋。"""

DOCUMENTS = {"handbook.txt": HANDBOOK, "leaflet.txt": LEAFLET, "条例.txt": REGULATION}


def make_collection(
    home: Path,
    embedder: Embedder,
    name: str = "default",
    *,
    policy: Policy = Policy.FLAG,
    documents: dict[str, str] = DOCUMENTS,
) -> Catalog:
    """A collection under `home` that holds `documents` (name to text)."""
    catalog = create_collection(home, name, policy=policy)
    for file_name, text in documents.items():
        store_text(catalog, embedder, file_name, text)
    return catalog


def store_text(
    catalog: Catalog, embedder: Embedder, file_name: str, text: str, *, original: bytes | None = None
) -> str:
    """Stores a document; returns its id."""
    content = text.encode() if original is None else original
    catalog.blobs.put([content])
    document_id = document_id_of(content)
    document = Document(
        id=document_id,
        name=file_name,
        media_type="text/plain",
        title=text.splitlines()[0],
        text=text,
        language=detect_language(text),
    )
    return store_document(catalog, embedder, document, len(content))


def store_document(catalog: Catalog, embedder: Embedder, document: Document, size: int = 0) -> str:
    """Stores a document with one passage for each paragraph of its text."""
    passages: list[Passage] = []
    start = 0
    for paragraph in document.text.split("\n\n"):
        end = start + len(paragraph)
        page = 1 if document.pages else 0
        passages.append(Passage(document.id, len(passages), start, end, paragraph, (document.title,), page, page))
        start = end + 2
    keys = tuple(text_key(passage.text) for passage in passages)
    vectors = embedder.embed_passages([passage.text for passage in passages])
    catalog.store(
        [PreparedDocument(document, Source(document.name, size, 0, "test"), tuple(passages), keys)],
        embedder.space,
        {key: np.asarray(vector) for key, vector in zip(keys, vectors, strict=True)},
    )
    return document.id


def boxes_for(text: str) -> tuple[WordBox, ...]:
    """A box for every word of `text`, each line 20 points under the one before, each character 6 points wide."""
    boxes = []
    offset = 0
    for row, line in enumerate(text.split("\n")):
        for word in line.split():
            column = line.index(word)
            start = offset + column
            left, top = 50.0 + 6 * column, 50.0 + 20 * row
            boxes.append(WordBox(start, start + len(word), 1, left, top, left + 6 * len(word), top + 12))
        offset += len(line) + 1
    return tuple(boxes)


def damage(database: Path) -> None:
    """Writes over all but the first page of a SQLite database that nobody has open."""
    content = database.read_bytes()
    database.write_bytes(content[:4096] + b"torn" * ((len(content) - 4096) // 4))
    for beside in ("-wal", "-shm"):  # a later page of the log would hide what is damaged
        database.with_name(database.name + beside).unlink(missing_ok=True)
