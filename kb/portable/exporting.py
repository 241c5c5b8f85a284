"""Writes a collection into one file."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

from kb.catalog.blobs import hash_file
from kb.catalog.catalog import Catalog
from kb.catalog.collections import open_collection
from kb.catalog.writing import now
from kb.errors import StorageError, UsageError
from kb.portable.archive import DATABASE, EVALUATION, FORMAT, MANIFEST, PART, Ported, blob_member, evaluation_file_in

_ATTEMPTS = 3  # documents deleted while they are written make the whole file wrong; it is begun anew


def export_collection(home: Path, name: str, target: Path, *, overwrite: bool = False) -> Ported:
    """Writes a collection, as it is at one moment, into one file, which is there whole or not at all.

    Raises:
        NotFoundError: there is no such collection.
        UsageError: the file is there already, or its folder is not.
        StorageError: it cannot be written.
    """
    if target.exists() and not overwrite:
        raise UsageError(f"{target} is there already", advice="Name another file, or add --force")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"cannot write {target}", "its folder is not there")
    catalog = open_collection(home, name)
    part = target.with_name(f".{target.name}.{os.getpid()}{PART}")
    try:
        with closing(catalog):
            ported = _export_whole(catalog, part)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"cannot write {target}", str(error)) from error
    finally:
        part.unlink(missing_ok=True)
        part.with_suffix(".db").unlink(missing_ok=True)
    return ported


def _export_whole(catalog: Catalog, part: Path) -> Ported:
    for _ in range(_ATTEMPTS):
        try:
            return _export(catalog, part)
        except _DeletedMeanwhileError as missing:
            part.unlink(missing_ok=True)
            with catalog.snapshot() as snapshot:
                gone = snapshot.has_document(str(missing))
            if gone:  # the document is there, its bytes are not: to try again does not help
                raise StorageError(
                    f"{catalog.name!r} is not exported",
                    "original files are gone from it",
                    "`ibid doctor` names them; ingest them again, or delete their documents",
                ) from None
    raise StorageError(
        f"{catalog.name!r} is not exported", "documents are being deleted from it all the time", "Try again later"
    )


class _DeletedMeanwhileError(Exception):
    """A document was deleted between the copy of the database and that of its bytes."""


def _export(catalog: Catalog, part: Path) -> Ported:
    database = part.with_suffix(".db")
    database.unlink(missing_ok=True)
    # Compact, consistent, and without anything that was deleted.
    with closing(sqlite3.connect(catalog.folder / DATABASE)) as connection:
        connection.execute("VACUUM INTO ?", (str(database),))
    with closing(sqlite3.connect(database)) as copy:
        facts = dict(copy.execute("SELECT key, value FROM facts"))
        ids = [document_id for (document_id,) in copy.execute("SELECT id FROM documents ORDER BY id")]
        passages = int(copy.execute("SELECT count(*) FROM passages").fetchone()[0])
        schema = int(copy.execute("PRAGMA user_version").fetchone()[0])
    manifest = {
        "ibid": FORMAT,
        "name": catalog.name,
        "exported_at": now(),
        "schema": schema,
        "version": int(facts.get("version", 0)),
        "documents": len(ids),
        "passages": passages,
        "catalog_sha256": hash_file(database),
    }
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2))
        archive.write(database, DATABASE, zipfile.ZIP_DEFLATED, compresslevel=1)  # text halves; vectors do not
        for document_id in ids:
            try:
                archive.write(catalog.blobs.path(document_id), blob_member(document_id))
            except FileNotFoundError:
                raise _DeletedMeanwhileError(document_id) from None
        for file in sorted((catalog.folder / EVALUATION).glob("*")):
            if evaluation_file_in(f"{EVALUATION}/{file.name}") and file.is_file():
                archive.write(file, f"{EVALUATION}/{file.name}", zipfile.ZIP_DEFLATED)
    database.unlink()
    return Ported(catalog.name, len(ids), passages, part.stat().st_size)
