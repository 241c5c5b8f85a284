"""/v1/vector_stores/{id}/file_batches: files that are added to a vector store together."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from kb.home.file_batches import FileBatch, add_batch, cancel_batch, get_batch, jobs_of
from kb.home.files import file_id_of
from kb.home.home import Home
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.declared import made
from serving.http.errors import ApiError
from serving.http.models import timestamp
from serving.http.state import services_of
from serving.http.stores.adding import Attributes, FileToAdd, add_files
from serving.http.stores.chunking import ChunkingStrategy
from serving.http.stores.listing import STATUSES, Listing
from serving.http.stores.store_files import POLL_AFTER, counts_json
from serving.http.stores.vector_store_files import StoreFilesPageRequest, files_page

router = APIRouter(route_class=RepeatableRoute)

_MOST_FILES = 2000  # OpenAI's own limit


class NewFileBatch(JsonBody):
    """Files to add: by their ids, all in the same way, or each with attributes and a chunking strategy of its own."""

    model_config = ConfigDict(extra="forbid")

    file_ids: list[str] | None = Field(default=None, min_length=1, max_length=_MOST_FILES)
    files: list[FileToAdd] | None = Field(default=None, min_length=1, max_length=_MOST_FILES)
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy | None = None


@router.post(
    "/v1/vector_stores/{store_id}/file_batches",
    responses=made("batch_id", "read_file_batch", "cancel_file_batch", "list_batch_files"),
)
def create_file_batch(request: Request, response: Response, store_id: str, asked: NewFileBatch) -> dict[str, Any]:
    """Queues files; workers read them."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    if (asked.file_ids is None) == (asked.files is None):
        raise ApiError(400, "give either file_ids or files", code="invalid_value", param="file_ids")
    files = asked.files or [
        FileToAdd(file_id=file_id, attributes=asked.attributes, chunking_strategy=asked.chunking_strategy)
        for file_id in asked.file_ids or ()
    ]
    jobs = add_files(services, catalog, files)
    response.headers.update(POLL_AFTER)
    return _batch_json(services.home, add_batch(services.home, catalog.name, jobs))


@router.get("/v1/vector_stores/{store_id}/file_batches/{batch_id}")
def read_file_batch(request: Request, response: Response, store_id: str, batch_id: str) -> dict[str, Any]:
    """How far the files of a batch are."""
    services = services_of(request)
    batch = get_batch(services.home, services.collections.catalog(store_id).name, batch_id)
    response.headers.update(POLL_AFTER)
    return _batch_json(services.home, batch)


@router.post("/v1/vector_stores/{store_id}/file_batches/{batch_id}/cancel")
def cancel_file_batch(request: Request, store_id: str, batch_id: str) -> dict[str, Any]:
    """Stops the files of a batch that are not done. Those that are stay."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    cancel_batch(services.home, get_batch(services.home, catalog.name, batch_id))
    return _batch_json(services.home, get_batch(services.home, catalog.name, batch_id))


@router.get("/v1/vector_stores/{store_id}/file_batches/{batch_id}/files")
def list_batch_files(
    request: Request, store_id: str, batch_id: str, asked: Annotated[StoreFilesPageRequest, Query()]
) -> dict[str, Any]:
    """A page of the files of a batch."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    batch = get_batch(services.home, catalog.name, batch_id)
    files = services.listings.of(catalog).files
    own = {file_id_of(job.document_id) for job in jobs_of(services.home, batch)} & files.keys()
    listing = Listing({file_id: files[file_id] for file_id in own})
    return files_page(services, catalog, listing, f"files of {batch_id}", asked)


def _batch_json(home: Home, batch: FileBatch) -> dict[str, Any]:
    counts: Counter[str] = Counter(STATUSES[job.state] for job in jobs_of(home, batch))
    return {
        "id": batch.id,
        "object": "vector_store.files_batch",
        "created_at": timestamp(batch.created_at),
        "vector_store_id": batch.collection,
        "status": _status(batch, counts),
        "file_counts": counts_json(counts),
    }


def _status(batch: FileBatch, counts: Counter[str]) -> str:
    if counts["in_progress"]:
        return "in_progress"
    if batch.cancelled:
        return "cancelled"
    return "failed" if counts["failed"] and counts["failed"] == counts.total() else "completed"
