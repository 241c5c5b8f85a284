"""The files of a vector store as lists sort and search them: documents of a collection, and files on their way into it.

A document that is read anew is in progress; one whose new reading failed stays completed. What was read and then
deleted from the collection is no file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Literal, NamedTuple

from kb.catalog.types import ListedDocument
from kb.home.cursors import Place
from kb.home.files import file_id_of
from kb.home.job_summaries import JobSummary
from kb.records import JobState

Status = Literal["in_progress", "completed", "failed", "cancelled"]  # in OpenAI's words

COMPLETED: Status = "completed"
STATUSES: dict[JobState, Status] = {
    JobState.QUEUED: "in_progress",
    JobState.RUNNING: "in_progress",
    JobState.DONE: COMPLETED,
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
_UNDER_WAY = frozenset({JobState.QUEUED, JobState.RUNNING})

MOST_TAGS = 500  # told to choose from: more than anybody reads; filters take any other one as well

# What needs a look comes first.
_ATTENTION: dict[Status, int] = {"in_progress": 0, "failed": 1, "cancelled": 1, COMPLETED: 2}


class ListOrder(StrEnum):
    """How people have documents listed."""

    ATTENTION = "attention"  # what is on its way, what failed, then the others, each by title
    TITLE = "title"
    NEWEST = "newest"
    LARGEST = "largest"


class StoreFile(NamedTuple):
    """A file of a vector store. `created_at` stays the same from the first job to the finished document."""

    id: str
    document_id: str
    created_at: str  # ISO 8601, UTC
    status: Status
    has_job: bool  # whether a job brought it
    name: str
    title: str
    media_type: str
    language: str
    tags: tuple[str, ...]
    size: int  # bytes; 0 where the file has gone
    searched: str  # title, name and tags, case folded: what lists are searched in, and sorted by where by title

    @property
    def place(self) -> Place:
        """Where it stands in lists."""
        return Place(self.created_at, self.id)

    @property
    def file_name(self) -> str:
        """Its name without folders."""
        return self.name.rpartition("/")[2]


def store_file_of(document: ListedDocument | None, jobs: JobSummary | None, size: int = 0) -> StoreFile | None:
    """The file that a document and the jobs for the same bytes make together; None where they make none.

    Args:
        document: of the collection, where it is there.
        jobs: what became of them, where there were any.
        size: bytes of the upload, where there is no document.
    """
    if jobs is None:
        return _file(document, document.added_at, COMPLETED, has_job=False) if document is not None else None
    status = STATUSES[jobs.latest] if jobs.latest in _UNDER_WAY or document is None else COMPLETED
    if document is not None:
        return _file(document, min(jobs.first_created_at, document.added_at), status, has_job=True)
    if status == COMPLETED:
        return None
    on_its_way = ListedDocument(jobs.document_id, jobs.name, "", "", "", size, "", jobs.tags)
    return _file(on_its_way, jobs.first_created_at, status, has_job=True)


def _file(document: ListedDocument, created_at: str, status: Status, *, has_job: bool) -> StoreFile:
    tags = tuple(tag for part in document.tags.split(",") if (tag := part.strip())) if document.tags else ()
    searched = "\n".join((document.title or document.name, document.name, *tags)).casefold()
    return StoreFile(
        file_id_of(document.id),
        document.id,
        created_at,
        status,
        has_job,
        document.name,
        document.title,
        document.media_type,
        document.language,
        tags,
        document.size,
        searched,
    )


class Listing:
    """All files of a vector store at one moment; what is sorted and counted of them is kept with it.

    Args:
        files: by file id.
    """

    def __init__(self, files: Mapping[str, StoreFile]) -> None:
        self.files = files
        self._places: dict[Status | None, list[Place]] = {}
        self._ordered: dict[ListOrder, list[StoreFile]] = {}

    @cached_property
    def counts(self) -> Counter[str]:
        """How many files have each status."""
        return Counter(file.status for file in self.files.values())

    @cached_property
    def file_names(self) -> Counter[str]:
        """How many files have each name, without folders."""
        return Counter(file.file_name for file in self.files.values())

    @cached_property
    def completed(self) -> list[StoreFile]:
        """The documents that can be searched, by title."""
        return [file for file in self.ordered(ListOrder.TITLE) if file.status == COMPLETED]

    @cached_property
    def completed_names(self) -> frozenset[str]:
        """The names of the documents that can be searched, without folders."""
        return frozenset(file.file_name for file in self.completed)

    @cached_property
    def kinds(self) -> list[str]:
        """The media types of the documents that can be searched."""
        return _each(file.media_type for file in self.completed)

    @cached_property
    def languages(self) -> list[str]:
        """Their languages."""
        return _each(file.language for file in self.completed)

    @cached_property
    def tags(self) -> list[str]:
        """Their tags, those used most where there are very many."""
        used = Counter(tag for file in self.completed for tag in file.tags)
        return _each(tag for tag, _ in used.most_common(MOST_TAGS))

    def places(self, status: Status | None = None) -> list[Place]:
        """Where the files stand in OpenAI's lists, those of one status where it is given, in order."""
        places = self._places.get(status)
        if places is None:
            files = self.files.values()
            places = sorted(file.place for file in files if status in (None, file.status))
            self._places[status] = places
        return places

    def ordered(self, order: ListOrder) -> list[StoreFile]:
        """All files in an order."""
        files = self._ordered.get(order)
        if files is None:
            files = self._ordered[order] = self._sorted(order)
        return files

    def _sorted(self, order: ListOrder) -> list[StoreFile]:
        if order is ListOrder.TITLE:
            return sorted(self.files.values(), key=lambda file: (file.searched, file.id))
        by_title = self.ordered(ListOrder.TITLE)
        if order is ListOrder.NEWEST:
            return sorted(by_title, key=lambda file: file.created_at, reverse=True)  # keeps the order of equals
        if order is ListOrder.LARGEST:
            return sorted(by_title, key=lambda file: -file.size)
        return sorted(by_title, key=lambda file: _ATTENTION[file.status])


def _each(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})


def holding(files: Iterable[StoreFile], words: str) -> list[StoreFile]:
    """Those of `files` whose title, name or tags hold every one of the words, in whatever case."""
    wanted = words.casefold().split()
    return [file for file in files if all(word in file.searched for word in wanted)]
