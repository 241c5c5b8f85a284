"""GET /ibid/storage: what stands on the disk, for whoever may read every collection."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from kb.catalog.collections import collection_folder
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
            used = _bytes_in(collection_folder(folder, name))
            collections.append({"id": name, "name": collection.title or name, "bytes": used})
    return {
        "total_bytes": disk.total,
        "free_bytes": disk.free,
        "least_free_bytes": services.settings.limits.free_disk_mb * 1_000_000,  # below this nothing more is stored
        "home_bytes": _bytes_in(folder),
        "collections": collections,
    }


def _bytes_in(folder: Path) -> int:
    """What the files in a folder take on the disk, those of its folders, too. What goes meanwhile counts nothing."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    total += _bytes_in(Path(entry.path))
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total
