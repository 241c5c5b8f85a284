"""What became of the files of a collection over all their jobs, whole or only where something has changed."""

from __future__ import annotations

import json
from typing import NamedTuple

from kb.attributes import as_text
from kb.home.home import Home
from kb.records import JobState

_STATES = {state.value: state for state in JobState}  # three times as fast as calling the type


class JobSummary(NamedTuple):
    """What became of one file in a collection, over all its jobs."""

    document_id: str
    first_created_at: str  # ISO 8601, UTC
    latest: JobState
    name: str  # as the newest job has it
    tags: str  # that the newest job gives, with commas between them


class JobsStamp(NamedTuple):
    """Grows with every change: `changed` where a job is new or came to another state, `forgotten` where one went."""

    changed: int
    forgotten: int


def jobs_stamp(home: Home, collection: str) -> JobsStamp:
    """How far the jobs of a collection have come."""
    with home.reading() as connection:
        query = "SELECT changed, forgotten FROM job_changes WHERE collection = ?"
        row = connection.execute(query, (collection,)).fetchone()
    return JobsStamp(*row) if row else JobsStamp(0, 0)


def job_summaries(home: Home, collection: str, digits: str = "") -> list[JobSummary]:
    """What became of each file of a collection, or of those whose document ids begin with these digits."""
    if not digits:
        return _summaries(home, "collection = ?1", collection)
    which = "collection = ?1 AND document_id >= ?2 AND document_id < ?2 || 'g'"  # "g" comes after every digit
    return _summaries(home, which, collection, digits)


def job_summaries_since(home: Home, collection: str, changed: int) -> list[JobSummary]:
    """What became of the files whose jobs have changed after a stamp's `changed`."""
    changed_since = "SELECT document_id FROM jobs WHERE collection = ?1 AND changed_in > ?2"
    return _summaries(home, f"collection = ?1 AND document_id IN ({changed_since})", collection, changed)


def documents_with_jobs(home: Home, collection: str) -> set[str]:
    """The document ids of all files of a collection that jobs brought or are to bring."""
    with home.reading() as connection:
        query = "SELECT DISTINCT document_id FROM jobs WHERE collection = ?"
        return {document_id for (document_id,) in connection.execute(query, (collection,))}


def _summaries(home: Home, which: str, *values: str | int) -> list[JobSummary]:
    query = (
        "SELECT document_id, first, state, name, metadata FROM (SELECT min(created_at) AS first, max(number) AS latest"  # noqa: S608
        f" FROM jobs WHERE {which} GROUP BY document_id) CROSS JOIN jobs ON number = latest"
    )
    with home.reading() as connection:
        rows = connection.execute(query, values).fetchall()
    return [
        JobSummary(document_id, first, _STATES[state], name, _tags(metadata))
        for document_id, first, state, name, metadata in rows
    ]


def _tags(metadata: str) -> str:
    return as_text(json.loads(metadata).get("tags", "")) if metadata != "{}" else ""
