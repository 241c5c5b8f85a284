"""The corpus of a question set as a collection like any other, made once for each embedding space."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.sets import RetrievalSet, SetPassage
from ingest.splitting import SPLITTER_VERSION, embedding_text
from kb.catalog import Catalog, PreparedDocument, Source, text_key
from kb.ports import Embedder
from kb.records import Document, Passage
from kb.text.language import detect_language

# Passages in one transaction and one call of the embedder: what an interrupted run may lose.
_STORED_AT_ONCE = 1_024

Progress = Callable[[str, int, int], None]  # stage, done, of


def collection_of(judged: RetrievalSet, embedder: Embedder, folder: Path, progress: Progress) -> Catalog:
    """The set's corpus as a collection under `folder`: the one of an earlier run, or made now.

    Each line becomes a document of one passage, named by the line's id. An interrupted call goes on where it stopped.
    """
    corpus = hashlib.sha256(f"{embedder.space.id} {SPLITTER_VERSION}".encode())
    for passage in judged.passages:
        corpus.update(_content_of(passage))
    catalog = Catalog.create(folder / f"{judged.name}-{corpus.hexdigest()[:16]}")
    if catalog.collection().documents < len(judged.passages):  # (no two lines make the same document)
        _store_missing(catalog, judged.passages, embedder, progress)
    return catalog


def _store_missing(catalog: Catalog, lines: Sequence[SetPassage], embedder: Embedder, progress: Progress) -> None:
    with catalog.snapshot() as snapshot:
        there = snapshot.sources().keys()
    missing = [passage for passage in lines if passage.id not in there]
    for first in range(0, len(missing), _STORED_AT_ONCE):
        progress("embedding", first, len(missing))
        _store(catalog, embedder, missing[first : first + _STORED_AT_ONCE])
    progress("embedding", len(missing), len(missing))


def _store(catalog: Catalog, embedder: Embedder, batch: Sequence[SetPassage]) -> None:
    documents = [_document_of(passage) for passage in batch]
    passages = [Passage(document.id, 0, 0, len(document.text), document.text) for document in documents]
    texts = [embedding_text(document.title, passage) for document, passage in zip(documents, passages, strict=True)]
    new = {text_key(text): text for text in texts}
    with catalog.snapshot() as snapshot:
        known = snapshot.known_keys(embedder.space, new)
    keys = [key for key in new if key not in known]
    vectors = dict(zip(keys, embedder.embed_passages([new[key] for key in keys]), strict=True))
    prepared = [
        PreparedDocument(document, Source(line.id, len(line.text), 0, "eval"), (passage,), (text_key(text),))
        for document, line, passage, text in zip(documents, batch, passages, texts, strict=True)
    ]
    catalog.store(prepared, embedder.space, vectors)


def _document_of(line: SetPassage) -> Document:
    return Document(
        id=hashlib.sha256(_content_of(line)).hexdigest(),
        name=line.id,
        media_type="text/plain",
        title=line.title,
        text=line.text,
        language=detect_language(line.text),
    )


def _content_of(line: SetPassage) -> bytes:
    """What makes two lines different documents."""
    return "\x1f".join((line.id, line.title, line.text, line.doc)).encode()


def say_nothing(_stage: str, _done: int, _of: int) -> None:
    """No progress is shown."""
