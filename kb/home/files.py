"""Uploaded files: bytes under their hash, and the names they came with. Those that have expired are none any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home

_COLUMNS = "id, document_id, name, size, purpose, created_at, expires_at"
_LIVING = "(expires_at = '' OR expires_at > ?)"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it was uploaded. The same bytes are the same file."""

    id: str
    document_id: str
    name: str
    size: int
    purpose: str
    created_at: str  # ISO 8601, UTC
    expires_at: str = ""  # the same; "" for never


def file_id_of(document_id: str) -> str:
    """The file id of the document with this hash: 128 bits of it, enough that two never share one."""
    return f"file-{document_id[:32]}"


def put_file(
    home: Home, name: str, chunks: Iterable[bytes], purpose: str = "assistants", expires_at: str = ""
) -> UploadedFile:
    """Stores an upload; durable when this returns. What is said last of the same bytes is what is kept."""
    # The bytes get their place in the same transaction in which `delete_file` would take them away.
    with home.uploads.staged(chunks) as staged, home.writing() as connection:
        staged.keep()
        file_id = file_id_of(staged.document_id)
        row = connection.execute(
            f"INSERT INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"  # noqa: S608
            " name = excluded.name, purpose = excluded.purpose, expires_at = excluded.expires_at"
            f" RETURNING {_COLUMNS}",
            (file_id, staged.document_id, name, staged.size, purpose, now(), expires_at),
        ).fetchone()
    return UploadedFile(*row)


def get_file(home: Home, file_id: str) -> UploadedFile:
    """One uploaded file.

    Raises:
        NotFoundError: no file of that id was uploaded, or it has expired.
    """
    query = f"SELECT {_COLUMNS} FROM files WHERE id = ? AND {_LIVING}"  # noqa: S608
    with home.reading() as connection:
        row = connection.execute(query, (file_id, now())).fetchone()
    if row is None:
        raise NotFoundError(f"no file {file_id}")
    return UploadedFile(*row)


def list_files(home: Home) -> list[UploadedFile]:
    """Every uploaded file, the newest first."""
    query = f"SELECT {_COLUMNS} FROM files WHERE {_LIVING} ORDER BY created_at DESC, id"  # noqa: S608
    with home.reading() as connection:
        rows = connection.execute(query, (now(),)).fetchall()
    return [UploadedFile(*row) for row in rows]


def expired_files(home: Home, moment: str) -> list[UploadedFile]:
    """Files whose time was over at a moment (ISO 8601, UTC), and whose bytes are still here."""
    query = f"SELECT {_COLUMNS} FROM files WHERE expires_at <> '' AND expires_at <= ?"  # noqa: S608
    with home.reading() as connection:
        return [UploadedFile(*row) for row in connection.execute(query, (moment,)).fetchall()]


def upload_path(home: Home, file: UploadedFile) -> Path:
    """Where an upload's bytes stand."""
    return home.uploads.path(file.document_id)


def delete_file(home: Home, file_id: str) -> None:
    """Forgets an upload and removes its bytes; documents made from it stay in their collections.

    Raises:
        NotFoundError: no file of that id was uploaded.
    """
    with home.writing() as connection:
        row = connection.execute("DELETE FROM files WHERE id = ? RETURNING document_id", (file_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no file {file_id}")
        home.uploads.remove([row[0]])


def sweep_uploads(home: Home) -> None:
    """Removes bytes that no upload owns and nobody can still be writing: what a killed process left."""
    with home.reading() as connection:
        live = {document_id for (document_id,) in connection.execute("SELECT document_id FROM files")}
    home.uploads.sweep(live)
