"""Batches of files on their way into a collection together."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home
from kb.home.jobs import JOB_COLUMNS, job_from
from kb.records import Job, JobState


@dataclass(frozen=True, slots=True)
class FileBatch:
    """Files that were added together. How far they are, their jobs say."""

    id: str
    collection: str
    cancelled: bool
    created_at: str  # ISO 8601, UTC


def add_batch(home: Home, collection: str, jobs: Sequence[Job]) -> FileBatch:
    """Notes that these jobs belong together."""
    batch = FileBatch(f"vsfb_{secrets.token_hex(12)}", collection, cancelled=False, created_at=now())
    with home.writing() as connection:
        connection.execute("INSERT INTO file_batches VALUES (?, ?, 0, ?)", (batch.id, collection, batch.created_at))
        connection.executemany(
            "INSERT OR IGNORE INTO file_batch_jobs VALUES (?, ?, ?)",
            [(batch.id, job.document_id, job.id) for job in jobs],
        )
    return batch


def get_batch(home: Home, collection: str, batch_id: str) -> FileBatch:
    """One batch.

    Raises:
        NotFoundError: the collection has none of that id.
    """
    with home.reading() as connection:
        row = connection.execute(
            "SELECT id, collection, cancelled, created_at FROM file_batches WHERE id = ? AND collection = ?",
            (batch_id, collection),
        ).fetchone()
    if row is None:
        raise NotFoundError(f"no file batch {batch_id[:80]} in vector store {collection}")
    return FileBatch(row[0], row[1], bool(row[2]), row[3])


def jobs_of(home: Home, batch: FileBatch) -> list[Job]:
    """The jobs of a batch; those of files that were removed since are gone."""
    query = f"SELECT {JOB_COLUMNS} FROM jobs WHERE id IN (SELECT job FROM file_batch_jobs WHERE batch = ?)"  # noqa: S608
    with home.reading() as connection:
        return [job_from(row) for row in connection.execute(query, (batch.id,)).fetchall()]


def cancel_batch(home: Home, batch: FileBatch) -> None:
    """Ends the jobs of a batch that are not done."""
    with home.writing() as connection:
        connection.execute("UPDATE file_batches SET cancelled = 1 WHERE id = ?", (batch.id,))
        connection.execute(
            "UPDATE jobs SET state = ?, reason = 'cancelled', updated_at = ? WHERE state IN (?, ?)"
            " AND id IN (SELECT job FROM file_batch_jobs WHERE batch = ?)",
            (JobState.CANCELLED, now(), JobState.QUEUED, JobState.RUNNING, batch.id),
        )


def forget_batches(home: Home, collection: str) -> None:
    """Removes the batches of a collection."""
    with home.writing() as connection:
        connection.execute("DELETE FROM file_batches WHERE collection = ?", (collection,))
