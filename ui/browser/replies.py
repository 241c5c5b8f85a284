"""What the server replies, as types. A reply that is not of the promised shape raises `ClientError`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from kb import AnswerStatus, Citation, Claim, Verdict
from kb.records import Box, Conflict, ConflictSide, Policy, Withheld
from ui.browser.failures import ClientError, FailureKind

Json = Mapping[str, Any]
_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class Place:
    """A span of a document to open: a citation, or a passage that was looked at. `page` is None without pages."""

    document_id: str
    document: str
    title: str
    page: int | None
    start: int
    end: int
    quote: str
    headings: tuple[str, ...] = ()
    box: Box | None = None  # the first of its boxes, where the server knows them
    effective_from: str = ""  # the first and the last day in force, ISO 8601
    effective_to: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A finished answer. `looked_at` are the passages that were read, best first."""

    question: str
    collection: str
    status: AnswerStatus
    model: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    looked_at: tuple[Place, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    withheld: tuple[Withheld, ...] = ()  # what a strict collection kept back, without its words


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer of a conversation that the server kept, with the question as it was asked."""

    question: str
    reply: Reply
    number: int = 0
    judged: str = ""  # "up" or "down", where somebody thought so


@dataclass(frozen=True, slots=True)
class Sentence:
    """Event of the stream: one more sentence, with the citations that no earlier one had."""

    claim: Claim
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """Event of the stream: the last one, with the whole answer."""

    reply: Reply


Event = Sentence | Done


class FileState(StrEnum):
    """How far a file of a collection has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a collection as the Library lists it. `progress` is 0 to 1."""

    id: str
    name: str
    title: str
    state: FileState
    stage: str = ""
    progress: float = 0.0
    reason: str = ""  # why it failed, or what a reader should know
    pages: int = 0
    passages: int = 0
    language: str = ""
    warnings: tuple[str, ...] = ()
    effective_from: str = ""  # the first and the last day in force, ISO 8601
    effective_to: str = ""
    document_id: str = ""
    media_type: str = ""
    tags: tuple[str, ...] = ()
    size: int = 0  # bytes of the file
    created_at: int = 0  # seconds since 1970
    attributes: Mapping[str, Any] = field(default_factory=dict)  # what is known of it


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A collection as the picker shows it. `documents` counts those that can be searched."""

    name: str
    documents: int
    strict: bool = False  # whether sentences that the documents do not bear out are withheld
    title: str = ""  # what people call it, where that is not its name
    description: str = ""
    stamp: tuple[int, ...] = ()  # another one when any of its files is


@dataclass(frozen=True, slots=True)
class CitedState:
    """What became of a cited place: `state` is "stands" while nothing did, `since` a date, "" where it is unknown.

    `replacement` names the document that is there instead, `quote_stands` says whether the quoted words are in it.
    """

    state: str
    since: str = ""
    replacement: str = ""
    quote_stands: bool = False

    @property
    def stands(self) -> bool:
        """Whether the words are still to be found where they were cited, and nothing newer is in their place."""
        return self.state == "stands"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document: its level from 1 downwards and where it stands."""

    level: int
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document's outline and, where a span was asked for, the text around it: `text` stands at `[start:end]`."""

    name: str
    title: str
    media_type: str
    pages: int
    headings: tuple[Heading, ...]
    context_start: int
    context: str


def parse(reader: Callable[[Json], _Parsed], value: object) -> _Parsed:
    """Applies `reader` to a JSON object.

    Raises:
        ClientError: `value` is not an object, or lacks what the reader needs.
    """
    if not isinstance(value, Mapping):
        raise ClientError(FailureKind.BROKEN)
    try:
        return reader(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClientError(FailureKind.BROKEN) from error


def read_claim(value: Json) -> Claim:
    """A claim of an answer."""
    markers = tuple(int(marker) for marker in value["citations"])
    text = str(value["text"])
    emphasis = tuple((int(start), int(end)) for start, end in value.get("emphasis") or ())
    if any(not 0 <= start < end <= len(text) for start, end in emphasis):
        raise ValueError("an emphasised span lies outside the sentence")
    return Claim(text, Verdict(value["verdict"]), str(value.get("why") or ""), markers, emphasis)


def read_citation(value: Json) -> Citation:
    """A citation in full."""
    return Citation(
        marker=int(value["marker"]),
        document_id=str(value["document_id"]),
        document=str(value["document"]),
        title=str(value.get("title") or ""),
        page=_page(value.get("page")),
        start=int(value["start"]),
        end=int(value["end"]),
        quote=str(value["quote"]),
        boxes=tuple(Box(int(box[0]), *map(float, box[1:5])) for box in value.get("boxes") or ()),
        headings=_texts(value.get("headings")),
    )


def read_passage(value: Json) -> Place:
    """A hit in the shape of `ibid search --json`."""
    return Place(
        document_id=str(value["document_id"]),
        document=str(value["document"]),
        title=str(value.get("title") or ""),
        page=_page(value.get("page")),
        start=int(value["start"]),
        end=int(value["end"]),
        quote=str(value["text"]),
        headings=_texts(value.get("headings")),
        effective_from=str(value.get("effective_from") or ""),
        effective_to=str(value.get("effective_to") or ""),
    )


def read_reply(value: Json) -> Reply:
    """A whole answer in the shape of `ibid ask --json`."""
    return Reply(
        question=str(value["question"]),
        collection=str(value["collection"]),
        status=AnswerStatus(value["status"]),
        model=str(value.get("model") or ""),
        claims=tuple(read_claim(claim) for claim in value["claims"]),
        citations=tuple(read_citation(citation) for citation in value["citations"]),
        looked_at=tuple(read_passage(hit) for hit in value.get("looked_at") or ()),
        conflicts=tuple(read_conflict(conflict) for conflict in value.get("conflicts") or ()),
        withheld=tuple(
            Withheld(str(sentence.get("text") or ""), Verdict(sentence["verdict"]), str(sentence.get("why") or ""))
            for sentence in value.get("withheld") or ()
        ),
    )


def read_kept_answer(value: Json) -> KeptAnswer:
    """An answer of a kept conversation."""
    given = value.get("feedback") or {}
    judged = str(given.get("verdict") or "")
    return KeptAnswer(str(value["asked"]), read_reply(value["answer"]), int(value.get("number") or 0), judged)


def read_conflict(value: Json) -> Conflict:
    """Documents that disagree."""
    return Conflict(
        tuple(
            ConflictSide(
                marker=int(side["marker"]),
                value=str(side["value"]),
                document_id=str(side["document_id"]),
                document=str(side["document"]),
                title=str(side.get("title") or ""),
                version=int(side.get("version") or 1),
                effective_from=str(side.get("effective_from") or ""),
                effective_to=str(side.get("effective_to") or ""),
            )
            for side in value["sides"]
        )
    )


def read_file(value: Json) -> StoredFile:
    """A file of a vector store."""
    more = value.get("ibid") or {}
    error = value.get("last_error") or {}
    return StoredFile(
        id=str(value["id"]),
        name=str(more.get("name") or value["id"]),
        title=str(more.get("title") or ""),
        state=FileState(value["status"]),
        stage=str(more.get("stage") or ""),
        progress=min(1.0, max(0.0, float(more.get("progress") or 0.0))),
        reason=str(more.get("reason") or error.get("message") or ""),
        pages=int(more.get("pages") or 0),
        passages=int(more.get("passages") or 0),
        language=str(more.get("language") or ""),
        warnings=_texts(more.get("warnings")),
        effective_from=str(more.get("effective_from") or ""),
        effective_to=str(more.get("effective_to") or ""),
        document_id=str(more.get("document_id") or ""),
        media_type=str(more.get("media_type") or ""),
        tags=_tags((value.get("attributes") or {}).get("tags")),
        size=int(value.get("usage_bytes") or 0),
        created_at=int(value.get("created_at") or 0),
        attributes=dict(value.get("attributes") or {}),
    )


def read_collection(value: Json) -> CollectionSummary:
    """A vector store."""
    documents = int((value.get("file_counts") or {}).get("completed") or 0)
    more = value.get("ibid") or {}
    counts = sorted((value.get("file_counts") or {}).items())
    return CollectionSummary(
        name=str(value["id"]),
        documents=documents,
        strict=more.get("policy") == Policy.STRICT,
        title=str(value.get("name") or ""),
        description=str(value.get("description") or ""),
        stamp=(int(more.get("version") or 0), *(int(count) for _, count in counts)),
    )


def read_document(value: Json) -> DocumentView:
    """A document's outline, with or without the surroundings of a span."""
    context = value.get("context") or {}
    return DocumentView(
        name=str(value["name"]),
        title=str(value.get("title") or ""),
        media_type=str(value.get("media_type") or ""),
        pages=int(value.get("pages") or 0),
        headings=tuple(
            Heading(int(heading["level"]), str(heading["text"]), int(heading["start"]))
            for heading in value.get("headings") or ()
        ),
        context_start=int(context.get("start") or 0),
        context=str(context.get("text") or ""),
    )


def read_cited_state(value: Json) -> CitedState:
    """What became of one citation, of the reply to a check."""
    replacement = value.get("replacement") or {}
    return CitedState(
        state=str(value["state"]),
        since=str(value.get("since") or "")[:10],
        replacement=str(replacement.get("document") or ""),
        quote_stands=replacement.get("quote_stands") is True,
    )


def place_of(citation: Citation) -> Place:
    """The place that a citation names."""
    return Place(
        citation.document_id,
        citation.document,
        citation.title,
        citation.page,
        citation.start,
        citation.end,
        citation.quote,
        citation.headings,
        next((box for box in citation.boxes if box.page == citation.page), None),
    )


def _page(value: object) -> int | None:
    return int(value) if isinstance(value, int) and value > 0 else None


def _tags(value: object) -> tuple[str, ...]:
    """Tags stand in one text, with commas between them."""
    found = (part.strip() for part in str(value or "").split(","))
    return tuple(tag for tag in found if tag)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in value or ())
