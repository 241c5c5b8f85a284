"""The first half of ingestion: from files to documents, with what needs no parsing sorted out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from ingest.parsing.version import PARSER_VERSION
from ingest.sidecars import reading_of
from ingest.splitting import SPLITTER_VERSION
from ingest.walking import FoundFile
from kb.catalog import Catalog, Source
from kb.catalog.blobs import hash_file
from kb.errors import FileLimitError, InputError, UnreadableFileError, UnsupportedFileError
from kb.records import Document, JobError
from kb.settings import LimitSettings

PIPELINE = f"{PARSER_VERSION}+{SPLITTER_VERSION}"

_AHEAD = 2  # calls of the parser ahead of the embedder for each thread, so that none waits for it
# Small files go to the parser together, since it can read some in one process; few enough for the
# embedder to have work soon.
_TOGETHER_FILES = 16
_TOGETHER_BYTES = 400_000

Parse = Callable[[Sequence[tuple[Path, str]]], Iterable[Document | InputError]]  # files with their names, in order


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
    error: JobError | None = None  # of a file that failed


Reading = tuple[FoundFile, FileOutcome | Document]


def read_ahead(
    files: Iterable[FoundFile | InputError], catalog: Catalog, parse: Parse, limits: LimitSettings, workers: int
) -> Iterator[Reading]:
    """Reads files in `workers` threads, a few ahead of whoever consumes, in the order given."""
    nowhere = FoundFile(Path(), "", 0, 0, "")
    running: deque[Future[list[Reading]]] = deque()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="read") as pool:
        try:
            for together in _together(files):
                if isinstance(together, InputError):
                    yield nowhere, _failed(together.what, together)
                    continue
                running.append(pool.submit(read, together, catalog, parse, limits))
                if len(running) > workers * _AHEAD:
                    yield from running.popleft().result()
            while running:
                yield from running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def _together(files: Iterable[FoundFile | InputError]) -> Iterator[list[FoundFile] | InputError]:
    """Small files that follow each other in lists; large ones alone."""
    some: list[FoundFile] = []
    size = 0
    for found in files:
        if isinstance(found, InputError):
            yield found
            continue
        if some and (len(some) == _TOGETHER_FILES or size + found.size > _TOGETHER_BYTES):
            yield some
            some, size = [], 0
        some.append(found)
        size += found.size
    if some:
        yield some


def read(files: Sequence[FoundFile], catalog: Catalog, parse: Parse, limits: LimitSettings) -> list[Reading]:
    """Files up to their text, in order; an outcome where there is nothing more to do."""
    settled = [_settled_or_stored(found, catalog, limits) for found in files]
    stored = [(found, place) for found, place in zip(files, settled, strict=True) if isinstance(place, str)]
    parsed = list(parse([(catalog.blobs.path(place), found.name) for found, place in stored])) if stored else []
    read_ids = {result.id for result in parsed if isinstance(result, Document)}
    _forget(catalog, [place for (_, place) in stored if place not in read_ids])
    results = iter(parsed)
    return [
        (found, _outcome_of(found, next(results)) if isinstance(place, str) else place)
        for found, place in zip(files, settled, strict=True)
    ]


def _outcome_of(found: FoundFile, result: Document | InputError) -> FileOutcome | Document:
    if isinstance(result, Document):
        return result
    return _failed(found.name, result)


def _failed(name: str, error: InputError) -> FileOutcome:
    fault = JobError.UNSUPPORTED if isinstance(error, UnsupportedFileError) else JobError.INVALID
    return FileOutcome(name, FileState.FAILED, reason=str(error), error=fault)


def _settled_or_stored(found: FoundFile, catalog: Catalog, limits: LimitSettings) -> FileOutcome | str:
    """What became of a file that needs no parsing, or the id under which its bytes are now stored.

    Parsed is what was stored, so that the id is that of the text whatever happens outside.
    """
    try:
        outcome = _settled(found, catalog, limits)
        if outcome and not catalog.blobs.path(outcome.document_id).is_file():  # lost from the collection's folder
            _put_back(found.path, outcome.document_id, catalog)
        return outcome or catalog.blobs.put_file(found.path)[0]
    except InputError as error:
        return _failed(found.name, error)
    except OSError as error:
        return _failed(
            found.name, UnreadableFileError(f"cannot read {found.name}", str(error.strerror or error).lower())
        )


def _settled(found: FoundFile, catalog: Catalog, limits: LimitSettings) -> FileOutcome | None:
    """What needs no parsing: unchanged files, known bytes under another name, files over the limit."""
    with catalog.snapshot() as snapshot:
        before = snapshot.source(found.source)
    reading = reading_of(PIPELINE, found.attributes, found.passage_tokens)
    if before and (before.size, before.modified_ns, before.pipeline) == (found.size, found.modified_ns, reading):
        return FileOutcome(found.name, FileState.UNCHANGED, before.document_id)
    if found.size > limits.max_file_mb * 1_000_000:
        raise FileLimitError(
            f"cannot take in {found.name}",
            f"it has {found.size / 1e6:.0f} MB, the limit is {limits.max_file_mb} MB",
            "Split it, or raise limits.max_file_mb",
        )
    document_id = hash_file(found.path)
    with catalog.snapshot() as snapshot:
        known = snapshot.has_read(document_id, reading)
    if known:
        outcome = link(catalog, found, document_id)
        return replace(outcome, state=FileState.UNCHANGED) if before and before.document_id == document_id else outcome
    return None


def _put_back(path: Path, document_id: str, catalog: Catalog) -> None:
    """Stores a known document's bytes again; those of a file that changed unseen would be nobody's."""
    if hash_file(path) == document_id:
        catalog.blobs.put_file(path)


def _forget(catalog: Catalog, document_ids: Iterable[str]) -> None:
    """Removes stored bytes that became no document."""
    with catalog.snapshot() as snapshot:
        unowned = [document_id for document_id in document_ids if not snapshot.has_document(document_id)]
    catalog.blobs.remove(unowned)


def source_of(found: FoundFile, document_id: str) -> Source:
    """A file as the catalog remembers it: changed, or with other attributes beside it, it is read anew."""
    reading = reading_of(PIPELINE, found.attributes, found.passage_tokens)
    return Source(found.source, found.size, found.modified_ns, reading, document_id)


def link(catalog: Catalog, found: FoundFile, document_id: str) -> FileOutcome:
    """Notes that a file has the bytes of a document that is there already."""
    catalog.link([source_of(found, document_id)])
    with catalog.snapshot() as snapshot:
        entry = snapshot.entry(document_id)
    return FileOutcome(found.name, FileState.DUPLICATE, document_id, reason=f"the same bytes as {entry.name}")
