"""Uploads in parts, at the level of the home folder."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import FileLimitError, NotFoundError, UsageError
from kb.home.files import expired_files, get_file, list_files, put_file, sweep_uploads, upload_path
from kb.home.home import Home
from kb.home.uploads import (
    MOST_PART_BYTES,
    UploadState,
    add_part,
    cancel_upload,
    complete_upload,
    create_upload,
    expire_uploads,
    get_upload,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def files_left(home: Home) -> list[Path]:
    return [path for path in (home.folder / "uploads").rglob("*") if path.is_file()]


def make_late(home: Home, upload_id: str) -> None:
    with home.writing() as connection:
        connection.execute("UPDATE uploads SET expires_at = '2020-01-01T00:00:00+00:00' WHERE id = ?", (upload_id,))


def test_parts_become_one_file_in_the_order_that_is_told(home: Home) -> None:
    upload = create_upload(home, "合同.txt", "assistants", 10, "text/plain")
    second, first = add_part(home, upload.id, [b"world"]), add_part(home, upload.id, [b"hel", b"lo"])
    md5 = hashlib.md5(b"helloworld", usedforsecurity=False).hexdigest()
    done, file = complete_upload(home, upload.id, [first.id, second.id], md5.upper())
    assert (done.state, done.file_id, file.name, file.size) == (UploadState.COMPLETED, file.id, "合同.txt", 10)
    assert upload_path(home, file).read_bytes() == b"helloworld"
    assert files_left(home) == []


@pytest.mark.parametrize("fault", ["short", "twice", "foreign", "md5"])
def test_an_upload_that_cannot_be_completed_stays_open(home: Home, fault: str) -> None:
    upload, other = (create_upload(home, "a.txt", "assistants", 4, "text/plain") for _ in range(2))
    part, foreign = add_part(home, upload.id, [b"ab"]), add_part(home, other.id, [b"cd"])
    rest = add_part(home, upload.id, [b"cd"])
    named = {
        "short": [part.id],
        "twice": [part.id, part.id],
        "foreign": [part.id, foreign.id],
        "md5": [part.id, rest.id],
    }
    with pytest.raises(UsageError, match="cannot be completed"):
        complete_upload(home, upload.id, named[fault], "0" * 32 if fault == "md5" else "")
    assert complete_upload(home, upload.id, [part.id, rest.id])[1].size == 4


def test_nothing_can_be_done_with_an_upload_that_has_ended(home: Home) -> None:
    upload = create_upload(home, "a.txt", "assistants", 2, "text/plain")
    part = add_part(home, upload.id, [b"ab"])
    assert cancel_upload(home, upload.id).state is UploadState.CANCELLED
    assert files_left(home) == []
    for again in (
        lambda: add_part(home, upload.id, [b"ab"]),
        lambda: cancel_upload(home, upload.id),
        lambda: complete_upload(home, upload.id, [part.id]),
    ):
        with pytest.raises(UsageError, match="is cancelled"):
            again()
    with pytest.raises(NotFoundError):
        get_upload(home, "upload_none")


def test_an_upload_expires_with_its_parts(home: Home) -> None:
    upload = create_upload(home, "a.txt", "assistants", 2, "text/plain")
    add_part(home, upload.id, [b"ab"])
    make_late(home, upload.id)
    assert get_upload(home, upload.id).state is UploadState.EXPIRED  # before anybody has swept
    with pytest.raises(UsageError, match="is expired"):
        cancel_upload(home, upload.id)
    expire_uploads(home)
    assert files_left(home) == []


def test_a_part_that_breaks_off_or_is_too_large_leaves_nothing(home: Home) -> None:
    upload = create_upload(home, "a.txt", "assistants", 2, "text/plain")

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise OSError("connection lost")

    with pytest.raises(OSError, match="connection lost"):
        add_part(home, upload.id, broken())
    with pytest.raises(FileLimitError, match="64 MB"):
        add_part(home, upload.id, (b"x" * (1 << 20) for _ in range(65)))
    with pytest.raises(UsageError, match="empty"):
        add_part(home, upload.id, [])
    assert files_left(home) == []


def test_parts_are_no_way_to_fill_the_disk(home: Home) -> None:
    upload = create_upload(home, "a.txt", "assistants", 1, "text/plain")
    add_part(home, upload.id, (b"x" * (1 << 20) for _ in range(MOST_PART_BYTES >> 20)))
    with pytest.raises(FileLimitError, match="Cancel it"):
        add_part(home, upload.id, [b"xxx"])


def test_a_file_whose_time_is_over_is_none_any_more(home: Home) -> None:
    stays = put_file(home, "b.txt", [b"stays"], expires_at="2999-01-01T00:00:00+00:00")
    late = put_file(home, "a.txt", [b"hello"], expires_at="2999-01-01T00:00:00+00:00")
    with home.writing() as connection:
        connection.execute("UPDATE files SET expires_at = '2020-01-01T00:00:00+00:00' WHERE id = ?", (late.id,))
    with pytest.raises(NotFoundError):
        get_file(home, late.id)
    assert [file.id for file in list_files(home)] == [stays.id]
    assert [file.id for file in expired_files(home, "2026-01-01T00:00:00+00:00")] == [late.id]


def test_bytes_that_nobody_owns_are_swept_when_nobody_can_be_writing_them(home: Home) -> None:
    kept = put_file(home, "a.txt", [b"kept"])
    orphan, _ = home.uploads.put([b"left by a process that was killed"])
    sweep_uploads(home)
    assert home.uploads.path(orphan).is_file()
    long_ago = time.time() - 7200
    for path in (home.uploads.path(orphan), upload_path(home, kept)):
        os.utime(path, (long_ago, long_ago))
    sweep_uploads(home)
    assert not home.uploads.path(orphan).exists()
    assert upload_path(home, kept).is_file()
