"""/v1/vector_stores/{id}/files: documents of a collection, and files on their way into it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict

from kb.catalog import Catalog
from kb.errors import NotFoundError
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.paging import PageRequest, page_in, page_json
from serving.http.reading.finding import document_id_in, need_document
from serving.http.state import Services, services_of
from serving.http.stores.adding import Attributes, FileToAdd, add_files, checked
from serving.http.stores.listing import Listing, Status, StoreFile
from serving.http.stores.listings import store_files
from serving.http.stores.store_files import POLL_AFTER, store_file_json, store_files_json
from serving.http.uploaded.removing import remove_from_store

router = APIRouter(route_class=RepeatableRoute)


class NewAttributes(JsonBody):
    """What a document is to have for its attributes."""

    model_config = ConfigDict(extra="forbid")

    attributes: Attributes | None


class StoreFilesPageRequest(PageRequest):
    """Which page of a vector store's files, those of one status where it is given."""

    filter: Status | None = None


@router.post("/v1/vector_stores/{store_id}/files")
def add_file(request: Request, response: Response, store_id: str, asked: FileToAdd) -> dict[str, Any]:
    """Queues a file; a worker reads it."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    [job] = add_files(services, catalog, [asked])
    response.headers.update(POLL_AFTER)
    return store_file_json(services, catalog, _need_file(services, catalog, job.document_id))


@router.get("/v1/vector_stores/{store_id}/files")
def list_store_files(
    request: Request, store_id: str, asked: Annotated[StoreFilesPageRequest, Query()]
) -> dict[str, Any]:
    """A page of the documents and of the files on their way, failed or cancelled."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    return files_page(services, catalog, services.listings.of(catalog), f"files of {store_id}", asked)


@router.get("/v1/vector_stores/{store_id}/files/{file_id}")
def read_store_file(request: Request, response: Response, store_id: str, file_id: str) -> dict[str, Any]:
    """One document, or how far its file is."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    response.headers.update(POLL_AFTER)
    return store_file_json(services, catalog, _need_file(services, catalog, file_id))


@router.get("/v1/vector_stores/{store_id}/files/{file_id}/content")
def read_store_file_content(request: Request, store_id: str, file_id: str) -> dict[str, Any]:
    """The text that was read out of a file. Passages and citations are places in it."""
    catalog = services_of(request).collections.catalog(store_id)
    entry = need_document(catalog, file_id)
    with catalog.snapshot() as snapshot:
        text = snapshot.document(entry.id).text
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": text}],
        "has_more": False,
        "next_page": None,
    }


@router.post("/v1/vector_stores/{store_id}/files/{file_id}")
def update_store_file(request: Request, store_id: str, file_id: str, asked: NewAttributes) -> dict[str, Any]:
    """Gives a document these attributes in the place of those it was given before; they win over what it says."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    entry = need_document(catalog, file_id)
    catalog.describe(entry.id, checked(asked.attributes or {}, catalog), instead=True)
    return store_file_json(services, catalog, _need_file(services, catalog, file_id))


@router.delete("/v1/vector_stores/{store_id}/files/{file_id}")
def remove_store_file(request: Request, store_id: str, file_id: str) -> dict[str, Any]:
    """Removes a document, or stops its file on the way. No search finds it from the moment this returns."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    file = _need_file(services, catalog, file_id)
    remove_from_store(services, catalog, file.document_id)
    return {"id": file.id, "object": "vector_store.file.deleted", "deleted": True}


def files_page(
    services: Services, catalog: Catalog, listing: Listing, list_name: str, asked: StoreFilesPageRequest
) -> dict[str, Any]:
    """A page of these files in OpenAI's shape."""
    page = page_in(services.home, list_name, listing.places_of(asked.filter), asked)
    data = store_files_json(services, catalog, [listing.files[file_id] for file_id in page.ids])
    return page_json(data, has_more=page.has_more)


def _need_file(services: Services, catalog: Catalog, wanted: str) -> StoreFile:
    """The file of this document id or file id.

    Raises:
        NotFoundError: the vector store has none.
    """
    digits = document_id_in(wanted)
    files = store_files(services.home, catalog, digits) if digits else ()
    found = next(iter(files), None)
    if found is None:
        raise NotFoundError(f"no file {wanted[:80]} in vector store {catalog.name}")
    return found
