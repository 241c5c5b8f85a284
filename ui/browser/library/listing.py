"""The part of a collection's documents that the Library shows: asked for anew each time, since the server keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ui.browser.api.client import Client
from ui.browser.api.file_replies import DocumentsPart, FileState, Order, StoredFile

# Rows drawn at once: as many as one looks through, drawn in an instant; the others are in further parts.
ROWS = 50

# Before so much time and so much of the work has passed, no honest guess can be made.
_LEAST_SECONDS = 4.0
_LEAST_SHARE = 0.05

# The one stage that tells how far it is; the others are over at once, or nobody knows when.
_MEASURED_STAGE = "embedding"


@dataclass(frozen=True, slots=True)
class Looked:
    """What the Library is looked through for."""

    collection: str = ""
    words: str = ""
    state: FileState | None = None
    order: Order = Order.ATTENTION


@dataclass
class Listing:
    """What is shown of the files of one collection."""

    looked: Looked = Looked()
    number: int = 0  # of the part that is shown, from 0
    changed: int = 0  # counts what was looked through: another one begins with its first part
    part: DocumentsPart = field(default_factory=DocumentsPart)
    _since: dict[str, tuple[float, float]] = field(default_factory=dict)  # by file: when and at what share it was seen

    @property
    def busy(self) -> bool:
        """Whether files are on their way in."""
        return self.part.counts.get(FileState.IN_PROGRESS, 0) > 0

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return max(1, -(-self.part.total // ROWS))

    def refresh(self, client: Client, looked: Looked, number: int) -> None:
        """Asks for a part as it is now; where there are fewer by now, for the last one.

        Raises:
            ClientError: the server did not answer; what was known stays.
        """
        if looked != self.looked:
            number = 0
        part = _asked(client, looked, number)
        if not part.files and part.total:  # others have deleted what stood here
            number = (part.total - 1) // ROWS
            part = _asked(client, looked, number)
        if looked != self.looked:
            self.changed += 1
        self.looked, self.number, self.part = looked, number, part
        self._note(time.monotonic())

    def seconds_left(self, file: StoredFile, now: float) -> float | None:
        """How long a file will still take, at the pace seen so far; None where that cannot be told."""
        moment, share = self._since.get(file.id, (now, file.progress))
        done, passed = file.progress - share, now - moment
        if file.stage != _MEASURED_STAGE or passed < _LEAST_SECONDS or done < _LEAST_SHARE:
            return None
        return passed * (1 - file.progress) / done

    def _note(self, now: float) -> None:
        measured = [file for file in self.part.files if file.stage == _MEASURED_STAGE]
        self._since = {file.id: self._since.get(file.id, (now, file.progress)) for file in measured}


def _asked(client: Client, looked: Looked, number: int) -> DocumentsPart:
    return client.documents(
        looked.collection, looked.words, looked.state, looked.order, first=number * ROWS, limit=ROWS
    )
