"""Jobs: files on their way into a collection. Whoever serves writes them, a worker takes them, everybody may look.

A worker shows that it lives by touching its job's heartbeat; a job whose worker died is taken again, and failed when it
has killed `MAX_ATTEMPTS` workers.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kb.attributes import AttributeValue
from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home
from kb.records import MOST_PASSAGE_TOKENS, Job, JobError, JobState

MAX_ATTEMPTS = 3  # twice may be bad luck (a power cut, a restart); a third time it is the file
SILENT_SECONDS = 60.0  # the heartbeat comes every few seconds, whatever a parser does

JOB_COLUMNS = (
    "id, collection, name, document_id, state, stage, progress, reason, created_at, updated_at, metadata, error,"
    " passage_tokens, overlap_tokens"
)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A file to queue."""

    name: str
    document_id: str
    metadata: Mapping[str, AttributeValue] = field(default_factory=dict)
    passage_tokens: int = MOST_PASSAGE_TOKENS  # that were asked for: a worker keeps to its own maximum as well
    overlap_tokens: int = 0  # that were asked for: passages do not overlap


def add_job(
    home: Home, collection: str, name: str, document_id: str, metadata: Mapping[str, AttributeValue] | None = None
) -> Job:
    """Queues a file for a collection. A job for the same bytes that is still under way is returned instead."""
    return add_jobs(home, collection, [NewJob(name, document_id, metadata or {})])[0]


def add_jobs(home: Home, collection: str, files: Sequence[NewJob]) -> list[Job]:
    """Queues files for a collection, all of them or none. Where the same bytes are still under way, that is the job."""
    with home.writing() as connection:
        return [_add(connection, collection, file) for file in files]


def _add(connection: sqlite3.Connection, collection: str, file: NewJob) -> Job:
    under_way = f"SELECT {JOB_COLUMNS} FROM jobs WHERE collection = ? AND document_id = ? AND state IN (?, ?)"  # noqa: S608
    row = connection.execute(under_way, (collection, file.document_id, JobState.QUEUED, JobState.RUNNING)).fetchone()
    if row is None:
        moment, tokens = now(), file.passage_tokens
        row = connection.execute(
            "INSERT INTO jobs (id, collection, name, document_id, state, metadata, created_at, updated_at,"  # noqa: S608
            " passage_tokens, overlap_tokens, stage, progress, reason, attempts, heartbeat)"
            f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, '', 0, 0) RETURNING {JOB_COLUMNS}",
            (
                *(f"job-{secrets.token_hex(12)}", collection, file.name, file.document_id, JobState.QUEUED),
                *(json.dumps(dict(file.metadata)), moment, moment, 0 if tokens == MOST_PASSAGE_TOKENS else tokens),
                file.overlap_tokens,
            ),
        ).fetchone()
    return job_from(row)


