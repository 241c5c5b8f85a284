"""The nouns of ibid, frozen, one type for each stage of life.

A file becomes a `Document`; a document is cut into `Passage`s; a search returns `Hit`s; an answer is made of `Claim`s
that point at `Citation`s. Offsets are always character offsets into `Document.text`, counted from 0, end exclusive.
Pages count from 1. Boxes are in PDF points from the top left corner of the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from kb.attributes import AttributeValue
from kb.conditions import Condition


class MarkKind(StrEnum):
    """What a `Mark` says about its span of the text."""

    PAGE = "page"  # one page or slide; `number` is its number from 1, `label` what is printed on it, if known
    HEADING = "heading"  # a heading's own line; `number` is its level from 1 (title) downwards
    TABLE = "table"  # a table, one row a line, cells parted by " | "
    LIST_ITEM = "list_item"  # one item of a list
    ARTICLE = (
        "article"  # a numbered rule with its whole body (第…条, Article 5, § 12); `label` is its number as written
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """A remark about `text[start:end]` made by a parser."""

    kind: MarkKind
    start: int
    end: int
    number: int = 0
    label: str = ""


class WordBox(NamedTuple):
    """Where `text[start:end]` (a word, or one Chinese character) stands on a page: points from the top left corner."""

    start: int
    end: int
    page: int
    x0: float
    y0: float
    x1: float
    y1: float


class Box(NamedTuple):
    """A rectangle on a page to highlight: points from the top left corner."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Document:
    """One file's text and all that is known about where its parts stand.

    `id` is the SHA-256 of the file's bytes in hexadecimal, `name` the path or file name to show, `language` one of
    "en", "zh-Hans", "zh-Hant" or "" when unknown, `metadata` free keys (author, tags, effective_from, …).
    """

    id: str
    name: str
    media_type: str
    title: str
    text: str
    language: str = ""
    domain: str = ""
    marks: tuple[Mark, ...] = ()
    boxes: tuple[WordBox, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    pages: int = 0  # 0 where the format has no pages
    warnings: tuple[str, ...] = ()  # what a reader should know: "page 3 has no text", …


# As the embedder counts. It fits the packaged embedder's window of 256 tokens with the headings put in front.
MOST_PASSAGE_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """An exact span of a document: `document.text[start:end] == text`."""

    document_id: str
    order: int  # 0, 1, 2, … in reading order: neighbours differ by one
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()  # from the outermost heading to the nearest one
    first_page: int = 0  # 0 where the format has no pages
    last_page: int = 0

    @property
    def id(self) -> str:
        """A name that stays the same as long as the document's bytes and the span do."""
        return f"{self.document_id[:16]}-{self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """A document as a list shows it: everything but its text."""

    id: str
    name: str
    title: str
    media_type: str
    language: str
    pages: int
    passages: int
    size: int  # bytes of the original file
    added_at: str  # ISO 8601, UTC
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    given: Mapping[str, AttributeValue] = field(default_factory=dict)  # what people set; `metadata` holds it as texts
    effective_from: str = ""  # the first day in force, ISO 8601; "" where that side is open
    effective_to: str = ""  # the last day in force
    version: int = 1  # 2 for what replaces a first version, and so on
    replaces: tuple[str, ...] = ()  # ids of the documents of the collection that this one replaces
    replaced_by: tuple[str, ...] = ()  # ids of those that replace it


class HitSource(StrEnum):
    """Where a hit's score comes from."""

    DENSE = "dense"
    LEXICAL = "lexical"
    FUSED = "fused"
    RERANKED = "reranked"


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question. `score` compares hits of one search and means nothing outside it."""

    passage: Passage
    document: DocumentEntry
    score: float
    source: HitSource
    dense_score: float | None = None  # cosine similarity to the question, where the dense search saw the passage
    lexical_score: float | None = None  # BM25, where the lexical search saw it
    collection: str = ""  # where it stands, if several were searched


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The ranked hits of one question over one state of one collection. `timings` are seconds by stage."""

    question: str
    collection: str
    version: int
    hits: tuple[Hit, ...]
    timings: Mapping[str, float] = field(default_factory=dict)


class Verdict(StrEnum):
    """How far the cited spans bear a claim out."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    UNCITED = "uncited"


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document: the quote stands at `[start:end]` of its text, to the letter."""

    marker: int  # the n of "[n]" in the answer
    document_id: str
    document: str
    title: str
    page: int | None
    start: int
    end: int
    quote: str
    boxes: tuple[Box, ...] = ()
    headings: tuple[str, ...] = ()
    collection: str = ""  # where its document stands, if the answer is made from several


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer as shown (its markers and the white space after it included) and its verdict."""

    text: str
    verdict: Verdict
    why: str
    citations: tuple[int, ...] = ()  # markers
    emphasis: tuple[tuple[int, int], ...] = ()  # spans of `text` that are the short answer itself: "1902" of a sentence


@dataclass(frozen=True, slots=True)
class Withheld:
    """A sentence that a strict collection kept back, without its markers. It is no part of the answer."""

    text: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class ConflictSide:
    """What one document says where documents disagree, with its time in force (ISO 8601; "" where it is open)."""

    marker: int  # of the citation that holds it
    value: str  # as written there
    document_id: str
    document: str
    title: str
    version: int
    effective_from: str
    effective_to: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Documents that disagree on what was asked; what came into force last first."""

    sides: tuple[ConflictSide, ...]


class AnswerStatus(StrEnum):
    """Whether a question was answered."""

    ANSWERED = "answered"
    PARTLY = "partly"
    REFUSED = "refused"


class TokenCount(NamedTuple):
    """How many tokens a model read and wrote."""

    read: int
    written: int


class ToolCall(NamedTuple):
    """A tool that a model wants called. Whoever asked calls it, or does not."""

    id: str
    name: str
    arguments: str  # JSON, as the model wrote it


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer. Its text is the concatenation of its claims' texts."""

    question: str
    collection: str
    version: int
    status: AnswerStatus
    confidence: float  # 0 to 1
    model: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    timings: Mapping[str, float] = field(default_factory=dict)
    looked_at: tuple[Hit, ...] = ()  # the passages that were read, best first: what a refusal offers
    withheld: tuple[Withheld, ...] = ()  # what a strict collection kept back, in the order in which it was written
    prompts: Mapping[str, int] = field(default_factory=dict)  # each prompt that made it, with its version
    conflicts: tuple[Conflict, ...] = ()  # where its documents disagree
    cut: bool = False  # the model's reply was ended at its greatest length
    tokens: TokenCount | None = None  # of all calls to chat models that it caused, where they were counted
    calls: tuple[ToolCall, ...] = ()  # in the place of an answer, or beside it: what the model wants called

    @property
    def text(self) -> str:
        """What a person reads."""
        return "".join(claim.text for claim in self.claims)


class Searched(NamedTuple):
    """Event of an answer in the making: the search is done."""

    result: SearchResult


class Claimed(NamedTuple):
    """Event: one more sentence was released, with the citations that no earlier claim had."""

    claim: Claim
    citations: tuple[Citation, ...]


class Finished(NamedTuple):
    """Event: the last one, with the whole answer."""

    answer: Answer


AnswerEvent = Searched | Claimed | Finished


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation so far; `role` is "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class EmbeddingSpace:
    """What makes two vectors comparable. Vectors of different spaces are never mixed."""

    model: str
    revision: str
    dimension: int
    pooling: str = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    chunker: str = "ibid-1"
    metric: str = "cosine"

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of a hash of all that defines the space."""
        parts = (self.model, self.revision, str(self.dimension), self.pooling, self.query_prefix, self.passage_prefix)
        return hashlib.sha256("\x1f".join((*parts, self.chunker, self.metric)).encode()).hexdigest()[:16]


class Policy(StrEnum):
    """What happens to a sentence that its citations do not bear out."""

    STRICT = "strict"  # withheld and counted
    FLAG = "flag"  # shown and marked


@dataclass(frozen=True, slots=True)
class Collection:
    """A named knowledge base at one of its versions."""

    name: str
    space: EmbeddingSpace | None  # None until the first document is stored
    version: int
    documents: int
    passages: int
    created_at: str
    policy: Policy = Policy.FLAG
    description: str = ""
    title: str = ""  # what people call it, where that cannot be its name
    labels: Mapping[str, str] = field(default_factory=dict)  # free keys that belong to whoever made it
    keep_days: int = 0  # without use, after which it is emptied; 0 for never
    expired_at: str = ""  # ISO 8601, UTC; "" while it was not emptied


class JobState(StrEnum):
    """A job's life: queued, running, then done, failed or cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobError(StrEnum):
    """Whose fault it was that a job failed, in OpenAI's words."""

    SERVER = "server_error"
    UNSUPPORTED = "unsupported_file"
    INVALID = "invalid_file"


@dataclass(frozen=True, slots=True)
class Job:
    """One file on its way into a collection."""

    id: str
    collection: str
    name: str
    document_id: str  # SHA-256 of the stored bytes
    state: JobState
    stage: str  # "waiting", "parsing", "splitting", "embedding", "storing", "done"
    progress: float  # 0 to 1
    reason: str  # why it failed, or what a reader should know; "" otherwise
    created_at: str
    updated_at: str
    metadata: Mapping[str, AttributeValue] = field(default_factory=dict)
    error: JobError | None = None  # of a job that failed
    passage_tokens: int = MOST_PASSAGE_TOKENS  # that were asked for
    overlap_tokens: int = 0  # that were asked for


@dataclass(frozen=True, slots=True)
class Filters:
    """Which passages a search may return. Conditions are joined by "and"; an empty filter lets everything through.

    `metadata` maps a key to the values it may have; the keys "document", "document_id", "language", "media_type" and
    "domain" stand for the document's own fields. `as_of` keeps documents in force on that day
    (`effective_from` <= day <= `effective_to`, where given). Without it, documents that others have replaced by today
    are left out, unless `all_versions` asks for them.
    """

    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_of: date | None = None
    all_versions: bool = False
    where: Condition | None = None  # further conditions, joined and nested in any way


NO_FILTERS = Filters()


_BETWEEN_NAMES = ", "  # in no name of a collection


def name_of_several(names: Iterable[str]) -> str:
    """What an answer or a search of several collections has in the place of one's name. None of them is named so."""
    return _BETWEEN_NAMES.join(names)


def collections_named(name: str) -> tuple[str, ...]:
    """The names in what `name_of_several` made; a single one is itself."""
    return tuple(name.split(_BETWEEN_NAMES))


def document_id_of(content: bytes) -> str:
    """The id of a document whose file has these bytes."""
    return hashlib.sha256(content).hexdigest()
