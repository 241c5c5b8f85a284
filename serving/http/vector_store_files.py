"""/v1/vector_stores/{id}/files: documents of a collection, and files on their way into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.attributes import AttributeValue, checked_attributes
from kb.catalog import Catalog
from kb.catalog.blobs import bytes_of
from kb.errors import NotFoundError, UsageError
from kb.home.files import put_file, upload_path
from kb.home.jobs import add_job
from kb.records import Job
from serving.http.bodies import JsonRoute
from serving.http.errors import ApiError
from serving.http.file_access import note_upload
from serving.http.files import known_file, path_of
from serving.http.finding import document_id_in, need_document
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.removing import remove_from_store
from serving.http.state import Services, services_of
from serving.http.store_files import StoreFile, store_file_json, store_files

router = APIRouter(route_class=JsonRoute)

_Number = Annotated[float, Field(allow_inf_nan=False)]
# OpenAI's own bounds; what a key and a text may be, `checked_attributes` says.
Attributes = Annotated[dict[str, str | int | _Number | bool], Field(max_length=16)]


class NewVectorStoreFile(BaseModel):
    """A file to add. Its attributes become the document's metadata and can be filtered by."""

    model_config = ConfigDict(extra="forbid")

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: Any = None  # passages are cut along the document's own structure


class NewAttributes(BaseModel):
    """What a document is to have for its attributes."""

    model_config = ConfigDict(extra="forbid")

    attributes: Attributes | None


class StoreFilesPageRequest(PageRequest):
    """Which page of a vector store's files, those of one status where it is given."""

    filter: Literal["in_progress", "completed", "failed", "cancelled"] | None = None


@router.post("/v1/vector_stores/{store_id}/files")
def add_file(request: Request, store_id: str, asked: NewVectorStoreFile) -> dict[str, Any]:
    """Queues a file; a worker reads it."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    job = add_file_job(services, catalog, asked.file_id, asked.attributes or {})
    return store_file_json(services, catalog, _need_file(services, catalog, job.document_id))


@router.get("/v1/vector_stores/{store_id}/files")
def list_store_files(
    request: Request, store_id: str, asked: Annotated[StoreFilesPageRequest, Query()]
) -> dict[str, Any]:
    """A page of the documents and of the files on their way, failed or cancelled."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    files = store_files(services.home, catalog)
    places = [file.place for file in files.values() if asked.filter in (None, file.status)]
    page = page_of(services.home, f"files of {store_id}", places, asked)
    data = [store_file_json(services, catalog, files[file_id]) for file_id in page.ids]
    return page_json(data, has_more=page.has_more)


@router.get("/v1/vector_stores/{store_id}/files/{file_id}")
def read_store_file(request: Request, store_id: str, file_id: str) -> dict[str, Any]:
    """One document, or how far its file is."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    return store_file_json(services, catalog, _need_file(services, catalog, file_id))


@router.post("/v1/vector_stores/{store_id}/files/{file_id}")
def update_store_file(request: Request, store_id: str, file_id: str, asked: NewAttributes) -> dict[str, Any]:
    """Gives a document these attributes in the place of those it was given before; they win over what it says."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    entry = need_document(catalog, file_id)
    catalog.describe(entry.id, _checked(asked.attributes or {}, catalog), instead=True)
    return store_file_json(services, catalog, _need_file(services, catalog, file_id))


@router.delete("/v1/vector_stores/{store_id}/files/{file_id}")
def remove_store_file(request: Request, store_id: str, file_id: str) -> dict[str, Any]:
    """Removes a document, or stops its file on the way. No search finds it from the moment this returns."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    file = _need_file(services, catalog, file_id)
    remove_from_store(services, catalog, file.document_id)
    return {"id": file.place.id, "object": "vector_store.file.deleted", "deleted": True}


def add_file_job(services: Services, catalog: Catalog, file_id: str, attributes: Mapping[str, AttributeValue]) -> Job:
    """Queues an uploaded file for a collection.

    Raises:
        NotFoundError: it was never uploaded.
        ApiError: an attribute cannot be.
    """
    file = known_file(services, file_id)
    if not upload_path(services.home, file).is_file():  # a document of another collection: its bytes come from there
        copied = put_file(services.home, file.name, bytes_of([path_of(services, file)]), file.purpose)
        note_upload(services, copied)
    return add_job(services.home, catalog.name, file.name, file.document_id, _checked(attributes, catalog))


def _need_file(services: Services, catalog: Catalog, wanted: str) -> StoreFile:
    """The file of this document id or file id.

    Raises:
        NotFoundError: the vector store has none.
    """
    digits = document_id_in(wanted)
    files = store_files(services.home, catalog).values()
    found = next((file for file in files if digits and file.document_id.startswith(digits)), None)
    if found is None:
        raise NotFoundError(f"no file {wanted[:80]} in vector store {catalog.name}")
    return found


def _checked(attributes: Mapping[str, AttributeValue], catalog: Catalog) -> dict[str, AttributeValue]:
    """Attributes as a document keeps them, its dates in ISO 8601, documents by their ids.

    Raises:
        ApiError: a key or a value cannot be.
    """
    try:
        with catalog.snapshot() as snapshot:
            return snapshot.with_ids(checked_attributes(attributes))
    except (UsageError, NotFoundError) as error:
        raise ApiError(400, str(error), param="attributes") from None
