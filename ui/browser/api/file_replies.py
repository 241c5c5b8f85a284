"""Collections and their files, as the server lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kb.records import Policy
from ui.browser.api.parsing import Json, parse, texts
from ui.browser.api.warning_replies import DocumentWarning, read_warnings


class FileState(StrEnum):
    """How far a file of a collection has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Order(StrEnum):
    """How a list of documents is sorted."""

    ATTENTION = "attention"  # what is on its way, what failed, then by title
    TITLE = "title"
    NEWEST = "newest"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a collection as the Library lists it. `progress` is 0 to 1."""

    id: str
    name: str
    title: str
    state: FileState
    stage: str = ""
    progress: float = 0.0
    reason: str = ""  # why it failed, or what a reader should know
    pages: int = 0
    passages: int = 0
    language: str = ""
    warnings: tuple[DocumentWarning, ...] = ()
    effective_from: str = ""  # the first and the last day in force, ISO 8601
    effective_to: str = ""
    document_id: str = ""
    media_type: str = ""
    tags: tuple[str, ...] = ()
    size: int = 0  # bytes of the file
    created_at: int = 0  # seconds since 1970
    attributes: Mapping[str, Any] = field(default_factory=dict)  # what is known of it
    same_name: bool = False  # whether another one of the collection has the same file name


@dataclass(frozen=True, slots=True)
class DocumentsPart:
    """A part of a collection's documents and of the files on their way into it."""

    files: tuple[StoredFile, ...] = ()
    total: int = 0  # of those that were looked for
    counts: Mapping[FileState, int] = field(default_factory=dict)  # of the whole collection


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document to choose. `label` tells it from all others that it was told with."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What a search of a collection can be filtered by; of very many documents, some."""

    documents: tuple[NamedDocument, ...]
    total: int  # of the documents that hold the words
    kinds: tuple[str, ...]  # media types
    tags: tuple[str, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A collection as the picker shows it. `documents` counts those that can be searched."""

    name: str
    documents: int
    strict: bool = False  # whether sentences that the documents do not bear out are withheld
    title: str = ""  # what people call it, where that is not its name
    description: str = ""


def read_file(value: Json) -> StoredFile:
    """A file of a vector store."""
    more = value.get("ibid") or {}
    error = value.get("last_error") or {}
    return StoredFile(
        id=str(value["id"]),
        name=str(more.get("name") or value["id"]),
        title=str(more.get("title") or ""),
        state=FileState(value["status"]),
        stage=str(more.get("stage") or ""),
        progress=min(1.0, max(0.0, float(more.get("progress") or 0.0))),
        reason=str(more.get("reason") or error.get("message") or ""),
        pages=int(more.get("pages") or 0),
        passages=int(more.get("passages") or 0),
        language=str(more.get("language") or ""),
        warnings=read_warnings(more.get("warning_details")),
        effective_from=str(more.get("effective_from") or ""),
        effective_to=str(more.get("effective_to") or ""),
        document_id=str(more.get("document_id") or ""),
        media_type=str(more.get("media_type") or ""),
        tags=_tags((value.get("attributes") or {}).get("tags")),
        size=int(value.get("usage_bytes") or 0),
        created_at=int(value.get("created_at") or 0),
        attributes=dict(value.get("attributes") or {}),
        same_name=bool(more.get("same_name")),
    )


def read_part(value: Json) -> DocumentsPart:
    """A part of a collection's documents."""
    counts = value["counts"]
    return DocumentsPart(
        tuple(parse(read_file, item) for item in value["data"]),
        int(value["total"]),
        {state: int(counts.get(state.value) or 0) for state in FileState},
    )


def read_choices(value: Json) -> FilterChoices:
    """What a collection can be filtered by."""
    told = [(str(item["id"]), str(item.get("title") or ""), str(item["name"])) for item in value["documents"]]
    titles = Counter(title or name for _, title, name in told)
    named = [(key, title or name, name) for key, title, name in told]
    # What is called as another one is, is told by its file's name as well, and by its id where that is the same, too.
    longer = [(key, title if titles[title] == 1 else f"{title} · {name}") for key, title, name in named]
    labels = Counter(label for _, label in longer)
    documents = (NamedDocument(key, label if labels[label] == 1 else f"{label} · {key[:12]}") for key, label in longer)
    return FilterChoices(
        tuple(documents),
        int(value["total"]),
        texts(value["kinds"]),
        texts(value["tags"]),
        texts(value["languages"]),
    )


def read_collection(value: Json) -> CollectionSummary:
    """A vector store."""
    documents = int((value.get("file_counts") or {}).get("completed") or 0)
    more = value.get("ibid") or {}
    return CollectionSummary(
        name=str(value["id"]),
        documents=documents,
        strict=more.get("policy") == Policy.STRICT,
        title=str(value.get("name") or ""),
        description=str(value.get("description") or ""),
    )


def _tags(value: object) -> tuple[str, ...]:
    """Tags stand in one text, with commas between them."""
    found = (part.strip() for part in str(value or "").split(","))
    return tuple(tag for tag in found if tag)
