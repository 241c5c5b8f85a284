"""From files to one commit after another: parse, split, embed what is new, store.

Parsing runs ahead in its own processes while this process splits, embeds and stores. A file that fails is reported and
the others go on; what was committed stays, whatever happens after it.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.version import PARSER_VERSION
from ingest.splitting import SPLITTER_VERSION, embedding_text, split_document
from ingest.walking import FoundFile
from kb.catalog import Catalog, PreparedDocument, Source, VectorsMissingError, text_key
from kb.catalog.blobs import hash_file
from kb.errors import FileLimitError, InputError, StorageError, UnreadableFileError
from kb.ports import Embedder
from kb.records import Document
from kb.settings import LimitSettings

PIPELINE = f"{PARSER_VERSION}+{SPLITTER_VERSION}"

# Enough passages for full embedding batches; few enough that a kill loses little and memory stays small.
BATCH_PASSAGES = 512
_AHEAD = 2  # files parsed ahead for each parser, so that none waits for the embedder

Parse = Callable[[Path, str], Document]
Progress = Callable[[str, float], None]  # stage, share of it that is done


class FileState(StrEnum):
    """What became of a file."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"  # the same bytes are there under another name
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file, and why."""

    name: str
    state: FileState
    document_id: str = ""
    passages: int = 0
    reason: str = ""
    warnings: tuple[str, ...] = ()


def ingest_files(
    files: Iterable[FoundFile | InputError],
    catalog: Catalog,
    embedder: Embedder,
    parse: Parse,
    limits: LimitSettings,
    *,
    workers: int = 1,
) -> Iterator[FileOutcome]:
    """Takes files into a collection and yields what became of each, as soon as it is durable.

    Args:
        files: what to take in; errors among them are passed on as failures.
        catalog: the collection.
        embedder: makes the vectors of texts that the collection's space has not seen.
        parse: turns a file into a document, in a process of its own; called from `workers` threads.
        limits: what one file may cost.
        workers: how many files are parsed at once.

    Raises:
        EmbeddingSpaceError: the collection's vectors are of another model.
        StorageError: the disk is full. What was yielded before is stored.
    """
    batch: list[_Ready] = []
    seen: set[str] = set()
    for found, result in _parse_ahead(files, catalog, parse, limits, workers):
        if isinstance(result, FileOutcome):
            yield result
        elif result.id in seen:
            yield from _store(batch, catalog, embedder, limits)
            batch = []
            yield _link(catalog, found, result.id)
        else:
            seen.add(result.id)
            batch.append(_prepare(found, result, embedder))
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
    metadata: Mapping[str, str] | None = None,
) -> FileOutcome:
    """Takes one file in, saying how far it is. `metadata` is added to what the parser found.

    Raises:
        IbidError: as `ingest_files` does.
    """
    progress("parsing", 0.0)
    result = _read(found, catalog, parse, limits)
    if isinstance(result, FileOutcome):
        return result
    progress("splitting", 0.0)
    document = replace(result, metadata={**result.metadata, **(metadata or {})})
    return next(_store([_prepare(found, document, embedder)], catalog, embedder, limits, progress))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A document that only lacks its vectors; `texts` are what the embedder will see, by key."""

    name: str
    prepared: PreparedDocument
    texts: Mapping[bytes, str]


def _parse_ahead(
    files: Iterable[FoundFile | InputError], catalog: Catalog, parse: Parse, limits: LimitSettings, workers: int
) -> Iterator[tuple[FoundFile, FileOutcome | Document]]:
    """Reads files in `workers` threads, a few ahead of whoever consumes, in the order given."""
    nowhere = FoundFile(Path(), "", 0, 0, "")
    running: deque[tuple[FoundFile, Future[FileOutcome | Document]]] = deque()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="read") as pool:
        try:
            for found in files:
                if isinstance(found, InputError):
                    yield nowhere, FileOutcome(found.what, FileState.FAILED, reason=str(found))
                    continue
                running.append((found, pool.submit(_read, found, catalog, parse, limits)))
                if len(running) > workers * _AHEAD:
                    first, future = running.popleft()
                    yield first, future.result()
            while running:
                first, future = running.popleft()
                yield first, future.result()
        finally:
            for _, future in running:
                future.cancel()


def _read(found: FoundFile, catalog: Catalog, parse: Parse, limits: LimitSettings) -> FileOutcome | Document:
    """One file up to its text; an outcome where there is nothing more to do."""
    try:
        return _settled(found, catalog, limits) or _parse_stored(found, catalog, parse)
    except InputError as error:
        return FileOutcome(found.name, FileState.FAILED, reason=str(error))
    except OSError as error:
        reason = UnreadableFileError(f"cannot read {found.name}", str(error.strerror or error).lower())
        return FileOutcome(found.name, FileState.FAILED, reason=str(reason))


def _settled(found: FoundFile, catalog: Catalog, limits: LimitSettings) -> FileOutcome | None:
    """What needs no parsing: unchanged files, known bytes under another name, files over the limit."""
    with catalog.snapshot() as snapshot:
        before = snapshot.source(found.source)
    if before and (before.size, before.modified_ns, before.pipeline) == (found.size, found.modified_ns, PIPELINE):
        return FileOutcome(found.name, FileState.UNCHANGED, before.document_id)
    if found.size > limits.max_file_mb * 1_000_000:
        raise FileLimitError(
            f"cannot take in {found.name}",
            f"it has {found.size / 1e6:.0f} MB, the limit is {limits.max_file_mb} MB",
            "Split it, or raise limits.max_file_mb",
        )
    document_id = hash_file(found.path)
    with catalog.snapshot() as snapshot:
        known = snapshot.has_read(document_id, PIPELINE)
    if known:
        outcome = _link(catalog, found, document_id)
        return replace(outcome, state=FileState.UNCHANGED) if before and before.document_id == document_id else outcome
    return None


def _parse_stored(found: FoundFile, catalog: Catalog, parse: Parse) -> Document:
    """Stores the bytes, then parses what was stored, so that the id is that of the text whatever happens outside."""
    document_id, _ = catalog.blobs.put_file(found.path)
    try:
        return parse(catalog.blobs.path(document_id), found.name)
    except InputError:
        with catalog.snapshot() as snapshot:
            owned = snapshot.has_document(document_id)
        if not owned:
            catalog.blobs.remove([document_id])
        raise


def _prepare(found: FoundFile, document: Document, embedder: Embedder) -> _Ready:
    passages = split_document(document, embedder.count_tokens)
    texts = [embedding_text(document.title, passage) for passage in passages]
    keys = tuple(text_key(text) for text in texts)
    source = Source(found.source, found.size, found.modified_ns, PIPELINE, document.id)
    return _Ready(
        found.name,
        PreparedDocument(document, source, tuple(passages), keys),
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


def _link(catalog: Catalog, found: FoundFile, document_id: str) -> FileOutcome:
    catalog.link([Source(found.source, found.size, found.modified_ns, PIPELINE, document_id)])
    with catalog.snapshot() as snapshot:
        entry = snapshot.entry(document_id)
    return FileOutcome(found.name, FileState.DUPLICATE, document_id, reason=f"the same bytes as {entry.name}")


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
