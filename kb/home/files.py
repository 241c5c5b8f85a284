"""Uploaded files: bytes under their hash, and the names they came with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home

_COLUMNS = "id, document_id, name, size, purpose, created_at"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it was uploaded. The same bytes are the same file."""

    id: str
    document_id: str
    name: str
    size: int
    purpose: str
    created_at: str


def file_id_of(document_id: str) -> str:
    """The file id of the document with this hash: 128 bits of it, enough that two never share one."""
    return f"file-{document_id[:32]}"


def put_file(home: Home, name: str, chunks: Iterable[bytes], purpose: str = "assistants") -> UploadedFile:
    """Stores an upload; durable when this returns. The newest name of the same bytes is the one that is kept."""
    document_id, size = home.uploads.put(chunks)
    file = UploadedFile(file_id_of(document_id), document_id, name, size, purpose, now())
    with home.writing() as connection:
        connection.execute(
            "INSERT INTO files (id, document_id, name, size, purpose, created_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, purpose = excluded.purpose",
            (file.id, file.document_id, file.name, file.size, file.purpose, file.created_at),
        )
    return get_file(home, file.id)


def get_file(home: Home, file_id: str) -> UploadedFile:
    """One uploaded file.

    Raises:
        NotFoundError: no file of that id was uploaded.
    """
    with home.reading() as connection:
        row = connection.execute(f"SELECT {_COLUMNS} FROM files WHERE id = ?", (file_id,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"no file {file_id}")
    return UploadedFile(*row)


def list_files(home: Home) -> list[UploadedFile]:
    """Every uploaded file, the newest first."""
    with home.reading() as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM files ORDER BY created_at DESC, id").fetchall()  # noqa: S608
    return [UploadedFile(*row) for row in rows]


def upload_path(home: Home, file: UploadedFile) -> Path:
    """Where an upload's bytes stand."""
    return home.uploads.path(file.document_id)


def delete_file(home: Home, file_id: str) -> None:
    """Forgets an upload and removes its bytes; documents made from it stay in their collections.

    Raises:
        NotFoundError: no file of that id was uploaded.
    """
    file = get_file(home, file_id)
    with home.writing() as connection:
        connection.execute("DELETE FROM files WHERE id = ?", (file_id,))
    home.uploads.remove([file.document_id])
