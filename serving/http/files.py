"""/v1/files: uploads. The same bytes are the same file; a document that came in otherwise has a file id, too."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.datastructures import UploadFile

from kb.errors import NotFoundError, StorageError
from kb.home.cursors import Place
from kb.home.files import UploadedFile, delete_file, file_id_of, get_file, list_files, put_file, upload_path
from serving.http.declared import file_bytes, form, made
from serving.http.errors import ApiError
from serving.http.finding import find_document
from serving.http.models import timestamp
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.state import Services, services_of

router = APIRouter()

_CHUNK = 1 << 20
_PURPOSES = frozenset({"assistants", "batch", "user_data"})  # the others are for things that ibid does not do
_NAME_CHARACTERS = 255


class FilesPageRequest(PageRequest):
    """Which page of the uploads; by default all of them."""

    limit: int = Field(default=10_000, ge=1, le=10_000)  # OpenAI's own range for this list
    purpose: str | None = None


@router.post(
    "/v1/files",
    responses=made("file_id", "read_file", "download_file", "remove_file"),
    openapi_extra=form("file", optional=("purpose",)),
)
async def upload_file(request: Request) -> dict[str, Any]:
    """Stores a file. It becomes searchable when it is added to a vector store."""
    services = services_of(request)
    async with request.form(max_files=1, max_fields=10) as form:
        upload, purpose = form.get("file"), str(form.get("purpose") or "assistants")
        if not isinstance(upload, UploadFile):
            raise ApiError(400, "the form has no file", code="missing_parameter", param="file")
        if purpose not in _PURPOSES:
            raise ApiError(400, f"purpose must be one of {', '.join(sorted(_PURPOSES))}", param="purpose")
        _check_size(upload, services.settings.limits.max_file_mb)
        stored = await asyncio.to_thread(_store, services, upload, purpose)
    return file_json(stored)


@router.get("/v1/files")
def list_uploads(request: Request, asked: Annotated[FilesPageRequest, Query()]) -> dict[str, Any]:
    """A page of the uploads, of one purpose where it is given."""
    home = services_of(request).home
    files = {file.id: file for file in list_files(home) if asked.purpose in (None, file.purpose)}
    page = page_of(home, "files", (Place(file.created_at, file.id) for file in files.values()), asked)
    return page_json([file_json(files[file_id]) for file_id in page.ids], has_more=page.has_more)


@router.get("/v1/files/{file_id}")
def read_file(request: Request, file_id: str) -> dict[str, Any]:
    """One upload, or one document that came in another way."""
    return file_json(known_file(services_of(request), file_id))


@router.delete("/v1/files/{file_id}")
def remove_file(request: Request, file_id: str) -> dict[str, Any]:
    """Forgets an upload. Documents made from it stay: they are removed from their vector stores."""
    delete_file(services_of(request).home, file_id)
    return {"id": file_id, "object": "file", "deleted": True}


@router.get("/v1/files/{file_id}/content", response_class=FileResponse, responses=file_bytes())
def download_file(request: Request, file_id: str) -> FileResponse:
    """The bytes as they were uploaded, never to be opened inside a page."""
    services = services_of(request)
    file = known_file(services, file_id)
    return attachment(_path(services, file), file.name)


def attachment(path: Path, name: str) -> FileResponse:
    """A file to save: whatever is in it, no browser runs or shows it as a page of this server.

    Raises:
        NotFoundError: the bytes are gone.
    """
    if not path.is_file():
        raise NotFoundError(f"the bytes of {name} are not here any more")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=name.rpartition("/")[2],
        headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
    )


def known_file(services: Services, file_id: str) -> UploadedFile:
    """An upload, or what an upload of a document's bytes would be.

    Raises:
        NotFoundError: neither is known.
    """
    try:
        return get_file(services.home, file_id)
    except NotFoundError:
        for name in services.collections.names():
            entry = find_document(services.collections.catalog(name), file_id)
            if entry is not None:
                return UploadedFile(
                    file_id_of(entry.id), entry.id, entry.name, entry.size, "assistants", entry.added_at
                )
        raise


def file_json(file: UploadedFile) -> dict[str, Any]:
    """A file in OpenAI's shape."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size,
        "created_at": timestamp(file.created_at),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "ibid": {"document_id": file.document_id},
    }


def _path(services: Services, file: UploadedFile) -> Path:
    path = upload_path(services.home, file)
    if path.is_file():
        return path
    places = (services.collections.catalog(name).blobs.path(file.document_id) for name in services.collections.names())
    return next((place for place in places if place.is_file()), path)


def _check_size(upload: UploadFile, limit_mb: int) -> None:
    if upload.size == 0:
        raise ApiError(400, f"{upload.filename or 'the file'} is empty", code="invalid_file", param="file")
    if upload.size is not None and upload.size > limit_mb * 1_000_000:
        raise ApiError(413, f"{upload.filename or 'the file'} is larger than {limit_mb} MB; split it", param="file")


def _store(services: Services, upload: UploadFile, purpose: str) -> UploadedFile:
    limits = services.settings.limits
    free = shutil.disk_usage(services.home.folder).free - (upload.size or 0)
    if free < limits.free_disk_mb * 1_000_000:
        raise StorageError(
            "nothing more is stored",
            "the disk is nearly full",
            f"Free some space: at least {limits.free_disk_mb} MB must stay free",
        )
    return put_file(services.home, _display_name(upload.filename), _chunks(upload), purpose)


def _display_name(given: str | None) -> str:
    """A file name to show: the last part of what a browser sends, without control characters."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[-_NAME_CHARACTERS:] or "unnamed"


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(_CHUNK):
        yield chunk
