"""/ibid/collections/{id}/…: the documents of a collection as people look through them, however many there are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.home.files import file_id_of
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.reading.finding import document_id_in
from serving.http.state import services_of
from serving.http.stores.listing import COMPLETED, Listing, ListOrder, StoreFile, holding
from serving.http.stores.store_files import counts_json, store_files_json

router = APIRouter(route_class=RepeatableRoute)

_MOST_ASKED = 1000  # documents in one request: a folder's, or all that an app has in its hands

Words = Annotated[str, Field(max_length=256)]
Asked = Annotated[list[Annotated[str, Field(max_length=1024)]], Field(max_length=_MOST_ASKED)]


class DocumentsRequest(BaseModel):
    """Which part of which documents, in which order."""

    model_config = ConfigDict(extra="forbid")

    words: Words = ""  # all of which the title, the name or the tags hold
    state: Literal["in_progress", "completed", "failed"] | None = None  # cancelled ones are with the failed
    order: ListOrder = ListOrder.ATTENTION
    first: int = Field(default=0, ge=0, le=10_000_000)  # how many come before the part
    limit: int = Field(default=50, ge=1, le=100)


class FiltersRequest(BaseModel):
    """The documents that are named: those whose title, name or tags hold all these words."""

    model_config = ConfigDict(extra="forbid")

    words: Words = ""
    limit: int = Field(default=200, ge=1, le=500)


class AskedDocuments(JsonBody):
    """Documents, by document ids or file ids, and by file names without folders."""

    model_config = ConfigDict(extra="forbid")

    ids: Asked = Field(default_factory=list)
    names: Asked = Field(default_factory=list)


@router.get("/ibid/collections/{store_id}/documents")
def list_documents(request: Request, store_id: str, asked: Annotated[DocumentsRequest, Query()]) -> dict[str, Any]:
    """A part of a collection's documents and of the files on their way into it, as they are now.

    `total` counts those that `words` and `state` let through, `counts` all by their state. Of each, `ibid.same_name`
    says whether another one of the collection has the same file name.
    """
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    listing = services.listings.of(catalog)
    found = _in_state(holding(listing.ordered(asked.order), asked.words), asked.state)
    part = found[asked.first : asked.first + asked.limit]
    shared = {file.id for file in part if listing.file_names[file.file_name] > 1}
    data = store_files_json(services, catalog, part)
    for file in data:
        file["ibid"]["same_name"] = file["id"] in shared
    return {
        "object": "list",
        "data": data,
        "first": asked.first,
        "total": len(found),
        "has_more": asked.first + len(part) < len(found),
        "counts": counts_json(listing.counts),
    }


@router.get("/ibid/collections/{store_id}/filters")
def list_filters(request: Request, store_id: str, asked: Annotated[FiltersRequest, Query()]) -> dict[str, Any]:
    """What a search of a collection can be filtered by: kinds, languages, the tags used most, and documents by name.

    `documents` are at most `limit`, by title; `total` says how many hold the words.
    """
    services = services_of(request)
    listing = services.listings.of(services.collections.catalog(store_id))
    found = holding(listing.completed, asked.words)
    return {
        "object": "collection.filters",
        "kinds": listing.kinds,
        "tags": listing.tags,
        "languages": listing.languages,
        "documents": [
            {"id": file.document_id, "name": file.name, "title": file.title} for file in found[: asked.limit]
        ],
        "total": len(found),
    }


@router.post("/ibid/collections/{store_id}/held")
def find_held(request: Request, store_id: str, asked: AskedDocuments) -> dict[str, Any]:
    """Those of the documents asked for that the collection holds, ready to be searched."""
    services = services_of(request)
    listing = services.listings.of(services.collections.catalog(store_id))
    names = listing.completed_names
    return {
        "object": "collection.held",
        "ids": [wanted for wanted in asked.ids if _is_held(listing, wanted)],
        "names": [name for name in asked.names if name in names],
    }


def _in_state(files: list[StoreFile], state: str | None) -> list[StoreFile]:
    if state is None:
        return files
    wanted = ("failed", "cancelled") if state == "failed" else (state,)
    return [file for file in files if file.status in wanted]


def _is_held(listing: Listing, wanted: str) -> bool:
    digits = document_id_in(wanted)
    file = listing.files.get(file_id_of(digits)) if digits else None
    return file is not None and file.status == COMPLETED and file.document_id.startswith(digits)
