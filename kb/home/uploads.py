"""Uploads: large files that come in parts. The parts stand in a folder of their own until they become one file."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from kb.catalog.blobs import bytes_of
from kb.catalog.writing import in_seconds, now
from kb.errors import FileLimitError, NotFoundError, UsageError
from kb.home.files import UploadedFile, get_file, put_file
from kb.home.home import Home

MOST_PART_BYTES = 64 << 20  # OpenAI's limit
MOST_PARTS = 10_000  # of 64 MB: more than any file that is taken; a bound on files in one folder
_OPEN_SECONDS = 3600  # OpenAI's limit from the first part of an upload to its end

_COLUMNS = "id, name, purpose, size, media_type, keep_seconds, state, file, created_at, expires_at, owner"


class UploadState(StrEnum):
    """An upload's life: pending, then one of the others for ever."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that comes in parts."""

    id: str
    name: str
    purpose: str
    size: int  # bytes that were announced
    media_type: str
    keep_seconds: int  # how long the file is to stay once it is there; 0 for ever
    state: UploadState
    file_id: str  # of the file that it became; "" until then
    created_at: str  # ISO 8601, UTC
    expires_at: str
    owner: str = ""  # id of the key that began it; "" where there was none


@dataclass(frozen=True, slots=True)
class UploadPart:
    """A piece of an upload."""

    id: str
    upload_id: str
    size: int
    created_at: str


def create_upload(
    home: Home, name: str, purpose: str, size: int, media_type: str, keep_seconds: int = 0, owner: str = ""
) -> Upload:
    """Begins an upload of `size` bytes. It must be complete within an hour."""
    upload = Upload(
        f"upload_{secrets.token_hex(12)}",
        name,
        purpose,
        size,
        media_type,
        keep_seconds,
        UploadState.PENDING,
        "",
        now(),
        in_seconds(_OPEN_SECONDS),
        owner,
    )
    with home.writing() as connection:
        connection.execute(
            f"INSERT INTO uploads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                *(upload.id, name, purpose, size, media_type, keep_seconds, upload.state),
                *(upload.file_id, upload.created_at, upload.expires_at, owner),
            ),
        )
    return upload


