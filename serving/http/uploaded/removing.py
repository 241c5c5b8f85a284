"""Taking files away: out of one vector store, or out of everything, so that no search and no answer finds them."""

from __future__ import annotations

from contextlib import suppress

from kb.catalog import Catalog
from kb.errors import DamagedError, NotFoundError
from kb.home.audit import record
from kb.home.file_owners import give_up
from kb.home.files import UploadedFile, delete_file
from kb.home.jobs import cancel_jobs, forget_jobs
from kb.home.withdrawals import noting_withdrawals
from serving.http.reading.page_pictures import forget_pictures
from serving.http.state import Services


def remove_from_store(services: Services, catalog: Catalog, document_id: str) -> None:
    """Removes a file from one vector store: its jobs, its document and the pictures of its pages."""
    cancel_jobs(services.home, catalog.name, document_id)
    with suppress(NotFoundError), noting_withdrawals(services.home, catalog):  # it may still be on its way
        catalog.remove([document_id])
    forget_pictures(catalog, document_id)
    forget_jobs(services.home, catalog.name, document_id)


def remove_everywhere(services: Services, file: UploadedFile) -> None:
    """Removes a file from every vector store that whoever asks sees, and its upload, unless others uploaded it, too.

    Raises:
        DamagedError: it is removed from wherever it could be; one store is damaged, and nobody can tell what is in it.
    """
    unread: DamagedError | None = None
    for name in services.collections.names():
        try:
            catalog = services.collections.catalog(name)
            with catalog.snapshot() as snapshot:
                holds_it = snapshot.has_document(file.document_id)
            remove_from_store(services, catalog, file.document_id)
            if holds_it:
                document = [file.document_id]
                record(services.home, services.access.actor, "document.deleted", collection=name, subjects=document)
        except NotFoundError:  # the whole collection was deleted meanwhile
            continue
        except DamagedError as error:
            unread = error
    access = services.access
    if access.sees_all or give_up(services.home, file.id, access.owner):
        with suppress(NotFoundError):  # it came in another way than by an upload
            delete_file(services.home, file.id)
    if unread is not None:
        raise unread
