"""From files to one commit after another: parse, split, embed what is new, store.

Parsing runs ahead in its own processes while this process splits, embeds and stores. A file that fails is reported and
the others go on; what was committed stays, whatever happens after it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.reading import FileOutcome, FileState, Parse, link, read, read_ahead, source_of
from ingest.splitting import embedding_text, split_document
from ingest.walking import FoundFile
from kb.attributes import LANGUAGE, AttributeValue, as_text, laid_over
from kb.catalog import Catalog, PreparedDocument, VectorsMissingError, text_key
from kb.errors import InputError, StorageError
from kb.ports import Embedder
from kb.records import Document
from kb.settings import LimitSettings

# Enough passages for full embedding batches; few enough that a kill loses little and memory stays small.
BATCH_PASSAGES = 512
Progress = Callable[[str, float], None]  # stage, share of it that is done


def ingest_files(
    files: Iterable[FoundFile | InputError],
    catalog: Catalog,
    embedder: Embedder,
    parse: Parse,
    limits: LimitSettings,
    *,
    workers: int = 1,
    given: Mapping[str, AttributeValue] | None = None,
) -> Iterator[FileOutcome]:
    """Takes files into a collection and yields what became of each, as soon as it is durable.

    Args:
        files: what to take in; errors among them are passed on as failures.
        catalog: the collection.
        embedder: makes the vectors of texts that the collection's space has not seen.
        parse: turns files into documents, in processes of their own; called from `workers` threads.
        limits: what one file may cost.
        workers: how many files are parsed at once.
        given: attributes that a person gives to each of the files, checked; files that are known already get them, too.

    Raises:
        EmbeddingSpaceError: the collection's vectors are of another model.
        StorageError: the disk is full. What was yielded before is stored.
    """
    batch: list[_Ready] = []
    seen: set[str] = set()
    for found, result in read_ahead(files, catalog, parse, limits, workers):
        if isinstance(result, FileOutcome):
            yield _described(result, catalog, given)
        elif result.id in seen:
            yield from _store(batch, catalog, embedder, limits)
            batch = []
            yield link(catalog, found, result.id)
        else:
            seen.add(result.id)
            batch.append(_prepare(found, result, catalog, embedder, given))
            if sum(len(ready.prepared.passages) for ready in batch) >= BATCH_PASSAGES:
                yield from _store(batch, catalog, embedder, limits)
                batch = []
    yield from _store(batch, catalog, embedder, limits)


def ingest_one(
    found: FoundFile,
    catalog: Catalog,
    embedder: Embedder,
    parse: Parse,
    limits: LimitSettings,
    progress: Progress,
    given: Mapping[str, AttributeValue] | None = None,
) -> FileOutcome:
    """Takes one file in, saying how far it is. `given` is what a person says of it, checked.

    Raises:
        IbidError: as `ingest_files` does.
    """
    progress("parsing", 0.0)
    [(_, result)] = read([found], catalog, parse, limits)
    if isinstance(result, FileOutcome):
        return _described(result, catalog, given)
    progress("splitting", 0.0)
    return next(_store([_prepare(found, result, catalog, embedder, given)], catalog, embedder, limits, progress))


def _described(outcome: FileOutcome, catalog: Catalog, given: Mapping[str, AttributeValue] | None) -> FileOutcome:
    """A file that needed no reading, with its document described as a person asks."""
    if given and outcome.document_id:
        catalog.describe(outcome.document_id, given)
    return outcome


@dataclass(frozen=True, slots=True)
class _Ready:
    """A document that only lacks its vectors; `texts` are what the embedder will see, by key."""

    name: str
    prepared: PreparedDocument
    texts: Mapping[bytes, str]


def _prepare(
    found: FoundFile, read: Document, catalog: Catalog, embedder: Embedder, given: Mapping[str, AttributeValue] | None
) -> _Ready:
    """Cuts a document into passages; its title is the one that a person gave it, if any did."""
    with catalog.snapshot() as snapshot:
        known = {**found.attributes, **snapshot.given_of(read.id), **(given or {})}
    metadata = laid_over(read.metadata, found.attributes)
    language = found.attributes.get(LANGUAGE) or read.language
    document = replace(read, title=as_text(known.get("title", "")) or read.title, language=language, metadata=metadata)
    passages = split_document(document, embedder.count_tokens, found.passage_tokens)
    texts = [embedding_text(document.title, passage) for passage in passages]
    keys = tuple(text_key(text) for text in texts)
    return _Ready(
        found.name,
        PreparedDocument(document, source_of(found, document.id), tuple(passages), keys, given or {}),
        dict(zip(keys, texts, strict=True)),
    )


def _store(
    batch: Sequence[_Ready],
    catalog: Catalog,
    embedder: Embedder,
    limits: LimitSettings,
    progress: Progress = lambda _stage, _share: None,
) -> Iterator[FileOutcome]:
    """Embeds what the space has not seen and commits the batch."""
    if not batch:
        return
    texts = {key: text for ready in batch for key, text in ready.texts.items()}
    with catalog.snapshot() as snapshot:
        known = snapshot.known_keys(embedder.space, texts)
    vectors = _embed({key: text for key, text in texts.items() if key not in known}, embedder, progress)
    progress("storing", 0.0)
    require_free_disk(catalog.folder, limits)
    prepared = [ready.prepared for ready in batch]
    try:
        catalog.store(prepared, embedder.space, vectors)
    except VectorsMissingError as error:  # another process removed the last document that had them
        missing = _embed({key: texts[key] for key in error.keys}, embedder, progress)
        catalog.store(prepared, embedder.space, {**vectors, **missing})
    for ready in batch:
        document = ready.prepared.document
        yield FileOutcome(
            ready.name,
            FileState.STORED,
            document.id,
            len(ready.prepared.passages),
            warnings=document.warnings,
        )


def _embed(texts: Mapping[bytes, str], embedder: Embedder, progress: Progress) -> dict[bytes, NDArray[np.float32]]:
    keys = list(texts)
    vectors: dict[bytes, NDArray[np.float32]] = {}
    for first in range(0, len(keys), BATCH_PASSAGES):
        progress("embedding", first / len(keys))
        some = keys[first : first + BATCH_PASSAGES]
        vectors.update(zip(some, embedder.embed_passages([texts[key] for key in some]), strict=True))
    return vectors


def require_free_disk(folder: Path, limits: LimitSettings) -> None:
    """Refuses to write when the disk is nearly full.

    Raises:
        StorageError: less than `limits.free_disk_mb` is left.
    """
    free = shutil.disk_usage(folder).free
    if free < limits.free_disk_mb * 1_000_000:
        raise StorageError(
            "nothing more is stored",
            f"only {free / 1e6:.0f} MB of disk are free",
            f"Free some space (at least {limits.free_disk_mb} MB must stay free) and run it again",
        )
