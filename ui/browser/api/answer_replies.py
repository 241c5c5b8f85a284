"""What the server replies, as types. A reply that is not of the promised shape raises `ClientError`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kb import AnswerStatus, Citation, Claim, Verdict
from kb.records import Box, Conflict, ConflictSide, Withheld
from ui.browser.api.parsing import Json, page_number, texts


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
    sealed: Mapping[str, Any] = field(default_factory=dict)  # as the server told it, where it can be kept after all


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
        page=page_number(value.get("page")),
        start=int(value["start"]),
        end=int(value["end"]),
        quote=str(value["quote"]),
        boxes=tuple(Box(int(box[0]), *map(float, box[1:5])) for box in value.get("boxes") or ()),
        headings=texts(value.get("headings")),
    )


def read_passage(value: Json) -> Place:
    """A hit in the shape of `ibid search --json`."""
    return Place(
        document_id=str(value["document_id"]),
        document=str(value["document"]),
        title=str(value.get("title") or ""),
        page=page_number(value.get("page")),
        start=int(value["start"]),
        end=int(value["end"]),
        quote=str(value["text"]),
        headings=texts(value.get("headings")),
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
        sealed={**value, "looked_at": [], "withheld": []} if value.get("seal") else {},
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
