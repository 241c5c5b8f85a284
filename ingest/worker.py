"""The worker: takes jobs from the home folder, one after another, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.pipeline import ingest_one
from ingest.reading import FileState, Parse
from ingest.walking import FoundFile
from kb.catalog import Catalog
from kb.catalog.collections import open_collection
from kb.errors import IbidError, InputError
from kb.home.audit import WORKER, record
from kb.home.home import Home
from kb.home.jobs import fail_job, finish_job, latest_job, report_progress, take_job
from kb.home.worker_sign import SIGN_SECONDS, give_sign
from kb.ports import Embedder
from kb.records import MOST_PASSAGE_TOKENS, Job, JobError, JobState
from kb.settings import Settings

POLL_SECONDS = 0.5  # an upload starts within a blink; looking costs one indexed query
HEARTBEAT_SECONDS = 5.0

# Shares of the whole that a stage has usually taken when it begins (measured on the example documents).
_BEGINS = {"parsing": 0.05, "splitting": 0.25, "embedding": 0.3, "storing": 0.95}
_ENDS = {"parsing": 0.25, "splitting": 0.3, "embedding": 0.95, "storing": 1.0}


def work(
    home: Home, settings: Settings, embedder: Callable[[], Embedder], parse: Parse, stopped: threading.Event
) -> None:
    """Takes jobs until `stopped` is set. A job that fails is marked with its reason, and the next one is taken."""
    signed = 0.0
    while not stopped.is_set():
        if time.monotonic() - signed > SIGN_SECONDS:
            give_sign(home.folder)
            signed = time.monotonic()
        job = take_job(home)
        if job is None:
            stopped.wait(POLL_SECONDS)
        else:
            run_job(home, settings, job, embedder, parse)


class _CancelledError(Exception):
    """The job was cancelled while it ran."""


def run_job(home: Home, settings: Settings, job: Job, embedder: Callable[[], Embedder], parse: Parse) -> None:
    """Runs one job to its end, whatever that is. Nothing stays in the collection of a job that was cancelled."""
    path = home.uploads.path(job.document_id)
    try:
        source = f"upload:{job.document_id}"
        tokens = min(job.passage_tokens, MOST_PASSAGE_TOKENS)  # a larger maximum is kept to as well
        found = FoundFile(path, job.name, path.stat().st_size, 0, source, passage_tokens=tokens)
        catalog = open_collection(settings.home, job.collection)
        try:
            _take_in(home, settings, job, found, catalog, embedder, parse)
        finally:
            catalog.close()
    except IbidError as error:
        fail_job(home, job.id, str(error), JobError.INVALID if isinstance(error, InputError) else JobError.SERVER)
    except OSError as error:
        fail_job(home, job.id, f"cannot read the upload: {error.strerror or error}", JobError.SERVER)


def _take_in(
    home: Home,
    settings: Settings,
    job: Job,
    found: FoundFile,
    catalog: Catalog,
    embedder: Callable[[], Embedder],
    parse: Parse,
) -> None:
    with catalog.snapshot() as snapshot:
        was_there = snapshot.has_document(job.document_id)
    try:
        with _heartbeat(home, job) as progress:
            outcome = ingest_one(found, catalog, embedder(), parse, settings.limits, progress, job.metadata)
        if outcome.state is FileState.FAILED:
            fail_job(home, job.id, outcome.reason, outcome.error or JobError.SERVER)
        elif not finish_job(home, job.id, outcome.reason or "; ".join(outcome.warnings)):
            raise _CancelledError
        elif outcome.state is FileState.STORED:
            record(home, WORKER, "document.added", collection=job.collection, subjects=[job.document_id])
    except _CancelledError:
        newest = latest_job(home, job.collection, job.document_id)  # none where the file was deleted
        if newest is None or (newest.state is JobState.CANCELLED and not was_there):
            catalog.forget_sources([found.source])
            with catalog.snapshot() as snapshot:
                stays = snapshot.has_document(job.document_id)
            catalog.blobs.remove([] if stays else [job.document_id])


@contextmanager
def _heartbeat(home: Home, job: Job) -> Iterator[Callable[[str, float], None]]:
    """Yields the function that reports progress, and repeats its last word every few seconds meanwhile."""
    said = ("parsing", _BEGINS["parsing"])
    ended = threading.Event()

    def report(stage: str, share: float) -> None:
        nonlocal said
        said = (stage, _BEGINS[stage] + share * (_ENDS[stage] - _BEGINS[stage]))
        if not report_progress(home, job.id, *said):
            raise _CancelledError

    def repeat() -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            report_progress(home, job.id, *said)
            give_sign(home.folder)

    thread = threading.Thread(target=repeat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield report
    finally:
        ended.set()
        thread.join()
