"""/documents/{id}: what a document is, what stands around a quote, a picture of a page, the original file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from kb.catalog import Catalog
from kb.catalog.places import page_at
from kb.errors import UsageError
from kb.records import Document, Mark, MarkKind, Passage
from serving.http.declared import file_bytes
from serving.http.reading.document_warnings import warnings_json
from serving.http.reading.finding import need_document
from serving.http.reading.page_pictures import page_picture
from serving.http.state import services_of
from serving.http.uploaded.files import attachment
from serving.surroundings import surroundings

router = APIRouter()

_WIDTH = 1000  # pixels: an A4 page is well read at this width
_LEAST_WIDTH, _MOST_WIDTH = 100, 2400
_PASSAGES, _MOST_PASSAGES = 50, 200  # of one page: some screens of text, and what a program may ask for

Offset = Annotated[int | None, Query(ge=0)]


@router.get("/documents/{document_id}")
def read_document(
    request: Request, document_id: str, collection: str = "", start: Offset = None, end: Offset = None
) -> dict[str, Any]:
    """A document's facts and headings; with `start` and `end` also what stands around that span."""
    catalog = _catalog(request, collection)
    entry = need_document(catalog, document_id)
    with catalog.snapshot() as snapshot:
        document = snapshot.document(entry.id)
    described: dict[str, Any] = {
        "id": entry.id,
        "collection": catalog.name,
        "name": entry.name,
        "title": entry.title,
        "media_type": entry.media_type,
        "language": entry.language,
        "pages": entry.pages,
        "passages": entry.passages,
        "size": entry.size,
        "added_at": entry.added_at,
        "characters": len(document.text),
        "metadata": dict(entry.metadata),
        "given": dict(entry.given),
        "effective_from": entry.effective_from,
        "effective_to": entry.effective_to,
        "version": entry.version,
        "replaces": list(entry.replaces),
        "replaced_by": list(entry.replaced_by),
        "headings": _headings(document),
        **warnings_json(entry.warnings),
    }
    if start is not None and end is not None:
        around = surroundings(document.text, start, end)
        described["context"] = {"start": around.start, "end": around.end, "text": around.text}
    return described


@router.get("/documents/{document_id}/pages/{page}.png", response_class=Response, responses=file_bytes("image/png"))
def read_page(
    request: Request,
    document_id: str,
    page: int,
    collection: str = "",
    highlight: str = "",
    width: Annotated[int, Query(ge=_LEAST_WIDTH, le=_MOST_WIDTH)] = _WIDTH,
) -> Response:
    """A picture of a page; `highlight=start-end` marks the words at those offsets of the document's text."""
    catalog = _catalog(request, collection)
    entry = need_document(catalog, document_id)
    picture = page_picture(catalog, entry, page, _span(highlight), width)
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(picture, media_type="image/png", headers=headers)


@router.get("/documents/{document_id}/passages")
def read_passages(
    request: Request,
    document_id: str,
    collection: str = "",
    first: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=_MOST_PASSAGES)] = _PASSAGES,
    at: Annotated[int | None, Query(ge=0, le=2**31)] = None,
) -> dict[str, Any]:
    """The passages of a document as they were cut, in reading order from the `first`, with the tables in them.

    `at`: an offset of the text; the passage in which it stands is then the first.
    """
    catalog = _catalog(request, collection)
    entry = need_document(catalog, document_id)
    with catalog.snapshot() as snapshot:
        if at is not None:
            first = snapshot.order_at(entry.id, at)
        passages = snapshot.passages_between(entry.id, first, first + limit - 1)
        tables = snapshot.marks(entry.id, MarkKind.TABLE)
    return {
        "object": "list",
        "data": [_passage(passage, tables) for passage in passages],
        "has_more": first + limit < entry.passages,
        "total": entry.passages,
    }


@router.get("/documents/{document_id}/file", response_class=FileResponse, responses=file_bytes())
def download_document(request: Request, document_id: str, collection: str = "") -> FileResponse:
    """The original bytes."""
    catalog = _catalog(request, collection)
    entry = need_document(catalog, document_id)
    return attachment(catalog.blobs.path(entry.id), entry.name)


def _catalog(request: Request, collection: str) -> Catalog:
    collections = services_of(request).collections
    return collections.catalog(collection or collections.default)


def _headings(document: Document) -> list[dict[str, Any]]:
    pages = [mark for mark in document.marks if mark.kind is MarkKind.PAGE]
    return [
        {
            "level": mark.number,
            "text": document.text[mark.start : mark.end].strip(),
            "start": mark.start,
            "page": page_at(pages, mark.start),
        }
        for mark in document.marks
        if mark.kind is MarkKind.HEADING
    ]


def _passage(passage: Passage, tables: list[Mark]) -> dict[str, Any]:
    """A passage; `tables` are the spans of its own text that are tables, one row a line, cells parted by " | "."""
    inside = [
        [max(table.start, passage.start) - passage.start, min(table.end, passage.end) - passage.start]
        for table in tables
        if table.start < passage.end and passage.start < table.end
    ]
    return {
        "id": passage.id,
        "order": passage.order,
        "start": passage.start,
        "end": passage.end,
        "first_page": passage.first_page or None,
        "last_page": passage.last_page or None,
        "headings": list(passage.headings),
        "text": passage.text,
        "tables": inside,
    }


def _span(highlight: str) -> tuple[int, int] | None:
    if not highlight:
        return None
    start, dash, end = highlight.partition("-")
    if not (dash and start.isdecimal() and end.isdecimal() and int(start) < int(end) and len(highlight) < 24):
        raise UsageError(f"highlight is {highlight[:40]!r}", "it must be two offsets like 120-180")
    return int(start), int(end)
