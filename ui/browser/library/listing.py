"""The files of a collection as the Library lists them: fetched again only where something changed, filtered, sorted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ui.browser.api.client import Client
from ui.browser.api.file_replies import FileState, StoredFile
from ui.browser.plain import seen

# What needs a look comes first.
_ORDER = {FileState.IN_PROGRESS: 0, FileState.FAILED: 1, FileState.CANCELLED: 1, FileState.COMPLETED: 2}

# Before so much time and so much of the work has passed, no honest guess can be made.
_LEAST_SECONDS = 4.0
_LEAST_SHARE = 0.05

# The one stage that tells how far it is; the others are over at once, or nobody knows when.
_MEASURED_STAGE = "embedding"


class Order(StrEnum):
    """How a list is sorted."""

    ATTENTION = "attention"  # what is on its way, what failed, then by title
    TITLE = "title"
    NEWEST = "newest"
    LARGEST = "largest"


@dataclass
class Listing:
    """What is known of the files of one collection."""

    collection: str = ""
    stamp: tuple[int, ...] = ()
    files: tuple[StoredFile, ...] = ()
    _since: dict[str, tuple[float, float]] = field(default_factory=dict)  # by file: when and at what share it was seen

    @property
    def busy(self) -> bool:
        """Whether files are on their way in."""
        return any(file.state is FileState.IN_PROGRESS for file in self.files)

    def refresh(self, client: Client, collection: str) -> None:
        """Asks what has changed, and only for that: a list of a thousand documents is long.

        Raises:
            ClientError: the server did not answer; what was known stays.
        """
        stamp = client.collection(collection).stamp
        if (self.collection, self.stamp) != (collection, stamp):
            self.files = client.files(collection)
            self.collection, self.stamp = collection, stamp
        elif self.busy:
            moved = {file.id: file for file in client.files(collection, FileState.IN_PROGRESS)}
            self.files = tuple(moved.get(file.id, file) for file in self.files)
        self._note(time.monotonic())

    def forget(self) -> None:
        """Has the next look ask for everything."""
        self.stamp = ()

    def seconds_left(self, file: StoredFile, now: float) -> float | None:
        """How long a file will still take, at the pace seen so far; None where that cannot be told."""
        moment, share = self._since.get(file.id, (now, file.progress))
        done, passed = file.progress - share, now - moment
        if file.stage != _MEASURED_STAGE or passed < _LEAST_SECONDS or done < _LEAST_SHARE:
            return None
        return passed * (1 - file.progress) / done

    def duplicates(self) -> dict[str, str]:
        """By the id of a document: the name of another one that is called the same."""
        names = Counter(_short_name(file) for file in self.files)
        return {file.id: _short_name(file) for file in self.files if names[_short_name(file)] > 1}

    def _note(self, now: float) -> None:
        measured = [file for file in self.files if file.stage == _MEASURED_STAGE]
        self._since = {file.id: self._since.get(file.id, (now, file.progress)) for file in measured}


def chosen(files: Sequence[StoredFile], words: str, state: FileState | None, order: Order) -> list[StoredFile]:
    """The files whose title, name or tags hold the words, those of one state where it is given, in an order."""
    wanted = words.casefold().split()
    found = [
        file
        for file in files
        if (state is None or file.state is state or (state is FileState.FAILED and file.state is FileState.CANCELLED))
        and all(word in _searched(file) for word in wanted)
    ]
    by_title = sorted(found, key=lambda file: seen(file.title or file.name).casefold())
    if order is Order.ATTENTION:
        return sorted(by_title, key=lambda file: _ORDER[file.state])
    if order is Order.NEWEST:
        return sorted(by_title, key=lambda file: -file.created_at)
    if order is Order.LARGEST:
        return sorted(by_title, key=lambda file: -file.size)
    return by_title


def _searched(file: StoredFile) -> str:
    return "\n".join((file.title, file.name, *file.tags)).casefold()


def _short_name(file: StoredFile) -> str:
    return file.name.rpartition("/")[2]