def get_upload(home: Home, upload_id: str) -> Upload:
    """One upload.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.reading() as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM uploads WHERE id = ?", (upload_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"no upload {upload_id[:80]}")
    return _upload_from(row)


def add_part(home: Home, upload_id: str, chunks: Iterable[bytes]) -> UploadPart:
    """Stores a part. Parts may come in any order and at once; the order is told in the end.

    Raises:
        NotFoundError: there is no such upload.
        UsageError: it is not open (any more), or the part is empty.
        FileLimitError: the part, or all of them, are too large.
    """
    upload = _need_pending(home, upload_id)
    part_id = f"part_{secrets.token_hex(12)}"
    folder = _folder(home, upload_id)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / part_id
    try:
        size = _write(path, chunks)
        if size == 0:
            raise UsageError("the part is empty")
        part = UploadPart(part_id, upload_id, size, now())
        with home.writing() as connection:
            state, parts, stored = connection.execute(
                "SELECT (SELECT state FROM uploads WHERE id = ?1), count(*), coalesce(sum(size), 0) FROM upload_parts"
                " WHERE upload = ?1",
                (upload_id,),
            ).fetchone()
            if state != UploadState.PENDING:
                raise _not_open(replace(upload, state=UploadState(state)))
            # A part may be sent twice, since only those that are named in the end count.
            if parts >= MOST_PARTS or stored + size > 2 * upload.size + MOST_PART_BYTES:
                raise FileLimitError(
                    f"no more parts of {upload.name} are taken",
                    f"{stored + size} bytes in {parts + 1} parts came for an upload of {upload.size} bytes",
                    "Cancel it and begin anew",
                )
            row = (part_id, upload_id, size, part.created_at)
            connection.execute("INSERT INTO upload_parts VALUES (?, ?, ?, ?)", row)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return part


def complete_upload(home: Home, upload_id: str, part_ids: Sequence[str], md5: str = "") -> tuple[Upload, UploadedFile]:
    """Makes one file of the parts named, in this order.

    Raises:
        NotFoundError: there is no such upload.
        UsageError: it is not open (any more), a part is not its own, or the bytes are not those announced.
    """
    upload = _need_pending(home, upload_id)
    sizes = _sizes(home, upload_id)
    unknown = [part_id for part_id in part_ids if part_id not in sizes]
    if unknown or len(set(part_ids)) != len(part_ids):
        what = f"{unknown[0][:80]} is no part of {upload_id}" if unknown else "a part is named twice"
        raise UsageError("the upload cannot be completed", what, "Name each of its parts once, in their order")
    size = sum(sizes[part_id] for part_id in part_ids)
    if size != upload.size:
        raise UsageError("the upload cannot be completed", f"its parts have {size} bytes, not {upload.size}")
    paths = [_folder(home, upload_id) / part_id for part_id in part_ids]
    if md5:
        _check_md5(paths, md5)
    if not _move(home, upload_id, UploadState.PENDING, UploadState.COMPLETED):  # from here on nobody else may end it
        raise _not_open(get_upload(home, upload_id))
    try:
        expires_at = in_seconds(upload.keep_seconds) if upload.keep_seconds else ""
        file = put_file(home, upload.name, bytes_of(paths), upload.purpose, expires_at)
    except BaseException:
        _move(home, upload_id, UploadState.COMPLETED, UploadState.PENDING)
        raise
    with home.writing() as connection:
        connection.execute("UPDATE uploads SET file = ? WHERE id = ?", (file.id, upload_id))
    _remove_parts(home, upload_id)
    return get_upload(home, upload_id), file


def cancel_upload(home: Home, upload_id: str) -> Upload:
    """Gives an upload up and removes its parts.

    Raises:
        NotFoundError: there is no such upload.
        UsageError: it is not open (any more).
    """
    if not _move(home, upload_id, UploadState.PENDING, UploadState.CANCELLED):
        raise _not_open(get_upload(home, upload_id))
    _remove_parts(home, upload_id)
    return get_upload(home, upload_id)


def expire_uploads(home: Home) -> None:
    """Ends uploads that were not completed in time, or whose process died over it, and removes their parts."""
    query = "SELECT id, state FROM uploads WHERE state IN (?, ?) AND file = '' AND expires_at <= ?"
    with home.reading() as connection:
        late = connection.execute(query, (UploadState.PENDING, UploadState.COMPLETED, now())).fetchall()
    for upload_id, state in late:
        if _move(home, upload_id, UploadState(state), UploadState.EXPIRED):
            _remove_parts(home, upload_id)


def file_of(home: Home, upload: Upload) -> UploadedFile | None:
    """The file that an upload became, while it is there."""
    try:
        return get_file(home, upload.file_id) if upload.file_id else None
    except NotFoundError:
        return None


def _move(home: Home, upload_id: str, before: UploadState, after: UploadState) -> bool:
    """Whether an upload was in the one state, and is in the other now."""
    late = before is UploadState.PENDING and get_upload(home, upload_id).state is UploadState.EXPIRED
    if late and after is not UploadState.EXPIRED:
        return False
    with home.writing() as connection:
        moved = connection.execute(
            "UPDATE uploads SET state = ? WHERE id = ? AND state = ?", (after, upload_id, before)
        ).rowcount
    return moved == 1


def _remove_parts(home: Home, upload_id: str) -> None:
    with home.writing() as connection:
        connection.execute("DELETE FROM upload_parts WHERE upload = ?", (upload_id,))
    shutil.rmtree(_folder(home, upload_id), ignore_errors=True)


def _need_pending(home: Home, upload_id: str) -> Upload:
    upload = get_upload(home, upload_id)
    if upload.state is not UploadState.PENDING:
        raise _not_open(upload)
    return upload


def _not_open(upload: Upload) -> UsageError:
    return UsageError(f"upload {upload.id} is {upload.state}", advice="Begin a new one")


def _sizes(home: Home, upload_id: str) -> dict[str, int]:
    with home.reading() as connection:
        return dict(connection.execute("SELECT id, size FROM upload_parts WHERE upload = ?", (upload_id,)).fetchall())


def _write(path: Path, chunks: Iterable[bytes]) -> int:
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_PART_BYTES:
                raise FileLimitError("the part is too large", f"at most {MOST_PART_BYTES >> 20} MB are taken at once")
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size


def _check_md5(paths: Sequence[Path], wanted: str) -> None:
    digest = hashlib.md5(usedforsecurity=False)  # as OpenAI's API has it: it finds accidents, no attacks
    for chunk in bytes_of(paths):
        digest.update(chunk)
    found = digest.hexdigest()
    if found != wanted.lower():
        raise UsageError("the upload cannot be completed", f"the MD5 of its bytes is {found}, not {wanted}")


def _folder(home: Home, upload_id: str) -> Path:
    return home.folder / "uploads" / upload_id


def _upload_from(row: Sequence[Any]) -> Upload:
    upload_id, name, purpose, size, media_type, keep_seconds, state, file_id, *rest = row
    _, expires_at, _ = rest  # between the moment of its making and its owner
    late = state == UploadState.PENDING and expires_at <= now()
    known = UploadState.EXPIRED if late else UploadState(state)
    return Upload(upload_id, name, purpose, size, media_type, keep_seconds, known, file_id, *rest)
