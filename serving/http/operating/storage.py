"""GET /ibid/storage: what stands on the disk, for whoever may read every collection."""

from __future__ import annotations

import shutil
from typing import Any

from fastapi import APIRouter, Request

from kb.catalog.collections import collection_folder
from kb.home.disk import bytes_in
from serving.http.readable import where_readable
from serving.http.state import services_of

router = APIRouter()


@router.get("/ibid/storage")
def read_storage(request: Request) -> dict[str, Any]:
    """Bytes on the disk of every collection (texts, vectors, indexes, original files), of uploads, and what is free."""
    services = services_of(request)
    folder = services.home.folder
    disk = shutil.disk_usage(folder)
    collections = []
    for name in services.collections.names():
        with where_readable(name):
            collection = services.collections.catalog(name).collection()
            used = bytes_in(collection_folder(folder, name))
            collections.append({"id": name, "name": collection.title or name, "bytes": used})
    return {
        "total_bytes": disk.total,
        "free_bytes": disk.free,
        "least_free_bytes": services.settings.limits.free_disk_mb * 1_000_000,  # below this nothing more is stored
        "home_bytes": bytes_in(folder),
        "collections": collections,
    }
