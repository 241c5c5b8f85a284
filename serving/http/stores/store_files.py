"""The files of a vector store: documents of a collection, and files on their way into it, in OpenAI's shape."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from kb.attributes import AttributeValue, as_text
from kb.catalog import Catalog
from kb.home.cursors import Place
from kb.home.files import file_id_of
from kb.home.home import Home
from kb.home.jobs import job_summaries, latest_job
from kb.records import MOST_PASSAGE_TOKENS, DocumentEntry, Job, JobError, JobState
from serving.http.models import timestamp
from serving.http.state import Services
from serving.http.stores.chunking import Sizes, chunking_json, sizes_of

# How long OpenAI's clients wait before they look again: a small file is read within a second.
POLL_AFTER = {"openai-poll-after-ms": "500"}

COMPLETED = "completed"
STATUSES = {
    JobState.QUEUED: "in_progress",
    JobState.RUNNING: "in_progress",
    JobState.DONE: COMPLETED,
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
_UNDER_WAY = frozenset({JobState.QUEUED, JobState.RUNNING})


class StoreFile(NamedTuple):
    """A file of a vector store. `created_at` stays the same from the first job to the finished document."""

    id: str
    document_id: str
    created_at: str  # ISO 8601, UTC
    status: str  # in OpenAI's words
    has_job: bool  # whether a job brought it

    @property
    def place(self) -> Place:
        """Where it stands in lists."""
        return Place(self.created_at, self.id)


def store_files(home: Home, catalog: Catalog, digits: str = "") -> dict[str, StoreFile]:
    """The files of a vector store by file id: all, or those whose document ids begin with these digits.

    A document that is read anew is in progress; one whose new reading failed stays completed. What was read and then
    deleted from the collection is no file. Takes some 5 µs a file: lists are made of it, however long they are.
    """
    with catalog.snapshot() as snapshot:
        added_at = snapshot.added_at(digits)
    files: dict[str, StoreFile] = {}
    for document_id, first, state in job_summaries(home, catalog.name, digits):
        added = added_at.pop(document_id, "")
        status = STATUSES[state] if state in _UNDER_WAY or not added else COMPLETED
        if added or status != COMPLETED:
            created_at = min(first, added) if added else first
            file_id = file_id_of(document_id)
            files[file_id] = StoreFile(file_id, document_id, created_at, status, has_job=True)
    for document_id, added in added_at.items():
        file_id = file_id_of(document_id)
        files[file_id] = StoreFile(file_id, document_id, added, COMPLETED, has_job=False)
    return files


def counts_json(counts: Counter[str]) -> dict[str, int]:
    """How many files have each status, in OpenAI's shape."""
    states = ("in_progress", "completed", "failed", "cancelled")
    return {**{state: counts[state] for state in states}, "total": counts.total()}


def store_file_json(services: Services, catalog: Catalog, file: StoreFile) -> dict[str, Any]:
    """A file of a vector store in OpenAI's shape, with what ibid knows of it beside."""
    job = latest_job(services.home, catalog.name, file.document_id) if file.has_job else None
    if job is not None and file.status != COMPLETED:
        return _from_job(services, file, job)
    with catalog.snapshot() as snapshot:
        entry = snapshot.entry(file.document_id)
    return _from_document(catalog.name, file, entry, job)


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
        "warnings": list(entry.warnings),
    }
    return shown


def attributes_of(entry: DocumentEntry) -> dict[str, AttributeValue]:
    """What is known of a document; numbers, true and false as they were given."""
    return {key: _as_given(entry, key, text) for key, text in entry.metadata.items()}


def _as_given(entry: DocumentEntry, key: str, text: str) -> AttributeValue:
    given = entry.given.get(key, text)
    return given if as_text(given) == text else text


def _shape(store_id: str, file: StoreFile, attributes: dict[str, Any], job: Job | None) -> dict[str, Any]:
    unknown = {"title": "", "pages": 0, "passages": 0, "media_type": "", "language": "", "warnings": []}
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
