"""Batches: files of requests that are worked off in the background. What is done is kept line by line.

A server that takes a batch shows that it lives by its heartbeat; the batch of one that fell silent is taken again, and
goes on where it stopped.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from kb.errors import NotFoundError
from kb.home.home import Home

SILENT_SECONDS = 60.0  # the heartbeat comes every few seconds, however long one request takes


class BatchState(StrEnum):
    """How far a batch is; OpenAI's words."""

    VALIDATING = "validating"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


_OPEN = (BatchState.VALIDATING, BatchState.IN_PROGRESS, BatchState.FINALIZING, BatchState.CANCELLING)


class LineError(NamedTuple):
    """What is wrong with a batch's file; `line` counts from 1, None where no single line is to blame."""

    code: str
    message: str
    line: int | None = None


class Result(NamedTuple):
    """What became of one line, from 1: JSON to be written into the output file, or, where it failed, the error file."""

    line: int
    worked: bool
    written: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch. `owner` is the id of the key that asked for it, "" where there was none."""

    id: str
    owner: str
    endpoint: str
    input_file_id: str
    state: BatchState
    moments: Mapping[str, int]  # when it came into each state, in seconds since 1970
    errors: tuple[LineError, ...]
    metadata: Mapping[str, str]
    output_file_id: str  # "" while there is none
    error_file_id: str
    total: int  # lines; 0 until the file was read
    completed: int
    failed: int
    keep_seconds: int = 0  # how long its files are to stay once they are there; 0 for ever


_COLUMNS = (
    "id, owner, endpoint, input_file_id, state, moments, errors, metadata, output_file_id, error_file_id, total,"
    " (SELECT count(*) FROM batch_results WHERE batch = id AND worked),"
    " (SELECT count(*) FROM batch_results WHERE batch = id AND NOT worked), keep_seconds"  # in Batch's order
)


def add_batch(
    home: Home,
    endpoint: str,
    input_file_id: str,
    metadata: Mapping[str, str] | None = None,
    owner: str = "",
    keep_seconds: int = 0,
) -> Batch:
    """Queues a batch, whose files are to stay for some seconds; 0 for ever."""
    batch_id, moments = f"batch_{secrets.token_hex(16)}", {BatchState.VALIDATING.value: int(time.time())}
    with home.writing() as connection:
        connection.execute(
            "INSERT INTO batches (id, owner, endpoint, input_file_id, state, moments, errors, metadata, output_file_id,"
            " error_file_id, total, heartbeat, keep_seconds) VALUES (?, ?, ?, ?, ?, ?, '[]', ?, '', '', 0, 0, ?)",
            (
                batch_id,
                owner,
                endpoint,
                input_file_id,
                BatchState.VALIDATING,
                json.dumps(moments),
                json.dumps(dict(metadata or {}), ensure_ascii=False),
                keep_seconds,
            ),
        )
    return get_batch(home, batch_id)


def get_batch(home: Home, batch_id: str) -> Batch:
    """One batch.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.reading() as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM batches WHERE id = ?", (batch_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"no batch {batch_id[:80]!r}")
    return _batch_from(row)


def list_batches(home: Home) -> list[Batch]:
    """Every batch, the newest first."""
    with home.reading() as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM batches ORDER BY number DESC").fetchall()  # noqa: S608
    return [_batch_from(row) for row in rows]


def take_batch(home: Home) -> Batch | None:
    """Takes the oldest batch that nobody works on; None when there is nothing to do."""
    marks = ",".join("?" * len(_OPEN))
    with home.writing() as connection:
        row = connection.execute(
            f"SELECT id FROM batches WHERE state IN ({marks}) AND heartbeat < ? ORDER BY number LIMIT 1",  # noqa: S608
            (*_OPEN, time.time() - SILENT_SECONDS),
        ).fetchone()
        if row is None:
            return None
        connection.execute("UPDATE batches SET heartbeat = ? WHERE id = ?", (time.time(), row[0]))
    return get_batch(home, row[0])


