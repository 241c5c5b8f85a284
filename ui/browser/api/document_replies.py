"""What the server replies about collections and documents, as types, for the Library and its document page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ui.browser.api.parsing import Json, texts
from ui.browser.api.warning_replies import DocumentWarning, read_warnings


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document: its level from 1 downwards and where it stands."""

    level: int
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document's outline and, where a span was asked for, the text around it: `text` stands at `[start:end]`."""

    name: str
    title: str
    media_type: str
    pages: int
    headings: tuple[Heading, ...]
    context_start: int
    context: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What a deletion would remove. `size` is the bytes of the original files, `past_answers` cite what would go."""

    documents: int
    passages: int
    size: int
    past_answers: int


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is known of a document. `metadata` is everything, `given` the part of it that people said."""

    id: str
    name: str
    title: str
    media_type: str
    language: str
    pages: int
    passages: int
    size: int  # bytes of the original file
    added_at: str  # ISO 8601, UTC
    metadata: Mapping[str, str]
    given: Mapping[str, str | int | float | bool]
    effective_from: str  # the first and the last day in force, ISO 8601
    effective_to: str
    replaces: tuple[str, ...]  # ids of documents
    replaced_by: tuple[str, ...]
    headings: tuple[Heading, ...]
    warnings: tuple[DocumentWarning, ...]


@dataclass(frozen=True, slots=True)
class CutPassage:
    """A passage as it was cut; `tables` are the spans of its text that are tables. Pages are 0 where there are none."""

    order: int
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    first_page: int
    last_page: int
    tables: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PassagePage:
    """Some passages of a document in reading order, of `total`."""

    passages: tuple[CutPassage, ...]
    total: int


def read_removal(value: Json) -> Removal:
    """What a deletion would remove."""
    keys = ("documents", "passages", "bytes", "past_answers")
    return Removal(*(int(value[key]) for key in keys))


def read_document(value: Json) -> DocumentView:
    """A document's outline, with or without the surroundings of a span."""
    context = value.get("context") or {}
    return DocumentView(
        name=str(value["name"]),
        title=str(value.get("title") or ""),
        media_type=str(value.get("media_type") or ""),
        pages=int(value.get("pages") or 0),
        headings=tuple(
            Heading(int(heading["level"]), str(heading["text"]), int(heading["start"]))
            for heading in value.get("headings") or ()
        ),
        context_start=int(context.get("start") or 0),
        context=str(context.get("text") or ""),
    )


def read_facts(value: Json) -> DocumentFacts:
    """A document."""
    return DocumentFacts(
        id=str(value["id"]),
        name=str(value["name"]),
        title=str(value.get("title") or ""),
        media_type=str(value.get("media_type") or ""),
        language=str(value.get("language") or ""),
        pages=int(value.get("pages") or 0),
        passages=int(value.get("passages") or 0),
        size=int(value.get("size") or 0),
        added_at=str(value.get("added_at") or ""),
        metadata={str(key): str(text) for key, text in (value.get("metadata") or {}).items()},
        given=dict(value.get("given") or {}),
        effective_from=str(value.get("effective_from") or ""),
        effective_to=str(value.get("effective_to") or ""),
        replaces=texts(value.get("replaces")),
        replaced_by=texts(value.get("replaced_by")),
        headings=tuple(
            Heading(int(heading["level"]), str(heading["text"]), int(heading["start"]))
            for heading in value.get("headings") or ()
        ),
        warnings=read_warnings(value.get("warning_details")),
    )


def read_passage_page(value: Json) -> PassagePage:
    """Passages as they were cut."""
    return PassagePage(tuple(_read_passage(item) for item in value["data"]), int(value["total"]))


def _read_passage(value: Json) -> CutPassage:
    return CutPassage(
        order=int(value["order"]),
        start=int(value["start"]),
        end=int(value["end"]),
        text=str(value["text"]),
        headings=texts(value.get("headings")),
        first_page=int(value.get("first_page") or 0),
        last_page=int(value.get("last_page") or 0),
        tables=tuple((int(start), int(end)) for start, end in value.get("tables") or ()),
    )
