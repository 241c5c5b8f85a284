"""/v1/uploads: files that come in parts."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field
from starlette.datastructures import UploadFile

from kb.errors import NotFoundError
from kb.home.uploads import (
    MOST_PARTS,
    Upload,
    UploadPart,
    add_part,
    cancel_upload,
    complete_upload,
    create_upload,
    file_of,
    get_upload,
)
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute, answered_once
from serving.http.declared import form, made, one_of
from serving.http.errors import missing_parameter
from serving.http.models import timestamp
from serving.http.state import Services, services_of
from serving.http.uploaded.file_access import note_upload
from serving.http.uploaded.files import file_json
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

router = APIRouter(route_class=RepeatableRoute)


class NewUpload(JsonBody):
    """A file that is going to come."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field(min_length=1, max_length=1024)
    purpose: str = Field(json_schema_extra=one_of(PURPOSES))
    bytes: Annotated[int, Field(ge=1)]
    mime_type: str = Field(max_length=255)  # kept and not believed: what a file is, its bytes say
    expires_after: ExpiresAfter | None = None


class Completion(JsonBody):
    """The parts of an upload in their order."""

    model_config = ConfigDict(extra="forbid")

    part_ids: list[str] = Field(min_length=1, max_length=MOST_PARTS)
    md5: str | None = Field(default=None, max_length=64)


@router.post("/v1/uploads", responses=made("upload_id", "end_upload", "give_upload_up"))
def begin_upload(request: Request, asked: NewUpload) -> dict[str, Any]:
    """Begins an upload. Its parts must come and be completed within an hour."""
    services = services_of(request)
    purpose, name = check_purpose(asked.purpose), display_name(asked.filename)
    check_size(services, name, asked.bytes)
    keep_seconds = expiry_of(purpose, asked.expires_after)
    owner = services.access.owner
    upload = create_upload(services.home, name, purpose, asked.bytes, asked.mime_type, keep_seconds, owner)
    return _upload_json(services, upload)


@router.post("/v1/uploads/{upload_id}/parts", openapi_extra=form("data"))
async def receive_part(request: Request, upload_id: str) -> Response:
    """Stores a part of at most 64 MB."""
    services = services_of(request)

    async def store(data: UploadFile) -> Response:
        part = await asyncio.to_thread(add_part, services.home, upload_id, chunks_of(data))
        return JSONResponse(_part_json(part))

    async with request.form(max_files=1, max_fields=1) as sent:
        data = sent.get("data")
        if not isinstance(data, UploadFile):
            raise missing_parameter("data")
        await asyncio.to_thread(_check_own, services, upload_id)
        await asyncio.to_thread(check_size, services, "the part", data.size or 0)
        return await answered_once(request, lambda: digest_of(data), lambda: store(data))


@router.post("/v1/uploads/{upload_id}/complete")
def end_upload(request: Request, upload_id: str, asked: Completion) -> dict[str, Any]:
    """Makes a file of the parts."""
    services = services_of(request)
    _check_own(services, upload_id)
    upload, file = complete_upload(services.home, upload_id, asked.part_ids, asked.md5 or "")
    note_upload(services, file)
    return _upload_json(services, upload)


@router.post("/v1/uploads/{upload_id}/cancel")
def give_upload_up(request: Request, upload_id: str) -> dict[str, Any]:
    """Gives an upload up; its parts are gone."""
    services = services_of(request)
    _check_own(services, upload_id)
    return _upload_json(services, cancel_upload(services.home, upload_id))


def _check_own(services: Services, upload_id: str) -> None:
    """Refuses an upload that another key began, as if there were none.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    if not services.access.owns(get_upload(services.home, upload_id).owner):
        raise NotFoundError(f"no upload {upload_id[:80]}")


def _upload_json(services: Services, upload: Upload) -> dict[str, Any]:
    file = file_of(services.home, upload)
    return {
        "id": upload.id,
        "object": "upload",
        "bytes": upload.size,
        "created_at": timestamp(upload.created_at),
        "filename": upload.name,
        "purpose": upload.purpose,
        "status": upload.state.value,
        "expires_at": timestamp(upload.expires_at),
        **({"file": file_json(file)} if file is not None else {}),
    }


def _part_json(part: UploadPart) -> dict[str, Any]:
    return {
        "id": part.id,
        "object": "upload.part",
        "created_at": timestamp(part.created_at),
        "upload_id": part.upload_id,
    }
