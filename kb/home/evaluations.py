"""Evaluations: a collection's own questions, waiting to be asked, being asked, or done.

Whoever serves queues them, a runner takes them. It shows that it lives by its heartbeat; an evaluation whose runner
died is taken again, and failed when it has killed `MAX_ATTEMPTS` of them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home
from kb.home.jobs import MAX_ATTEMPTS, SILENT_SECONDS
from kb.records import JobState

_OPEN = (JobState.QUEUED, JobState.RUNNING)
_COLUMNS = "id, collection, state, done, total, reason, run, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of a collection's own questions."""

    id: str
    collection: str
    state: JobState
    done: int  # questions that were asked
    total: int  # questions; 0 until they were read
    reason: str  # why it failed, "" otherwise
    run: str  # the name of its run, "" while there is none
    created_at: str  # ISO 8601, UTC
    updated_at: str


def add_evaluation(home: Home, collection: str) -> Evaluation:
    """Queues an evaluation of a collection. One that has not ended yet is returned instead."""
    moment = now()
    with home.writing() as connection:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM evaluations WHERE collection = ? AND state IN (?, ?)",  # noqa: S608 (constants)
            (collection, *_OPEN),
        ).fetchone()
        if row is None:
            row = connection.execute(
                "INSERT INTO evaluations (id, collection, state, done, total, reason, run, created_at, updated_at,"  # noqa: S608
                f" attempts, heartbeat) VALUES (?, ?, ?, 0, 0, '', '', ?, ?, 0, 0) RETURNING {_COLUMNS}",
                (f"evaluation_{secrets.token_hex(12)}", collection, JobState.QUEUED, moment, moment),
            ).fetchone()
    return _evaluation_from(row)


def get_evaluation(home: Home, evaluation_id: str) -> Evaluation:
    """One evaluation.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.reading() as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM evaluations WHERE id = ?", (evaluation_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"no evaluation {evaluation_id[:80]!r}")
    return _evaluation_from(row)


def list_evaluations(home: Home, collection: str, at_most: int) -> list[Evaluation]:
    """The evaluations of a collection, the newest first."""
    query = f"SELECT {_COLUMNS} FROM evaluations WHERE collection = ? ORDER BY number DESC LIMIT ?"  # noqa: S608
    with home.reading() as connection:
        rows = connection.execute(query, (collection, at_most)).fetchall()
    return [_evaluation_from(row) for row in rows]


def does_evaluation_wait(home: Home) -> bool:
    """Whether there is one to take."""
    with home.reading() as connection:
        row = connection.execute(
            "SELECT 1 FROM evaluations WHERE state = ? OR (state = ? AND heartbeat < ?) LIMIT 1",
            (*_OPEN, time.time() - SILENT_SECONDS),
        ).fetchone()
    return row is not None


def take_evaluation(home: Home) -> Evaluation | None:
    """Takes the oldest one that waits, or one whose runner fell silent; None when there is nothing to do."""
    silent = time.time() - SILENT_SECONDS
    with home.writing() as connection:
        connection.execute(
            "UPDATE evaluations SET state = ?, reason = ?, updated_at = ?"
            " WHERE state = ? AND heartbeat < ? AND attempts >= ?",
            (
                *(JobState.FAILED, f"whoever measured it ended {MAX_ATTEMPTS} times before it was done", now()),
                *(JobState.RUNNING, silent, MAX_ATTEMPTS),
            ),
        )
        row = connection.execute(
            "UPDATE evaluations SET state = ?, done = 0, attempts = attempts + 1, heartbeat = ?, updated_at = ?"  # noqa: S608
            " WHERE number = (SELECT min(number) FROM evaluations WHERE state = ? OR (state = ? AND heartbeat < ?))"
            f" RETURNING {_COLUMNS}",
            (JobState.RUNNING, time.time(), now(), *_OPEN, silent),
        ).fetchone()
    return _evaluation_from(row) if row else None


def report_asked(home: Home, evaluation_id: str, done: int, total: int) -> bool:
    """Says how many questions were asked and that the runner lives; False when it was cancelled meanwhile."""
    with home.writing() as connection:
        changed = connection.execute(
            "UPDATE evaluations SET done = ?, total = ?, heartbeat = ?, updated_at = ? WHERE id = ? AND state = ?",
            (done, total, time.time(), now(), evaluation_id, JobState.RUNNING),
        ).rowcount
    return changed == 1


def finish_evaluation(home: Home, evaluation_id: str, run: str) -> bool:
    """Marks an evaluation done; False when it was cancelled meanwhile: what was written must go again."""
    return _end(home, evaluation_id, JobState.DONE, run=run)


def fail_evaluation(home: Home, evaluation_id: str, reason: str) -> None:
    """Marks an evaluation failed."""
    _end(home, evaluation_id, JobState.FAILED, reason=reason)


def release_evaluation(home: Home, evaluation_id: str) -> None:
    """Lets another runner begin with an evaluation at once: this one ends, and it is not to blame."""
    with home.writing() as connection:
        connection.execute(
            "UPDATE evaluations SET state = ?, done = 0, attempts = attempts - 1 WHERE id = ? AND state = ?",
            (JobState.QUEUED, evaluation_id, JobState.RUNNING),
        )


def cancel_evaluation(home: Home, evaluation_id: str) -> Evaluation:
    """Ends an evaluation before it is done; nothing happens to one that has ended.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.writing() as connection:
        connection.execute(
            "UPDATE evaluations SET state = ?, updated_at = ? WHERE id = ? AND state IN (?, ?)",
            (JobState.CANCELLED, now(), evaluation_id, *_OPEN),
        )
    return get_evaluation(home, evaluation_id)


def forget_evaluations(home: Home, collection: str) -> None:
    """Removes the evaluations of a collection; one under way ends at its next question."""
    with home.writing() as connection:
        connection.execute("DELETE FROM evaluations WHERE collection = ?", (collection,))


def _end(home: Home, evaluation_id: str, state: JobState, reason: str = "", run: str = "") -> bool:
    with home.writing() as connection:
        changed = connection.execute(
            "UPDATE evaluations SET state = ?, reason = ?, run = ?, updated_at = ? WHERE id = ? AND state = ?",
            (state, reason, run, now(), evaluation_id, JobState.RUNNING),
        ).rowcount
    return changed == 1


def _evaluation_from(row: Sequence[Any]) -> Evaluation:
    evaluation_id, collection, state, *rest = row
    return Evaluation(evaluation_id, collection, JobState(state), *rest)
