"""/v1/vector_stores/{id}/files: documents of a collection, and files on their way into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.attributes import checked_attributes
from kb.catalog import Catalog
from kb.errors import NotFoundError, UsageError
from kb.home.files import file_id_of
from kb.home.jobs import add_job, cancel_jobs, forget_jobs, latest_job, list_jobs
from kb.home.withdrawals import noting_withdrawals
from kb.records import DocumentEntry, Job, JobState
from serving.http.bodies import JsonRoute
from serving.http.errors import ApiError
from serving.http.files import known_file
from serving.http.finding import find_document, need_document
from serving.http.models import timestamp, whole_list
from serving.http.page_pictures import forget_pictures
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)

Attributes = Mapping[str, str | float | bool]
_MOST_ATTRIBUTES = 16  # OpenAI's own limit


class NewVectorStoreFile(BaseModel):
    """A file to add. Its attributes become the document's metadata and can be filtered by."""

    model_config = ConfigDict(extra="forbid")

    file_id: str
    attributes: dict[str, str | float | bool] | None = Field(default=None, max_length=_MOST_ATTRIBUTES)
    chunking_strategy: Any = None  # passages are cut along the document's own structure


class NewAttributes(BaseModel):
    """What a document is to have for its attributes."""

    model_config = ConfigDict(extra="forbid")

    attributes: dict[str, str | float | bool] | None = Field(max_length=_MOST_ATTRIBUTES)


@router.post("/v1/vector_stores/{store_id}/files")
def add_file(request: Request, store_id: str, asked: NewVectorStoreFile) -> dict[str, Any]:
    """Queues a file; a worker reads it."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    job = add_file_job(services, catalog, asked.file_id, asked.attributes or {})
    return _from_job(job, services)


@router.get("/v1/vector_stores/{store_id}/files")
def list_store_files(request: Request, store_id: str) -> dict[str, Any]:
    """Files on their way or failed, the newest first, then the documents by name."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    with catalog.snapshot() as snapshot:
        entries = snapshot.documents()
    jobs: dict[str, Job] = {}
    for job in list_jobs(services.home, catalog.name):
        jobs.setdefault(job.document_id, job)
    stored = {entry.id for entry in entries}
    data = [_from_job(job, services) for key, job in jobs.items() if _tells(job, stored=key in stored)]
    shown = {item["ibid"]["document_id"] for item in data}
    data += [_from_document(entry, catalog.name, jobs.get(entry.id)) for entry in entries if entry.id not in shown]
    return whole_list(data)


@router.get("/v1/vector_stores/{store_id}/files/{file_id}")
def read_store_file(request: Request, store_id: str, file_id: str) -> dict[str, Any]:
    """One document, or how far its file is."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    entry = find_document(catalog, file_id)
    job = _job_of(services, catalog, entry, file_id)
    if job is not None and _tells(job, stored=entry is not None):
        return _from_job(job, services)
    if entry is None:
        raise NotFoundError(f"no file {file_id} in vector store {store_id}")
    return _from_document(entry, catalog.name, job)


@router.post("/v1/vector_stores/{store_id}/files/{file_id}")
def update_store_file(request: Request, store_id: str, file_id: str, asked: NewAttributes) -> dict[str, Any]:
    """Gives a document these attributes in the place of those it was given before; they win over what it says."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    entry = need_document(catalog, file_id)
    catalog.describe(entry.id, _checked(asked.attributes or {}, catalog), instead=True)
    return _from_document(need_document(catalog, file_id), catalog.name, latest_job(services.home, store_id, entry.id))


