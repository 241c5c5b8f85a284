import time
from pathlib import Path

import pytest

from kb.errors import NotFoundError
from kb.home import jobs
from kb.home.files import delete_file, get_file, list_files, put_file, upload_path
from kb.home.home import Home
from kb.records import JobState


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def fall_silent(home: Home, job_id: str) -> None:
    with home.writing() as connection:
        connection.execute("UPDATE jobs SET heartbeat = ? WHERE id = ?", (time.time() - 3600, job_id))


def test_an_upload_is_stored_under_the_hash_of_its_bytes(home: Home) -> None:
    first = put_file(home, "a.txt", [b"hel", b"lo"])
    again = put_file(home, "名.txt", [b"hello"])
    assert first.id == again.id
    assert [file.name for file in list_files(home)] == ["名.txt"]
    assert upload_path(home, first).read_bytes() == b"hello"


def test_a_deleted_upload_is_gone_with_its_bytes(home: Home) -> None:
    file = put_file(home, "a.txt", [b"hello"])
    delete_file(home, file.id)
    assert not upload_path(home, file).exists()
    with pytest.raises(NotFoundError):
        get_file(home, file.id)


def test_an_upload_that_breaks_off_leaves_nothing(home: Home) -> None:
    def broken() -> object:
        yield b"half"
        raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        put_file(home, "a.txt", broken())  # type: ignore[arg-type]
    assert [path for path in (home.folder / "files").rglob("*") if path.is_file()] == []


def test_jobs_are_taken_in_order_and_only_once(home: Home) -> None:
    first = jobs.add_job(home, "law", "a.txt", "1" * 64)
    second = jobs.add_job(home, "law", "b.txt", "2" * 64)
    taken = [jobs.take_job(home), jobs.take_job(home), jobs.take_job(home)]
    assert [job.id if job else None for job in taken] == [first.id, second.id, None]


def test_the_same_bytes_on_their_way_are_one_job(home: Home) -> None:
    first = jobs.add_job(home, "law", "a.txt", "1" * 64)
    assert jobs.add_job(home, "law", "b.txt", "1" * 64).id == first.id
    jobs.take_job(home)
    jobs.finish_job(home, first.id)
    assert jobs.add_job(home, "law", "b.txt", "1" * 64).id != first.id


def test_a_job_whose_worker_died_is_taken_again_and_in_the_end_fails(home: Home) -> None:
    job = jobs.add_job(home, "law", "a.txt", "1" * 64)
    for _ in range(jobs.MAX_ATTEMPTS):
        taken = jobs.take_job(home)
        assert taken is not None
        assert taken.id == job.id
        fall_silent(home, job.id)
    assert jobs.take_job(home) is None
    failed = jobs.get_job(home, job.id)
    assert failed.state is JobState.FAILED
    assert "stopped the worker" in failed.reason


def test_progress_is_seen_and_a_cancelled_job_says_so(home: Home) -> None:
    job = jobs.add_job(home, "law", "a.txt", "1" * 64)
    jobs.take_job(home)
    assert jobs.report_progress(home, job.id, "embedding", 0.4)
    assert (jobs.get_job(home, job.id).stage, jobs.get_job(home, job.id).progress) == ("embedding", 0.4)
    jobs.cancel_jobs(home, "law")
    assert not jobs.report_progress(home, job.id, "embedding", 0.5)
    jobs.finish_job(home, job.id)
    assert jobs.get_job(home, job.id).state is JobState.CANCELLED


def test_jobs_survive_a_restart(tmp_path: Path) -> None:
    first = Home(tmp_path)
    job = jobs.add_job(first, "law", "a.txt", "1" * 64, {"tags": "民法"})
    first.close()
    assert jobs.list_jobs(Home(tmp_path), "law") == [job]
