"""Files on their way into a vector store: checked all together, then queued all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import ConfigDict, Field

from kb.attributes import AttributeValue, checked_attributes
from kb.catalog import Catalog
from kb.catalog.blobs import bytes_of
from kb.catalog.expiry import note_use
from kb.catalog.naming import with_ids
from kb.errors import NotFoundError, UsageError
from kb.home.files import put_file, upload_path
from kb.home.jobs import NewJob, add_jobs
from kb.records import Job
from serving.answer_sources import Documents
from serving.http.bodies import JsonBody
from serving.http.errors import ApiError
from serving.http.state import Services
from serving.http.stores.chunking import ChunkingStrategy, sizes_of
from serving.http.uploaded.file_access import note_upload
from serving.http.uploaded.files import known_file, path_of

_Number = Annotated[float, Field(allow_inf_nan=False)]
# OpenAI's own bound; what a key and a text may be, `checked_attributes` says.
Attributes = Annotated[dict[str, str | int | _Number | bool], Field(max_length=16)]


class FileToAdd(JsonBody):
    """A file to add. Its attributes become the document's metadata and can be filtered by."""

    model_config = ConfigDict(extra="forbid")

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy | None = None


def add_files(services: Services, catalog: Catalog | None, files: Sequence[FileToAdd]) -> list[Job]:
    """Queues uploaded files for a collection, all or none. Without a collection, they are only checked.

    Raises:
        NotFoundError: one was never uploaded.
        ApiError: an attribute cannot be, or the collection has expired.
    """
    known = [known_file(services, file.file_id) for file in files]
    jobs = [
        NewJob(
            found.name,
            found.document_id,
            checked(file.attributes or {}, catalog),
            *sizes_of(file.chunking_strategy),
        )
        for file, found in zip(files, known, strict=True)
    ]
    if catalog is None or not jobs:
        return []
    check_not_expired(catalog)
    for file in known:
        if not upload_path(services.home, file).is_file():  # a document of another collection: its bytes are there
            try:
                copied = put_file(services.home, file.name, bytes_of([path_of(services, file)]), file.purpose)
            except FileNotFoundError:  # deleted there meanwhile
                raise NotFoundError(f"no file {file.id}") from None
            note_upload(services, copied)
    note_use(catalog)
    return add_jobs(services.home, catalog.name, jobs)


def checked(attributes: Mapping[str, AttributeValue], catalog: Catalog | None) -> dict[str, AttributeValue]:
    """Attributes as a document keeps them, its dates in ISO 8601, documents by their ids.

    Raises:
        ApiError: a key or a value cannot be.
    """
    try:
        kept = checked_attributes(attributes)
        if catalog is None:
            return kept
        with catalog.snapshot() as snapshot:
            return with_ids(snapshot, kept)
    except (UsageError, NotFoundError) as error:
        raise ApiError(400, str(error), param="attributes") from None


def check_not_expired(catalog: Documents) -> None:
    """Refuses what needs a vector store that has not expired.

    Raises:
        ApiError: 400, it has.
    """
    with catalog.snapshot() as snapshot:
        expired_at = snapshot.expired_at
    if expired_at:
        message = f"vector store {catalog.name} expired at {expired_at}; make a new one"
        raise ApiError(400, message, code="vector_store_expired")
