"""/ibid/collections: a collection as one file, out and in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import ConfigDict

from kb.errors import NotFoundError
from kb.home.files import get_file, upload_path
from kb.portable import export_collection, import_collection
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.declared import file_bytes
from serving.http.state import services_of
from serving.http.stores.vector_stores import store_json
from serving.http.uploaded.file_access import sees_file

router = APIRouter(route_class=RepeatableRoute)

_CHUNK = 1 << 20  # 1 MiB: few system calls, little memory


class CollectionFile(JsonBody):
    """An uploaded file that `ibid export` or the export below wrote."""

    model_config = ConfigDict(extra="forbid")

    file_id: str
    name: str = ""  # of the new collection; as in the file where none is given


@router.get("/ibid/collections/{store_id}/export", response_class=Response, responses=file_bytes())
async def export(request: Request, store_id: str) -> StreamingResponse:
    """The collection as one file, to save: documents, passages, vectors, and the original files."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    target = services.home.folder / f".{secrets.token_hex(8)}.export"
    ported = await asyncio.to_thread(export_collection, services.home.folder, name, target)
    file = target.open("rb")
    target.unlink()  # whatever becomes of the client, nothing is left: the bytes go when the file is closed
    headers = {
        "Content-Length": str(ported.bytes),
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}.ibid",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_closing(file), media_type="application/octet-stream", headers=headers)


@router.post("/ibid/collections/import")
def take_in(request: Request, asked: CollectionFile) -> dict[str, Any]:
    """Makes a collection of an uploaded file, without parsing or embedding again. The upload stays."""
    services = services_of(request)
    if not sees_file(services, asked.file_id):
        raise NotFoundError(f"no file {asked.file_id[:80]}")
    path = upload_path(services.home, get_file(services.home, asked.file_id))
    free = services.settings.limits.free_disk_mb * 1_000_000
    home = services.home.folder
    ported = import_collection(home, path, asked.name, called=f"the file {asked.file_id}", free_bytes=free)
    return store_json(services, services.collections.catalog(ported.collection))


def _closing(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
