"""Texts that come in through LangChain, without a file: each is a document of its own, one passage long.

What LangChain gave (id, text, metadata) is the document's file, as JSON, so that it comes back exactly. Cited and
opened like any other document, its place is the whole text. The id is the name that the document came in under.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.documents import Document as LangChainDocument

from kb.attributes import checked_attributes
from kb.catalog import Catalog, PreparedDocument, Source, text_key
from kb.errors import NotFoundError, UsageError
from kb.home.withdrawals import noting_at_home
from kb.ports import Embedder
from kb.records import Document, Passage, document_id_of
from kb.text.language import detect_language

MEDIA_TYPE = "application/vnd.ibid.text+json"
_PIPELINE = "langchain"  # nothing was parsed or split


def put_texts(catalog: Catalog, embedder: Embedder, texts: Sequence[LangChainDocument]) -> None:
    """Stores texts under their ids; what an id held before is replaced.

    Raises:
        UsageError: a text is empty or cannot be stored, or its id is the name of a file.
        EmbeddingSpaceError: the collection's vectors are of another model than the embedder's.
    """
    _check_ids(catalog, texts)
    prepared = [_prepared(catalog, text) for text in texts]
    if prepared:
        contents = {item.text_keys[0]: item.document.text for item in prepared}
        vectors = zip(contents, embedder.embed_passages(list(contents.values())), strict=True)
        found = dict(vectors)
        with noting_at_home(catalog):
            catalog.store(prepared, embedder.space, found)


def delete_texts(catalog: Catalog, ids: Sequence[str]) -> None:
    """Removes the texts of these ids; ids that are none, and files, are left alone."""
    with catalog.snapshot() as snapshot:
        sources = [snapshot.source(text_id) for text_id in ids]
        found = [source.document_id for source in sources if source is not None and source.pipeline == _PIPELINE]
    if found:
        with noting_at_home(catalog):
            catalog.remove(found)


def read_texts(catalog: Catalog, ids: Sequence[str]) -> Iterator[LangChainDocument]:
    """The texts of these ids, as they came in; ids that are none are passed over."""
    with catalog.snapshot() as snapshot:
        for text_id in ids:
            source = snapshot.source(text_id)
            if source is not None and source.pipeline == _PIPELINE:
                yield given_text(catalog, source.document_id)


def given_text(catalog: Catalog, document_id: str) -> LangChainDocument:
    """What LangChain gave for a document of `MEDIA_TYPE`.

    Raises:
        NotFoundError: it was removed meanwhile.
    """
    try:
        given = json.loads(catalog.blobs.path(document_id).read_bytes())
    except FileNotFoundError:
        raise NotFoundError(f"no text {document_id} any more") from None
    return LangChainDocument(id=given["id"], page_content=given["text"], metadata=given["metadata"])


def _check_ids(catalog: Catalog, texts: Sequence[LangChainDocument]) -> None:
    with catalog.snapshot() as snapshot:
        for text in texts:
            source = snapshot.source(str(text.id))
            if source is not None and source.pipeline != _PIPELINE:
                raise UsageError(
                    f"{text.id!r} is the name of a file", "a text would take its place", "Choose another id"
                )


def _prepared(catalog: Catalog, text: LangChainDocument) -> PreparedDocument:
    content = text.page_content
    if not content.strip():
        raise UsageError("a text is empty", "nothing in it could be found")
    try:
        whole = {"id": text.id, "text": content, "metadata": text.metadata}
        blob = json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()
    except (TypeError, ValueError) as error:
        raise UsageError(f"the text {text.id!r} cannot be kept", str(error), "Metadata must be valid JSON") from error
    catalog.blobs.put([blob])
    document = Document(
        id=document_id_of(blob),
        name=str(text.id),
        media_type=MEDIA_TYPE,
        title="",  # it would be embedded with the text
        text=content,
        language=detect_language(content),
        metadata=dict(_filterable(text.metadata)),
    )
    passage = Passage(document.id, 0, 0, len(content), content)
    source = Source(document.name, len(blob), time.time_ns(), _PIPELINE)
    return PreparedDocument(document, source, (passage,), (text_key(content),))


def _filterable(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What filters can compare; the rest is kept with the text all the same."""
    for key, value in metadata.items():
        if isinstance(value, str | int | float):
            try:
                yield from checked_attributes({key: attribute_text(value)}).items()
            except UsageError:
                continue


def attribute_text(value: Any) -> str:
    """A value as filters compare it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
