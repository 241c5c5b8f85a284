"""What became of files that were sent to a collection."""

from __future__ import annotations

from dataclasses import dataclass, field

from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.library.unpacking import Unpacked

# Failures after which the very same request may succeed.
_PASSING = frozenset(
    {FailureKind.UNREACHABLE, FailureKind.TIMEOUT, FailureKind.CUT_OFF, FailureKind.BUSY, FailureKind.DISK_FULL}
)

# Kept in the app's memory to be sent again; whoever sends more chooses the files again.
_MOST_KEPT_BYTES = 500_000_000


@dataclass
class Outcome:
    """What became of them so far."""

    received: int = 0
    known: list[str] = field(default_factory=list)  # names of those whose very bytes the collection holds already
    failures: list[str] = field(default_factory=list)  # sentences
    unsent: list[Unpacked] = field(default_factory=list)  # those that may be sent again as they are

    def note_failure(self, file: Unpacked, sentence: str, failure: ClientError | None = None) -> None:
        """Notes that a file was not taken in, and keeps it where the reason passes."""
        self.failures.append(sentence)
        kept = sum(len(other.content) for other in self.unsent)
        if failure is not None and failure.kind in _PASSING and kept + len(file.content) <= _MOST_KEPT_BYTES:
            self.unsent.append(file)
