"""The listings of the vector stores that were looked at last, each brought up to date when it is asked for.

Every process keeps its own. What other processes write is seen by the version of the collection and the stamp of its
jobs, so that a listing is never older than the request that asks for it; only what has changed since is read anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress

from kb.catalog import Catalog
from kb.catalog.types import ListedDocument
from kb.home.files import file_id_of
from kb.home.home import Home
from kb.home.job_summaries import (
    JobsStamp,
    JobSummary,
    documents_with_jobs,
    job_summaries,
    job_summaries_since,
    jobs_stamp,
)
from serving.http.stores.listing import Listing, StoreFile, store_file_of

# Files whose listings are kept, of all vector stores together: about 1.4 kB each, 280 MB at the most. A larger store is
# listed anew each time, some 20 µs for each file.
MOST_FILES = 200_000


class _Followed:
    """One vector store, followed from listing to listing."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.version = -1  # of the collection, as far as it was read; -1 for not yet
        self.stamp = JobsStamp(-1, -1)
        self.documents: dict[str, ListedDocument] = {}
        self.jobs: dict[str, JobSummary] = {}
        self.listing = Listing({})

    def latest(self, home: Home) -> Listing:
        """The listing as it is now."""
        with self.lock:
            try:
                # Jobs come first: what they have brought is there when the documents are read.
                touched = self._follow_jobs(home)
                touched |= self._follow_documents()
            except BaseException:
                self._begin()  # what was read of the change is not known any more
                raise
            if touched:
                files = dict(self.listing.files)
                for document_id in touched:
                    self._place(home, files, document_id)
                self.listing = self.listing.following(files, {file_id_of(document_id) for document_id in touched})
            return self.listing

    def _follow_jobs(self, home: Home) -> set[str]:
        """Reads which jobs have changed; returns the documents concerned."""
        before, name = self.stamp, self.catalog.name
        self.stamp = jobs_stamp(home, name)
        touched: set[str] = set()
        if self.stamp.forgotten != before.forgotten:
            touched |= self.jobs.keys() - documents_with_jobs(home, name)
            for document_id in touched:
                del self.jobs[document_id]
        if before.changed < 0:
            changed = job_summaries(home, name)
        elif self.stamp.changed != before.changed:
            changed = job_summaries_since(home, name, before.changed)
        else:
            changed = []
        self.jobs.update((summary.document_id, summary) for summary in changed)
        return touched | {summary.document_id for summary in changed}

    def _follow_documents(self) -> set[str]:
        """Reads which documents have changed; returns them."""
        with self.catalog.snapshot() as snapshot:
            version = snapshot.version
            if version == self.version:
                return set()
            changed = snapshot.listed() if self.version < 0 else snapshot.listed_since(self.version)
            self.documents.update((document.id, document) for document in changed)
            gone: set[str] = set()
            if snapshot.document_count() != len(self.documents):
                gone = self.documents.keys() - snapshot.document_ids()
        for document_id in gone:
            del self.documents[document_id]
        self.version = version
        return gone | {document.id for document in changed}

    def _place(self, home: Home, files: dict[str, StoreFile], document_id: str) -> None:
        document, jobs = self.documents.get(document_id), self.jobs.get(document_id)
        size = _uploaded_bytes(home, document_id) if document is None else 0
        file = store_file_of(document, jobs, size)
        if file is not None:
            files[file.id] = file
        else:
            files.pop(file_id_of(document_id), None)


class Listings:
    """The listings of all vector stores, those used last kept in memory. May be used by several threads.

    Args:
        home: with the jobs and the uploads.
        most_files: kept, of all vector stores together.
    """

    def __init__(self, home: Home, most_files: int = MOST_FILES) -> None:
        self._home = home
        self._most_files = most_files
        self._lock = threading.Lock()
        self._followed: OrderedDict[str, _Followed] = OrderedDict()  # by name, those used last at the end

    def of(self, catalog: Catalog) -> Listing:
        """The files of a vector store as they are now."""
        with self._lock:
            followed = self._followed.get(catalog.name)
            if followed is None or followed.catalog is not catalog:  # it was deleted and made anew
                followed = self._followed[catalog.name] = _Followed(catalog)
            self._followed.move_to_end(catalog.name)
        listing = followed.latest(self._home)
        self._forget_the_oldest()
        return listing

    def _forget_the_oldest(self) -> None:
        with self._lock:
            kept = sum(len(followed.listing.files) for followed in self._followed.values())
            while kept > self._most_files:
                _, oldest = self._followed.popitem(last=False)
                kept -= len(oldest.listing.files)


def store_files(home: Home, catalog: Catalog, digits: str) -> list[StoreFile]:
    """The files of a vector store whose document ids begin with these digits, read for this once."""
    summaries = {summary.document_id: summary for summary in job_summaries(home, catalog.name, digits)}
    with catalog.snapshot() as snapshot:
        documents = {document.id: document for document in snapshot.listed(digits)}
    files: Iterable[StoreFile | None] = (
        store_file_of(documents.get(document_id), summaries.get(document_id))
        for document_id in summaries.keys() | documents.keys()
    )
    return [file for file in files if file is not None]


def _uploaded_bytes(home: Home, document_id: str) -> int:
    with suppress(OSError):
        return home.uploads.path(document_id).stat().st_size
    return 0