def get_job(home: Home, job_id: str) -> Job:
    """One job.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.reading() as connection:
        row = connection.execute(f"SELECT {JOB_COLUMNS} FROM jobs WHERE id = ?", (job_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"no job {job_id}")
    return job_from(row)


def list_jobs(home: Home, collection: str | None = None) -> list[Job]:
    """Jobs, the newest first; of one collection where given."""
    with home.reading() as connection:
        rows = connection.execute(
            f"SELECT {JOB_COLUMNS} FROM jobs WHERE ?1 IS NULL OR collection = ?1 ORDER BY number DESC",  # noqa: S608
            (collection,),
        ).fetchall()
    return [job_from(row) for row in rows]


def latest_job(home: Home, collection: str, document_id: str) -> Job | None:
    """The newest job of these bytes in a collection."""
    with home.reading() as connection:
        row = connection.execute(
            f"SELECT {JOB_COLUMNS} FROM jobs WHERE collection = ? AND document_id = ?"  # noqa: S608
            " ORDER BY number DESC LIMIT 1",
            (collection, document_id),
        ).fetchone()
    return job_from(row) if row else None


def latest_jobs(home: Home, collection: str, document_ids: Sequence[str]) -> dict[str, Job]:
    """The newest job of each of these bytes in a collection, by document id: of as many as a page of a list shows."""
    marks = ",".join("?" * len(document_ids))
    query = (
        f"SELECT {JOB_COLUMNS} FROM jobs WHERE number IN (SELECT max(number) FROM jobs"  # noqa: S608 (question marks)
        f" WHERE collection = ? AND document_id IN ({marks}) GROUP BY document_id)"
    )
    with home.reading() as connection:
        rows = connection.execute(query, (collection, *document_ids)).fetchall()
    return {job.document_id: job for job in map(job_from, rows)}


def take_job(home: Home) -> Job | None:
    """Takes the oldest job that waits, or one whose worker fell silent; None when there is nothing to do."""
    silent = time.time() - SILENT_SECONDS
    with home.writing() as connection:
        connection.execute(
            "UPDATE jobs SET state = ?, reason = ?, error = ?, updated_at = ?"
            " WHERE state = ? AND heartbeat < ? AND attempts >= ?",
            (
                JobState.FAILED,
                f"it stopped the worker {MAX_ATTEMPTS} times",
                JobError.INVALID,
                now(),
                JobState.RUNNING,
                silent,
                MAX_ATTEMPTS,
            ),
        )
        row = connection.execute(
            "SELECT id FROM jobs WHERE state = ? OR (state = ? AND heartbeat < ?) ORDER BY number LIMIT 1",
            (JobState.QUEUED, JobState.RUNNING, silent),
        ).fetchone()
        if row is None:
            return None
        taken = connection.execute(
            "UPDATE jobs SET state = ?, stage = 'parsing', progress = 0, reason = '',"  # noqa: S608 (constants)
            f" attempts = attempts + 1, heartbeat = ?, updated_at = ? WHERE id = ? RETURNING {JOB_COLUMNS}",
            (JobState.RUNNING, time.time(), now(), row[0]),
        ).fetchone()
    return job_from(taken)


def report_progress(home: Home, job_id: str, stage: str, progress: float) -> bool:
    """Says how far a job is and that its worker lives; False when the job was cancelled meanwhile."""
    with home.writing() as connection:
        changed = connection.execute(
            "UPDATE jobs SET stage = ?, progress = ?, heartbeat = ?, updated_at = ? WHERE id = ? AND state = ?",
            (stage, progress, time.time(), now(), job_id, JobState.RUNNING),
        ).rowcount
    return changed == 1


def finish_job(home: Home, job_id: str, remark: str = "") -> bool:
    """Marks a job done; `remark` is what a reader should know (a page without text, a duplicate).

    Returns:
        False when the job was cancelled meanwhile: what it stored must go again.
    """
    return _end(home, job_id, JobState.DONE, "done", 1.0, remark)


def fail_job(home: Home, job_id: str, reason: str, error: JobError = JobError.INVALID) -> None:
    """Marks a job failed."""
    _end(home, job_id, JobState.FAILED, "failed", 0.0, reason, error)


def cancel_jobs(home: Home, collection: str, document_id: str | None = None) -> None:
    """Ends the jobs of a collection (or of one document in it) that are not done."""
    with home.writing() as connection:
        connection.execute(
            "UPDATE jobs SET state = ?1, reason = 'cancelled', updated_at = ?2 WHERE collection = ?3"
            " AND (?4 IS NULL OR document_id = ?4) AND state IN (?5, ?6)",
            (JobState.CANCELLED, now(), collection, document_id, JobState.QUEUED, JobState.RUNNING),
        )


def forget_jobs(home: Home, collection: str, document_id: str | None = None) -> None:
    """Removes the jobs of a collection, or of one document in it."""
    with home.writing() as connection:
        connection.execute(
            "DELETE FROM jobs WHERE collection = ?1 AND (?2 IS NULL OR document_id = ?2)", (collection, document_id)
        )


def _end(home: Home, job_id: str, state: JobState, stage: str, progress: float, reason: str, error: str = "") -> bool:
    with home.writing() as connection:
        ended = connection.execute(
            "UPDATE jobs SET state = ?1, stage = ?2, progress = max(progress, ?3), reason = ?4, updated_at = ?5,"
            " error = ?6 WHERE id = ?7 AND state = ?8",
            (state, stage, progress, reason, now(), error, job_id, JobState.RUNNING),
        ).rowcount
    return ended == 1


def job_from(row: Sequence[Any]) -> Job:
    """A row of `JOBJOB_COLUMNS`."""
    job_id, collection, name, document_id, state, stage, progress, reason, created_at, updated_at, *rest = row
    metadata, error, passage_tokens, overlap_tokens = rest
    return Job(
        job_id,
        collection,
        name,
        document_id,
        JobState(state),
        stage,
        progress,
        reason,
        created_at,
        updated_at,
        json.loads(metadata),
        JobError(error) if error else None,
        passage_tokens or MOST_PASSAGE_TOKENS,
        overlap_tokens,
    )


def count_jobs(home: Home) -> dict[JobState, int]:
    """How many jobs there are in each state."""
    with home.reading() as connection:
        rows = connection.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state").fetchall()
    return {JobState(state): count for state, count in rows}
