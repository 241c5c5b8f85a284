"""Makes a collection of a file, which is taken for hostile.

Nothing in it chooses where anything is written, and every hash is checked; `kb/portable/checking.py` looks at its
database.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from kb.catalog import Catalog
from kb.catalog.blobs import Blobs, hash_file
from kb.catalog.collections import collection_folder
from kb.catalog.expiry import note_use
from kb.errors import StorageError, UsageError
from kb.portable.archive import (
    DATABASE,
    EVALUATION,
    FORMAT,
    MANIFEST,
    PART,
    Ported,
    document_in,
    evaluation_file_in,
    not_a_collection,
)
from kb.portable.checking import checked

_MANIFEST_BYTES = 64 << 10  # of a manifest: ours have less than one KiB
_CHUNK = 1 << 20  # 1 MiB: few system calls, little memory


def import_collection(home: Path, file: Path, name: str = "", *, called: str = "", free_bytes: int = 0) -> Ported:
    """Makes a collection of a file that `export_collection` wrote, here or elsewhere. It is there whole or not at all.

    Args:
        home: the home folder.
        file: the file.
        name: of the new collection; as in the file where none is given.
        called: how errors name the file; by its path where nothing is given.
        free_bytes: that must stay free on the disk.

    Raises:
        UsageError: the file is no collection, is damaged or holds what does not belong there; or the name is taken.
        StorageError: there is no room for it, or it is of a newer ibid.
    """
    called = called or str(file)
    with _opened(file, called) as archive:
        manifest = _manifest(archive, called)
        chosen = name or str(manifest.get("name", ""))
        folder = collection_folder(home, chosen)
        if folder.exists():
            raise UsageError(f"there is a collection {chosen!r} already", advice="Import it under another name")
        members = _members(archive, called)
        size = sum(member.file_size for member in members)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder.parent).free - size < free_bytes:
            raise StorageError(f"{called} is not imported", f"it needs {size / 1e6:.0f} MB", "Free some space")
        part = folder.with_name(f".{chosen}.{os.getpid()}{PART}")
        try:
            _unpack(archive, members, manifest, part, called)
            collection = checked(part, chosen, called)
            note_use(Catalog(part))  # it begins to be used here and now, whatever it was where it comes from
            part.rename(folder)
        except OSError as error:
            raise StorageError(f"{called} is not imported", error.strerror or str(error)) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return Ported(chosen, collection.documents, collection.passages, file.stat().st_size)


@contextmanager
def _opened(file: Path, called: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {called}") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise not_a_collection(called, f"it is damaged, or was not written by `ibid export`: {error}") from error


def _manifest(archive: zipfile.ZipFile, called: str) -> dict[str, Any]:
    try:
        if archive.getinfo(MANIFEST).file_size > _MANIFEST_BYTES:
            raise not_a_collection(called, "its description is too long")
        manifest = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError, RecursionError) as error:
        raise not_a_collection(called, "it says nothing of what it is") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("ibid"), int):
        raise not_a_collection(called, "it says nothing of what it is")
    if manifest["ibid"] > FORMAT:
        raise StorageError(f"cannot read {called}", "it was written by a newer ibid", "Update ibid to read it")
    return manifest


def _members(archive: zipfile.ZipFile, called: str) -> list[zipfile.ZipInfo]:
    """What is to be unpacked. Anything else in the file is a reason to take nothing of it."""
    members = [member for member in archive.infolist() if member.filename != MANIFEST]
    names = [member.filename for member in members]
    stray = [name for name in names if not (name == DATABASE or document_in(name) or evaluation_file_in(name))]
    if stray or len(set(names)) != len(names) or DATABASE not in names:
        raise not_a_collection(
            called, f"it holds {stray[0][:80]!r}" if stray else "its parts are not those of a collection"
        )
    return members


def _unpack(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], manifest: Mapping[str, Any], part: Path, called: str
) -> None:
    blobs = Blobs(part / "blobs")
    (part / EVALUATION).mkdir(parents=True)
    for member in members:
        with archive.open(member) as source:
            document_id = document_in(member.filename)
            if document_id:
                if blobs.put(_chunks(source))[0] != document_id:
                    raise not_a_collection(called, f"{member.filename} is not what its name says")
            else:
                evaluation_file = evaluation_file_in(member.filename)
                target = part / EVALUATION / evaluation_file if evaluation_file else part / DATABASE
                with target.open("xb") as written:
                    written.writelines(_chunks(source))
    if hash_file(part / DATABASE) != manifest.get("catalog_sha256"):
        raise not_a_collection(called, "its database is not the one that was exported")


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk
