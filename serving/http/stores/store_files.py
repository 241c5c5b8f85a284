"""The files of a vector store in OpenAI's shape: documents of a collection, and files on their way into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from kb.attributes import AttributeValue, as_text
from kb.catalog import Catalog
from kb.errors import NotFoundError
from kb.home.jobs import latest_jobs
from kb.records import MOST_PASSAGE_TOKENS, DocumentEntry, Job, JobError
from serving.http.models import timestamp
from serving.http.reading.document_warnings import warnings_json
from serving.http.state import Services
from serving.http.stores.chunking import Sizes, chunking_json, sizes_of
from serving.http.stores.listing import COMPLETED, StoreFile

# How long OpenAI's clients wait before they look again: a small file is read within a second.
POLL_AFTER = {"openai-poll-after-ms": "500"}


def counts_json(counts: Counter[str]) -> dict[str, int]:
    """How many files have each status, in OpenAI's shape."""
    states = ("in_progress", "completed", "failed", "cancelled")
    return {**{state: counts[state] for state in states}, "total": counts.total()}


def store_file_json(services: Services, catalog: Catalog, file: StoreFile) -> dict[str, Any]:
    """A file of a vector store in OpenAI's shape, with what ibid knows of it beside.

    Raises:
        NotFoundError: it was deleted this very moment.
    """
    for shown in store_files_json(services, catalog, [file]):
        return shown
    raise NotFoundError(f"no file {file.id} in vector store {catalog.name}", "it was deleted this very moment")


def store_files_json(services: Services, catalog: Catalog, files: Sequence[StoreFile]) -> list[dict[str, Any]]:
    """Files of a vector store in that shape, in their order; without those that were deleted this very moment."""
    with_jobs = [file.document_id for file in files if file.has_job]
    jobs = latest_jobs(services.home, catalog.name, with_jobs) if with_jobs else {}
    with catalog.snapshot() as snapshot:
        entries = snapshot.entries([file.document_id for file in files])
    shown = []
    for file in files:
        job, entry = jobs.get(file.document_id), entries.get(file.document_id)
        if job is not None and file.status != COMPLETED:
            shown.append(_from_job(services, file, job))
        elif entry is not None:
            shown.append(_from_document(catalog.name, file, entry, job))
    return shown


def _from_job(services: Services, file: StoreFile, job: Job) -> dict[str, Any]:
    shown = _shape(job.collection, file, dict(job.metadata), job)
    path = services.home.uploads.path(job.document_id)
    code = job.error or JobError.SERVER
    error = {"code": code.value, "message": job.reason or "unknown"} if file.status == "failed" else None
    shown |= {"last_error": error, "usage_bytes": path.stat().st_size if path.is_file() else 0}
    shown["ibid"] |= {
        "name": job.name,
        "job_id": job.id,
        "stage": job.stage,
        "progress": job.progress,
        "reason": job.reason,
    }
    return shown


def _from_document(store_id: str, file: StoreFile, entry: DocumentEntry, job: Job | None) -> dict[str, Any]:
    shown = _shape(store_id, file, attributes_of(entry), job)
    shown |= {"last_error": None, "usage_bytes": entry.size}
    shown["ibid"] |= {
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
        **warnings_json(entry.warnings),
    }
    return shown


def attributes_of(entry: DocumentEntry) -> dict[str, AttributeValue]:
    """What is known of a document; numbers, true and false as they were given."""
    return {key: _as_given(entry, key, text) for key, text in entry.metadata.items()}


def _as_given(entry: DocumentEntry, key: str, text: str) -> AttributeValue:
    given = entry.given.get(key, text)
    return given if as_text(given) == text else text


def _shape(store_id: str, file: StoreFile, attributes: dict[str, Any], job: Job | None) -> dict[str, Any]:
    unknown = {"title": "", "pages": 0, "passages": 0, "media_type": "", "language": "", **warnings_json(())}
    unknown |= {"effective_from": "", "effective_to": "", "version": 1, "replaces": [], "replaced_by": []}
    sizes = Sizes(job.passage_tokens, job.overlap_tokens) if job else sizes_of(None)
    kept = {"passage_tokens": min(sizes.passage_tokens, MOST_PASSAGE_TOKENS), "overlap_tokens": 0}
    return {
        "id": file.id,
        "object": "vector_store.file",
        "vector_store_id": store_id,
        "created_at": timestamp(file.created_at),
        "status": file.status,
        "attributes": attributes,
        "chunking_strategy": chunking_json(sizes),
        "ibid": {"document_id": file.document_id, **kept, **unknown},
    }
