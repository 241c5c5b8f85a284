"""What a packet holds. The fields are those of the file: renaming one makes another format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb.calibration import Calibration
from kb.records import Answer, Collection, DocumentEntry, Filters, SearchResult, Turn
from serving.verifiers.checked import Health

FORMAT = "ibid-packet/1"

SettingValue = str | int | float


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of the chat model: the prompt as it was sent, and the reply as it came."""

    system: str
    turns: tuple[Turn, ...]
    max_tokens: int | None  # None: the settings' number
    reply: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Where one passage stands in its document; `order`, `headings` and pages as in `Passage`."""

    order: int
    start: int
    end: int
    headings: tuple[str, ...] = ()
    first_page: int = 0
    last_page: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Passages of one document that follow each other, and the document's text from the first to the last of them."""

    document: DocumentEntry
    start: int  # of `text` in the document's text
    text: str
    passages: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """One answer and everything that made it.

    `settings` are those that can change an answer, by section, without keys. `searches` are in their order: that of the
    question, with every hit that was found, of which the first `k` are read, then any further one. `stretches` hold the
    texts of all hits with the neighbours that may be joined to them.
    """

    format: str
    ibid: str  # the version of ibid
    made_at: str  # ISO 8601, UTC
    question: str
    history: tuple[Turn, ...]
    filters: Filters
    k: int
    collection: Collection
    settings: Mapping[str, Mapping[str, SettingValue]]
    searches: tuple[SearchResult, ...]  # at least one
    stretches: tuple[Stretch, ...]
    calls: tuple[ModelCall, ...]
    answer: Answer  # without `looked_at`: these are the first hits of the first search
    calibration: Calibration | None = None  # the collection's own, if any
    judged_by: Health | None = None  # the verifier: its kind, its model, and why that could not be asked, if so

    @property
    def search(self) -> SearchResult:
        """The search for the question."""
        return self.searches[0]