def beat(home: Home, batch_id: str) -> BatchState:
    """Says that somebody works on a batch, and returns its state: it may have been cancelled meanwhile."""
    with home.writing() as connection:
        connection.execute("UPDATE batches SET heartbeat = ? WHERE id = ?", (time.time(), batch_id))
    return get_batch(home, batch_id).state


def release_batch(home: Home, batch_id: str) -> None:
    """Lets another server go on with a batch at once: this one ends."""
    with home.writing() as connection:
        connection.execute("UPDATE batches SET heartbeat = 0 WHERE id = ?", (batch_id,))


def begin_batch(home: Home, batch_id: str, total: int) -> None:
    """Notes how many requests a batch has; from now on they are worked off. One that was cancelled stays so."""
    with home.writing() as connection:
        connection.execute("UPDATE batches SET total = ? WHERE id = ?", (total, batch_id))
        _become(connection, batch_id, BatchState.IN_PROGRESS, instead_of=(BatchState.VALIDATING,))


def fail_batch(home: Home, batch_id: str, errors: Sequence[LineError]) -> None:
    """Gives a batch up: its file cannot be worked off."""
    with home.writing() as connection:
        connection.execute(
            "UPDATE batches SET errors = ? WHERE id = ?", (json.dumps(errors, ensure_ascii=False), batch_id)
        )
        _become(connection, batch_id, BatchState.FAILED)


def cancel_batch(home: Home, batch_id: str) -> Batch:
    """Asks for a batch to be ended; what is done stays. Nothing happens to one that has ended or is ending.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.writing() as connection:
        _become(connection, batch_id, BatchState.CANCELLING, (BatchState.VALIDATING, BatchState.IN_PROGRESS))
    return get_batch(home, batch_id)


def note_results(home: Home, batch_id: str, results: Iterable[Result]) -> None:
    """Keeps what became of some lines; durable when this returns."""
    with home.writing() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO batch_results (batch, line, worked, written) VALUES (?, ?, ?, ?)",
            [(batch_id, *result) for result in results],
        )


def results_of(home: Home, batch_id: str) -> list[Result]:
    """What became of the lines that are done, in their order."""
    with home.reading() as connection:
        rows = connection.execute(
            "SELECT line, worked, written FROM batch_results WHERE batch = ? ORDER BY line", (batch_id,)
        ).fetchall()
    return [Result(line, bool(worked), written) for line, worked, written in rows]


def end_batch(home: Home, batch_id: str, state: BatchState, output_file_id: str, error_file_id: str) -> None:
    """Ends a batch with its files; "" for one that there is not. Its results stand in them from now on."""
    with home.writing() as connection:  # in one step: whoever sees that it has ended finds its files
        connection.execute(
            "UPDATE batches SET output_file_id = ?, error_file_id = ? WHERE id = ?",
            (output_file_id, error_file_id, batch_id),
        )
        connection.execute("UPDATE batch_results SET written = '' WHERE batch = ?", (batch_id,))
        _become(connection, batch_id, state)
    home.forget_journal()


def finalize_batch(home: Home, batch_id: str) -> None:
    """Says that every request is done and the files are being written."""
    with home.writing() as connection:
        _become(connection, batch_id, BatchState.FINALIZING, instead_of=(BatchState.IN_PROGRESS,))


def _become(
    connection: sqlite3.Connection, batch_id: str, state: BatchState, instead_of: Sequence[BatchState] = _OPEN
) -> None:
    marks = ",".join("?" * len(instead_of))
    connection.execute(
        "UPDATE batches SET state = ?, moments = json_set(moments, ?, ?)"  # noqa: S608
        f" WHERE id = ? AND state IN ({marks})",
        (state, f"$.{state}", int(time.time()), batch_id, *instead_of),
    )


def _batch_from(row: Sequence[Any]) -> Batch:
    batch_id, owner, endpoint, input_file_id, state, moments, errors, metadata, *rest = row
    return Batch(
        batch_id,
        owner,
        endpoint,
        input_file_id,
        BatchState(state),
        json.loads(moments),
        tuple(LineError(*error) for error in json.loads(errors)),
        json.loads(metadata),
        *rest,
    )
