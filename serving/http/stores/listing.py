"""The files of a vector store as lists sort and search them: documents of a collection, and files on their way into it.

A document that is read anew is in progress; one whose new reading failed stays completed. What was read and then
deleted from the collection is no file.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

from kb.catalog.types import ListedDocument
from kb.home.cursors import Place
from kb.home.files import file_id_of
from kb.home.job_summaries import JobSummary
from kb.records import JobState
from kb.text.ordering import natural_key

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

_FEW = 500  # changed files, with which sorting everything anew takes as long as moving them one by one

_Item = TypeVar("_Item")
_Key = Callable[[_Item], tuple[str, str]]


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
    searched: str  # title, name and tags, case folded: what lists are searched in and, by title, sorted by

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
        self._ordered: dict[ListOrder, list[StoreFile]] = {}

    def following(self, files: Mapping[str, StoreFile], touched: Collection[str]) -> Listing:
        """The listing that comes after this one: what is known of its order goes over to it.

        Args:
            files: all that there are now.
            touched: the ids of those that are new, changed or gone.
        """
        following = Listing(files)
        if len(touched) > _FEW:
            return following
        gone = [self.files[file_id] for file_id in touched if file_id in self.files]
        new = [files[file_id] for file_id in touched if file_id in files]
        known = self.__dict__  # what was asked for so far
        if "places" in known:
            places = _exchanged(self.places, [file.place for file in gone], [file.place for file in new], _itself)
            following.__dict__["places"] = places
        if "file_names" in known:
            names = self.file_names.copy()
            names.subtract(file.file_name for file in gone)
            names.update(file.file_name for file in new)
            following.__dict__["file_names"] = +names
        if ListOrder.TITLE in self._ordered:
            following._ordered[ListOrder.TITLE] = _exchanged(self._ordered[ListOrder.TITLE], gone, new, _by_title)
        return following

    @cached_property
    def counts(self) -> Counter[str]:
        """How many files have each status."""
        return Counter(file.status for file in self.files.values())

    @cached_property
    def file_names(self) -> Counter[str]:
        """How many files have each name, without folders."""
        return Counter(file.file_name for file in self.files.values())

    @cached_property
    def places(self) -> list[Place]:
        """Where the files stand in OpenAI's lists, in order."""
        return sorted(file.place for file in self.files.values())

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

    def places_of(self, status: Status | None) -> list[Place]:
        """The places of the files of one status, where it is given."""
        if status is None:
            return self.places
        return [place for place in self.places if self.files[place.id].status == status]

    def ordered(self, order: ListOrder) -> list[StoreFile]:
        """All files in an order."""
        files = self._ordered.get(order)
        if files is None:
            files = self._ordered[order] = self._sorted(order)
        return files

    def _sorted(self, order: ListOrder) -> list[StoreFile]:
        if order is ListOrder.TITLE:
            return sorted(self.files.values(), key=_by_title)
        by_title = self.ordered(ListOrder.TITLE)
        if order is ListOrder.NEWEST:
            return sorted(by_title, key=lambda file: file.created_at, reverse=True)  # keeps the order of equals
        if order is ListOrder.LARGEST:
            return sorted(by_title, key=lambda file: -file.size)
        return sorted(by_title, key=lambda file: _ATTENTION[file.status])


def _by_title(file: StoreFile) -> tuple[str, str]:
    return natural_key(file.searched), file.id


def _itself(place: Place) -> Place:
    return place


def _exchanged(ordered: Sequence[_Item], gone: Iterable[_Item], new: Iterable[_Item], key: _Key[_Item]) -> list[_Item]:
    """What is in order under a key, without some that are in it and with others."""
    exchanged = list(ordered)
    for item in gone:
        del exchanged[bisect_left(exchanged, key(item), key=key)]
    for item in new:
        insort(exchanged, item, key=key)
    return exchanged


def _each(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})


def holding(files: Iterable[StoreFile], words: str) -> list[StoreFile]:
    """Those of `files` whose title, name or tags hold every one of the words, in whatever case."""
    found = list(files)
    for word in words.casefold().split():
        found = [file for file in found if word in file.searched]
    return found
