"""Whose files are whose: a key for some collections sees what it uploaded, and the documents of these collections."""

from __future__ import annotations

from kb.home.file_owners import files_of, note_owner
from kb.home.files import UploadedFile, file_id_of
from serving.http.readable import where_readable
from serving.http.reading.finding import find_document
from serving.http.state import Services


def note_upload(services: Services, file: UploadedFile) -> UploadedFile:
    """Notes who uploaded a file, and returns it."""
    if services.access.owner:
        note_owner(services.home, file.id, services.access.owner)
    return file


def sees_file(services: Services, file_id: str) -> bool:
    """Whether a file exists as far as whoever asks is told."""
    if services.access.sees_all or file_id in files_of(services.home, services.access.owner):
        return True
    for name in services.collections.names():
        with where_readable(name):
            if find_document(services.collections.catalog(name), file_id) is not None:
                return True
    return False


def seen_files(services: Services) -> set[str] | None:
    """The ids of all files that exist as far as whoever asks is told; None for every one."""
    if services.access.sees_all:
        return None
    seen = files_of(services.home, services.access.owner)
    for name in services.collections.names():
        with where_readable(name), services.collections.catalog(name).snapshot() as snapshot:
            seen |= {file_id_of(document_id) for document_id in snapshot.document_ids()}
    return seen
