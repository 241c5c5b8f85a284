"""Small nouns for tests, made in one line."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from kb.catalog import Catalog, PreparedDocument, Source, text_key
from kb.records import Document, Mark, Passage, WordBox, document_id_of
from tests.fakes import HashEmbedder


def lend_models(prepared: Path, home: Path) -> None:
    """Gives a home the prepared models, whose files are only ever read or replaced: links, where the disk can."""

    def link(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:  # another disk
            shutil.copy2(source, target)

    shutil.copytree(prepared, home / "models", copy_function=link)


def make_document(
    text: str,
    name: str = "notes.txt",
    *,
    metadata: Mapping[str, str] | None = None,
    marks: Sequence[Mark] = (),
    boxes: Sequence[WordBox] = (),
    pages: int = 0,
    language: str = "en",
    media_type: str = "text/plain",
) -> Document:
    return Document(
        id=document_id_of(f"{name}\n{text}".encode()),
        name=name,
        media_type=media_type,
        title=name.partition(".")[0],
        text=text,
        language=language,
        marks=tuple(marks),
        boxes=tuple(boxes),
        metadata=dict(metadata or {}),
        pages=pages,
    )


def make_passages(document: Document) -> tuple[Passage, ...]:
    """One passage for each line of the text."""
    passages, start = [], 0
    for line in document.text.split("\n"):
        if line.strip():
            passages.append(Passage(document.id, len(passages), start, start + len(line), line))
        start += len(line) + 1
    return tuple(passages)


def prepare(document: Document, source: str | None = None) -> PreparedDocument:
    passages = make_passages(document)
    keys = tuple(text_key(passage.text) for passage in passages)
    return PreparedDocument(document, Source(source or document.name, len(document.text), 1, "test"), passages, keys)


def store(catalog: Catalog, embedder: HashEmbedder, *documents: Document) -> int:
    """Commits documents, one passage a line, with their vectors."""
    prepared = [prepare(document) for document in documents]
    texts = {text_key(p.text): p.text for item in prepared for p in item.passages}
    vectors = {key: embedder.embed_question(text) for key, text in texts.items()}
    return catalog.store(prepared, embedder.space, vectors)


def make_catalog(folder: Path, embedder: HashEmbedder, *documents: Document, name: str = "test") -> Catalog:
    catalog = Catalog.create(folder / "collections" / name)
    if documents:
        store(catalog, embedder, *documents)
    return catalog
