"""/v1/files: uploads. The same bytes are the same file; a document that came in otherwise has a file id, too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import Field, ValidationError
from starlette.datastructures import FormData, UploadFile

from kb.catalog.writing import in_seconds
from kb.errors import NotFoundError
from kb.home.cursors import Place
from kb.home.files import UploadedFile, file_id_of, get_file, list_files, put_file, upload_path
from serving.http.border.repeating import answered_once
from serving.http.declared import file_bytes, form, made
from serving.http.errors import ApiError, missing_parameter, unknown_parameter
from serving.http.models import timestamp
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.readable import where_readable
from serving.http.reading.finding import find_document
from serving.http.state import Services, services_of
from serving.http.uploaded.file_access import note_upload, seen_files, sees_file
from serving.http.uploaded.received_files import (
    PURPOSES,
    ExpiresAfter,
    check_purpose,
    check_size,
    chunks_of,
    digest_of,
    display_name,
    expiry_of,
)
from serving.http.uploaded.removing import remove_everywhere

router = APIRouter()

_FIELDS = frozenset({"file", "purpose", "expires_after[anchor]", "expires_after[seconds]"})


class FilesPageRequest(PageRequest):
    """Which page of the uploads; by default all of them."""

    limit: int = Field(default=10_000, ge=1, le=10_000)  # OpenAI's own range for this list
    purpose: str | None = None


@router.post(
    "/v1/files",
    responses=made("file_id", "read_file", "download_file", "remove_file"),
    openapi_extra=form(
        "file",
        required=("purpose",),
        optional=("expires_after[anchor]", "expires_after[seconds]"),
        choices={"purpose": PURPOSES, "expires_after[anchor]": ["created_at"]},
    ),
)
async def upload_file(request: Request) -> Response:
    """Stores a file. It becomes searchable when it is added to a vector store."""
    services = services_of(request)

    async def store(upload: UploadFile, name: str, purpose: str, seconds: int) -> Response:
        expires_at = in_seconds(seconds) if seconds else ""
        stored = await asyncio.to_thread(put_file, services.home, name, chunks_of(upload), purpose, expires_at)
        await asyncio.to_thread(note_upload, services, stored)
        return JSONResponse(file_json(stored))

    async with request.form(max_files=1, max_fields=10) as sent:
        unknown = next((name for name in sent if name not in _FIELDS), None)
        if unknown is not None:
            raise unknown_parameter(unknown[:80])
        upload = sent.get("file")
        if not isinstance(upload, UploadFile):
            raise missing_parameter("file")
        if "purpose" not in sent:
            raise missing_parameter("purpose")
        purpose, name = check_purpose(str(sent["purpose"])), display_name(upload.filename)
        seconds = expiry_of(purpose, _expires_after(sent))
        if not upload.size:
            raise ApiError(400, f"{name} is empty", code="invalid_file", param="file")
        await asyncio.to_thread(check_size, services, name, upload.size)
        return await answered_once(
            request,
            lambda: digest_of(upload, name, purpose, str(seconds)),
            lambda: store(upload, name, purpose, seconds),
        )


@router.get("/v1/files")
def list_uploads(request: Request, asked: Annotated[FilesPageRequest, Query()]) -> dict[str, Any]:
    """A page of the uploads, of one purpose where it is given."""
    services = services_of(request)
    seen = seen_files(services)
    files = {
        file.id: file
        for file in list_files(services.home)
        if asked.purpose in (None, file.purpose) and (seen is None or file.id in seen)
    }
    page = page_of(services.home, "files", (Place(file.created_at, file.id) for file in files.values()), asked)
    return page_json([file_json(files[file_id]) for file_id in page.ids], has_more=page.has_more)


@router.get("/v1/files/{file_id}")
def read_file(request: Request, file_id: str) -> dict[str, Any]:
    """One upload, or one document that came in another way."""
    return file_json(known_file(services_of(request), file_id))


@router.delete("/v1/files/{file_id}")
def remove_file(request: Request, file_id: str) -> dict[str, Any]:
    """Deletes a file, and the documents made from it in every vector store. Nothing finds them any more."""
    services = services_of(request)
    remove_everywhere(services, known_file(services, file_id))
    return {"id": file_id, "object": "file", "deleted": True}


@router.get("/v1/files/{file_id}/content", response_class=FileResponse, responses=file_bytes())
def download_file(request: Request, file_id: str) -> FileResponse:
    """The bytes as they were uploaded, never to be opened inside a page."""
    services = services_of(request)
    file = known_file(services, file_id)
    return attachment(path_of(services, file), file.name)


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
        file = get_file(services.home, file_id)
        if not sees_file(services, file_id):
            raise NotFoundError(f"no file {file_id}")
        return file
    except NotFoundError:
        for name in services.collections.names():
            entry = None
            with where_readable(name):
                entry = find_document(services.collections.catalog(name), file_id)
            if entry is not None:
                return UploadedFile(
                    file_id_of(entry.id), entry.id, entry.name, entry.size, "assistants", entry.added_at
                )
        raise


def file_json(file: UploadedFile) -> dict[str, Any]:
    """A file in OpenAI's shape."""
    expiry = {"expires_at": timestamp(file.expires_at)} if file.expires_at else {}
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size,
        "created_at": timestamp(file.created_at),
        **expiry,
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
        "ibid": {"document_id": file.document_id},
    }


def path_of(services: Services, file: UploadedFile) -> Path:
    """Where a file's bytes stand: with the uploads, or in a collection."""
    path = upload_path(services.home, file)
    if path.is_file():
        return path
    for name in services.collections.names():
        with where_readable(name):
            place = services.collections.catalog(name).blobs.path(file.document_id)
            if place.is_file():
                return place
    return path


def _expires_after(sent: FormData) -> ExpiresAfter | None:
    given = {name.removeprefix("expires_after[")[:-1]: sent[name] for name in sent if name.startswith("expires_after[")}
    try:
        return ExpiresAfter.model_validate(given, strict=False) if given else None  # a form has texts alone
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(["expires_after", *map(str, problem["loc"])])
        raise ApiError(400, f"{name}: {problem['msg']}", code="invalid_value", param=name) from None
