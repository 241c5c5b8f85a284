"""The files of a vector store: documents of a collection, and files on their way into it, in OpenAI's shape."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from kb.attributes import AttributeValue, as_text
from kb.catalog import Catalog
from kb.home.cursors import Place
from kb.home.files import file_id_of
from kb.home.home import Home
from kb.home.jobs import job_summaries, latest_job
from kb.records import MOST_PASSAGE_TOKENS, DocumentEntry, Job, JobError, JobState
from serving.http.chunking import chunking_json
from serving.http.models import timestamp
from serving.http.state import Services

# How long OpenAI's clients wait before they look again: a small file is read within a second.
POLL_AFTER = {"openai-poll-after-ms": "500"}

STATUSES = {
    JobState.QUEUED: "in_progress",
    JobState.RUNNING: "in_progress",
    JobState.DONE: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A file of a vector store. `created_at` stays the same from the first job to the finished document."""

    document_id: str
    created_at: str  # ISO 8601, UTC
    stored: bool  # whether its document can be searched
    latest: JobState | None  # of the newest job that brought it

    @property
    def place(self) -> Place:
        """Where it stands in lists."""
        return Place(self.created_at, file_id_of(self.document_id))

    @property
    def status(self) -> str:
        """In OpenAI's words. A document that is read anew is in progress; one whose new reading failed stays."""
        under_way = self.latest in {JobState.QUEUED, JobState.RUNNING}
        if self.latest is not None and (under_way or not self.stored):
            return STATUSES[self.latest]
        return "completed"


def store_files(home: Home, catalog: Catalog, digits: str = "") -> dict[str, StoreFile]:
    """The files of a vector store by file id: all, or those whose document ids begin with these digits.

    What was read and then deleted from the collection is none.
    """
    with catalog.snapshot() as snapshot:
        added_at = snapshot.added_at(digits)
    created_at, latest = dict(added_at), dict[str, JobState]()
    for document_id, first, state in job_summaries(home, catalog.name, digits):
        created_at[document_id] = min(first, created_at.get(document_id, first))
        latest[document_id] = state
    files = [StoreFile(key, moment, key in added_at, latest.get(key)) for key, moment in created_at.items()]
    return {file.place.id: file for file in files if file.stored or file.status != "completed"}


def counts_json(counts: Counter[str]) -> dict[str, int]:
    """How many files have each status, in OpenAI's shape."""
    states = ("in_progress", "completed", "failed", "cancelled")
    return {**{state: counts[state] for state in states}, "total": counts.total()}


def store_file_json(services: Services, catalog: Catalog, file: StoreFile) -> dict[str, Any]:
    """A file of a vector store in OpenAI's shape, with what ibid knows of it beside."""
    job = latest_job(services.home, catalog.name, file.document_id) if file.latest is not None else None
    if job is not None and file.status != "completed":
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
    return {
        "id": file_id_of(file.document_id),
        "object": "vector_store.file",
        "vector_store_id": store_id,
        "created_at": timestamp(file.created_at),
        "status": file.status,
        "attributes": attributes,
        "chunking_strategy": chunking_json(job.passage_tokens if job else MOST_PASSAGE_TOKENS),
        "ibid": {"document_id": file.document_id, **unknown},
    }