@router.delete("/v1/vector_stores/{store_id}/files/{file_id}")
def remove_store_file(request: Request, store_id: str, file_id: str) -> dict[str, Any]:
    """Removes a document, or stops its file on the way. No search finds it from the moment this returns."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    entry = find_document(catalog, file_id)
    job = _job_of(services, catalog, entry, file_id)
    if entry is None and job is None:
        raise NotFoundError(f"no file {file_id} in vector store {store_id}")
    document_id = entry.id if entry is not None else job.document_id if job is not None else ""
    cancel_jobs(services.home, store_id, document_id)
    if entry is not None:
        with noting_withdrawals(services.home, catalog):
            catalog.remove([entry.id])
        forget_pictures(catalog, entry.id)
    forget_jobs(services.home, store_id, document_id)
    return {"id": file_id_of(document_id), "object": "vector_store.file.deleted", "deleted": True}


def add_file_job(services: Services, catalog: Catalog, file_id: str, attributes: Attributes) -> Job:
    """Queues an uploaded file for a collection.

    Raises:
        NotFoundError: it was never uploaded.
        ApiError: an attribute cannot be.
    """
    file = known_file(services, file_id)
    return add_job(services.home, catalog.name, file.name, file.document_id, _checked(attributes, catalog))


def _checked(attributes: Attributes, catalog: Catalog) -> dict[str, str]:
    """Attributes as a document keeps them, its dates in ISO 8601, documents by their ids.

    Raises:
        ApiError: a key or a value cannot be.
    """
    written = {
        key: str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
        for key, value in attributes.items()
    }
    try:
        with catalog.snapshot() as snapshot:
            return snapshot.with_ids(checked_attributes(written))
    except (UsageError, NotFoundError) as error:
        raise ApiError(400, str(error), param="attributes") from None


def _job_of(services: Services, catalog: Catalog, entry: DocumentEntry | None, file_id: str) -> Job | None:
    if entry is not None:
        return latest_job(services.home, catalog.name, entry.id)
    jobs = list_jobs(services.home, catalog.name)
    return next((job for job in jobs if file_id in {job.document_id, file_id_of(job.document_id)}), None)


def _tells(job: Job, *, stored: bool) -> bool:
    """Whether a job says more than the document itself: it is under way, or it failed and there is no document."""
    return job.state in {JobState.QUEUED, JobState.RUNNING} or (job.state is JobState.FAILED and not stored)


def _from_job(job: Job, services: Services) -> dict[str, Any]:
    failed = job.state is JobState.FAILED
    cancelled = failed and job.reason == "cancelled"
    error = {"code": "invalid_file", "message": job.reason or "unknown"} if failed and not cancelled else None
    status = "cancelled" if cancelled else "failed" if failed else "in_progress"
    file = _file(job.document_id, job.collection, job.created_at, dict(job.metadata))
    path = services.home.uploads.path(job.document_id)
    file |= {"status": status, "last_error": error, "usage_bytes": path.stat().st_size if path.is_file() else 0}
    file["ibid"] |= {
        "name": job.name,
        "job_id": job.id,
        "stage": job.stage,
        "progress": job.progress,
        "reason": job.reason,
    }
    return file


def _from_document(entry: DocumentEntry, store_id: str, job: Job | None) -> dict[str, Any]:
    file = _file(entry.id, store_id, entry.added_at, dict(entry.metadata))
    file |= {"status": "completed", "last_error": None, "usage_bytes": entry.size}
    file["ibid"] |= {
        "name": entry.name,
        "title": entry.title,
        "stage": "done",
        "progress": 1.0,
        "reason": job.reason if job is not None else "",
        "pages": entry.pages,
        "passages": entry.passages,
        "media_type": entry.media_type,
        "language": entry.language,
        "effective_from": entry.effective_from,
        "effective_to": entry.effective_to,
        "version": entry.version,
        "replaces": list(entry.replaces),
        "replaced_by": list(entry.replaced_by),
        "warnings": list(entry.warnings),
    }
    return file


def _file(document_id: str, store_id: str, created_at: str, attributes: dict[str, str]) -> dict[str, Any]:
    unknown = {"title": "", "pages": 0, "passages": 0, "media_type": "", "language": "", "warnings": []}
    unknown |= {"effective_from": "", "effective_to": "", "version": 1, "replaces": [], "replaced_by": []}
    return {
        "id": file_id_of(document_id),
        "object": "vector_store.file",
        "vector_store_id": store_id,
        "created_at": timestamp(created_at),
        "attributes": attributes,
        "chunking_strategy": None,
        "ibid": {"document_id": document_id, **unknown},
    }
