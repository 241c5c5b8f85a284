"""A typed client of the HTTP server, by topic. Every failure is a `ClientError`, never anything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from kb import Citation, Turn
from ui.browser.api.answer_replies import (
    CitedState,
    Event,
    KeptAnswer,
    Place,
    read_cited_state,
    read_kept_answer,
    read_passage,
)
from ui.browser.api.care_requests import LookingAfterRequests
from ui.browser.api.check_requests import CheckRequests
from ui.browser.api.connection import json_of, quoted, store_path
from ui.browser.api.document_replies import DocumentView, read_document
from ui.browser.api.failures import ClientError, FailureKind, failure_of_status, failure_of_transport
from ui.browser.api.finding import Wanted
from ui.browser.api.library_requests import LibraryRequests
from ui.browser.api.parsing import parse
from ui.browser.api.streaming import events_of

# An answer's first sentence may take a large model on a busy machine this long.
_ANSWER_TIMEOUT = httpx.Timeout(180.0, connect=5.0)


class Client(LibraryRequests, LookingAfterRequests):
    """Asks one server. May be used by several threads. Every method raises `ClientError`."""

    def document(self, collection: str, document_id: str, span: tuple[int, int] | None = None) -> DocumentView:
        """A document's outline, with the text around `span` where given."""
        place: dict[str, str | int] = {"collection": collection}
        if span is not None:
            place |= {"start": span[0], "end": span[1]}
        reply = self._asked("GET", f"/documents/{quoted(document_id)}", params=place)
        return parse(read_document, json_of(reply))

    def page_picture(self, collection: str, place: Place, width: int) -> bytes:
        """The PNG of the place's page, `width` pixels wide, with its span highlighted."""
        parameters = {"collection": collection, "highlight": f"{place.start}-{place.end}", "width": str(width)}
        path = f"/documents/{quoted(place.document_id)}/pages/{place.page}.png"
        return self._asked("GET", path, expected="image/png", params=parameters).content

    def search(self, wanted: Wanted, most: int) -> tuple[Place, ...]:
        """The passages that fit best, at most `most` of them (50 is the server's limit)."""
        body: dict[str, Any] = {"query": wanted.words, "max_num_results": most}
        filters = wanted.filters()
        reply = self._asked(
            "POST", f"{store_path(wanted.collection)}/search", json=body | ({"filters": filters} if filters else {})
        )
        return parse(lambda value: tuple(parse(read_passage, item["ibid"]) for item in value["data"]), json_of(reply))

    def original(self, collection: str, document_id: str) -> bytes:
        """The file as it was taken in."""
        path = f"/documents/{quoted(document_id)}/file"
        return self._asked("GET", path, expected="application/", params={"collection": collection}).content

    def check_citations(self, collection: str, citations: Sequence[Citation]) -> tuple[CitedState, ...]:
        """What became of each citation since it was given."""
        cited = [
            {
                "document_id": citation.document_id,
                "document": citation.document,
                "start": citation.start,
                "end": citation.end,
                "quote": citation.quote,
            }
            for citation in citations
        ]
        reply = self._asked("POST", "/ibid/citations/check", json={"collection": collection, "citations": cited})
        found = parse(lambda value: [parse(read_cited_state, item) for item in value["citations"]], json_of(reply))
        if len(found) != len(cited):
            raise ClientError(FailureKind.BROKEN)
        return tuple(found)

    def ask(self, collection: str, turns: Sequence[Turn], keep_in: str = "") -> Iterator[Event]:
        """Streams the answer to the last of `turns`. Closing the iterator hangs up.

        Args:
            collection: to answer from.
            turns: the conversation, the oldest turn first.
            keep_in: the conversation in which the server is to keep the answer; "" for it to keep nothing.
        """
        body: dict[str, Any] = {
            "model": f"ibid/{collection}",
            "stream": True,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
        }
        if keep_in:
            body |= {"store": True, "ibid": {"conversation": keep_in}}
        try:
            with self._http.stream("POST", "/v1/chat/completions", json=body, timeout=_ANSWER_TIMEOUT) as reply:
                if reply.is_error:
                    reply.read()
                    raise failure_of_status(reply.status_code, json_of(reply))
                yield from events_of(reply.iter_bytes())
        except httpx.HTTPError as error:
            raise failure_of_transport(error) from error

    def kept_conversation(self, name: str) -> tuple[KeptAnswer, ...]:
        """The answers of a conversation that the server kept, the oldest first."""
        reply = json_of(self._asked("GET", f"/ibid/history/{quoted(name)}"))
        return parse(lambda value: tuple(parse(read_kept_answer, item) for item in value["answers"]), reply)

    def keep_answer(self, conversation: str, asked: str, sealed: Mapping[str, Any]) -> int:
        """Has the server keep an answer after all, as it told it, in a conversation; returns its number there."""
        path = f"/ibid/history/{quoted(conversation)}"
        reply = self._asked("POST", path, json={"asked": asked, "answer": dict(sealed)})
        return parse(lambda value: int(value["number"]), json_of(reply))

    def judge_answer(self, conversation: str, number: int, verdict: str, reason: str = "") -> None:
        """Tells the server what the visitor thinks of a kept answer: "up", "down", or "back" to take that back."""
        path = f"/ibid/history/{quoted(conversation)}/{number}/feedback"
        if verdict == "back":
            self._asked("DELETE", path)
        else:
            self._asked("PUT", path, json={"verdict": verdict, "reason": reason})

    def about(self, collection: str) -> CheckRequests:
        """What the page Check asks about a collection."""
        return CheckRequests(self._asked, collection)

    def forget_conversation(self, name: str) -> None:
        """Has the server forget a conversation for good."""
        self._asked("DELETE", f"/ibid/history/{quoted(name)}")
