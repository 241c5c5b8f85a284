"""The worker with a scripted parser: every job ends as done or failed with its reason."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ingest.locking import ingestion_lock
from ingest.worker import run_job, work
from kb.catalog.collections import create_collection, delete_collection, open_collection
from kb.errors import BusyError, FileLimitError, InputError
from kb.home.files import put_file
from kb.home.home import Home
from kb.home.jobs import add_job, cancel_jobs, forget_jobs, get_job, take_job
from kb.ports import Vectors
from kb.records import Document, Job, JobState, document_id_of
from kb.settings import LimitSettings, Settings
from tests.fakes import HashEmbedder


def parse(files: Sequence[tuple[Path, str]]) -> Iterator[Document | InputError]:
    for path, name in files:
        content = path.read_bytes()
        warnings = ("page 2 has no text",) if content.startswith(b"SCAN") else ()
        if content.startswith(b"HANG"):
            yield FileLimitError(f"{name} takes too long", "parsing used more than 120 s", "Split it")
        else:
            yield Document(document_id_of(content), name, "text/plain", name, content.decode(), warnings=warnings)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, limits=LimitSettings(free_disk_mb=0))


def queue(home: Home, name: str, content: bytes, collection: str = "law") -> Job:
    create_collection(home.folder, collection).close()
    file = put_file(home, name, [content])
    return add_job(home, collection, name, file.document_id, {"tags": "upload"})


def run_next(home: Home, settings: Settings) -> Job:
    job = take_job(home)
    assert job is not None
    run_job(home, settings, job, HashEmbedder, parse)
    return get_job(home, job.id)


def test_an_upload_becomes_a_document_of_its_collection(settings: Settings) -> None:
    home = Home(settings.home)
    job = queue(home, "规定.txt", "第一条 本规定自发布之日起施行。".encode())
    done = run_next(home, settings)
    assert (done.state, done.progress, done.stage, done.reason) == (JobState.DONE, 1.0, "done", "")
    catalog = open_collection(settings.home, "law")
    with catalog.snapshot() as snapshot:
        entry = snapshot.entry(job.document_id)
    assert (entry.name, entry.metadata, entry.passages) == ("规定.txt", {"tags": "upload"}, 1)


def test_a_job_that_fails_says_why_and_stores_nothing(settings: Settings) -> None:
    home = Home(settings.home)
    queue(home, "slow.pdf", b"HANG")
    failed = run_next(home, settings)
    assert failed.state is JobState.FAILED
    assert failed.reason == "slow.pdf takes too long: parsing used more than 120 s. Split it"
    assert open_collection(settings.home, "law").collection().documents == 0


def test_what_a_reader_should_know_stays_with_the_job(settings: Settings) -> None:
    home = Home(settings.home)
    queue(home, "scan.pdf", b"SCAN of a letter")
    assert run_next(home, settings).reason == "page 2 has no text"


def test_an_upload_whose_bytes_are_gone_fails_in_words(settings: Settings) -> None:
    home = Home(settings.home)
    job = queue(home, "a.txt", b"text")
    home.uploads.remove([job.document_id])
    assert "cannot read the upload" in run_next(home, settings).reason


def test_the_worker_takes_jobs_until_it_is_stopped(settings: Settings) -> None:
    home = Home(settings.home)
    jobs = [queue(home, f"{number}.txt", f"text {number}".encode()) for number in range(3)]
    stopped = threading.Event()
    thread = threading.Thread(target=work, args=(home, settings, HashEmbedder, parse, stopped))
    thread.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and get_job(home, jobs[-1].id).state is not JobState.DONE:
        time.sleep(0.05)
    stopped.set()
    thread.join(10)
    assert [get_job(home, job.id).state for job in jobs] == [JobState.DONE] * 3


def test_a_second_ingestion_at_once_is_told_so(tmp_path: Path) -> None:
    second = ingestion_lock(tmp_path)
    with ingestion_lock(tmp_path), pytest.raises(BusyError, match=r"another ingestion .*process \d+"):
        second.__enter__()
    with ingestion_lock(tmp_path):
        pass  # free again


def test_a_job_cancelled_while_it_runs_leaves_nothing_in_the_collection(settings: Settings) -> None:
    home = Home(settings.home)
    job = queue(home, "rules.txt", b"Rules of the house.")

    def cancelled_while_embedding() -> HashEmbedder:
        cancel_jobs(home, "law")
        return HashEmbedder()

    taken = take_job(home)
    assert taken is not None
    run_job(home, settings, taken, cancelled_while_embedding, parse)
    assert get_job(home, job.id).state is JobState.CANCELLED
    assert open_collection(settings.home, "law").collection().documents == 0


def test_cancelling_a_file_that_is_there_already_leaves_it_there_and_deleting_it_does_not(settings: Settings) -> None:
    home = Home(settings.home)
    content = b"Rules of the house."
    job = queue(home, "rules.txt", content)
    assert run_next(home, settings).state is JobState.DONE
    for end, left in ((cancel_jobs, 1), (forget_jobs, 0)):
        queue(home, "rules.txt", content)
        taken = take_job(home)
        assert taken is not None

        def ended() -> HashEmbedder:
            end(home, "law", job.document_id)  # noqa: B023 (called in this round)
            return HashEmbedder()

        run_job(home, settings, taken, ended, parse)
        assert open_collection(settings.home, "law").collection().documents == left
    blobs = open_collection(settings.home, "law").blobs
    assert not blobs.path(job.document_id).exists()


def test_a_job_for_a_collection_that_was_deleted_does_not_bring_it_back(settings: Settings) -> None:
    home = Home(settings.home)
    job = queue(home, "rules.txt", b"Rules of the house.")
    taken = take_job(home)
    assert taken is not None
    delete_collection(settings.home, "law")
    run_job(home, settings, taken, HashEmbedder, parse)
    assert get_job(home, job.id).state is JobState.FAILED
    assert not (settings.home / "collections" / "law").exists()


def test_a_collection_deleted_while_its_file_is_embedded_does_not_come_back(settings: Settings) -> None:
    home = Home(settings.home)
    job = queue(home, "rules.txt", b"Rules of the house.")
    taken = take_job(home)
    assert taken is not None

    class Deleting(HashEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            delete_collection(settings.home, "law")
            return super().embed_passages(texts)

    run_job(home, settings, taken, Deleting, parse)
    assert get_job(home, job.id).state is JobState.FAILED
    assert not (settings.home / "collections" / "law").exists()
