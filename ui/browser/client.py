"""A typed client of the HTTP server. Every failure is a `ClientError`, never anything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from kb import Citation, Turn
from ui.browser.failures import ClientError, FailureKind, failure_of_status, failure_of_transport
from ui.browser.finding import Wanted
from ui.browser.replies import (
    CitedState,
    CollectionSummary,
    DocumentView,
    Event,
    KeptAnswer,
    Place,
    StoredFile,
    parse,
    read_cited_state,
    read_collection,
    read_document,
    read_file,
    read_kept_answer,
    read_passage,
)
from ui.browser.streaming import events_of

# Connecting to a server on the same machine or network takes milliseconds; a reply may have to wait for a page to be
# drawn or a file to be written; an answer's first sentence for a large model on a busy machine.
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ANSWER_TIMEOUT = httpx.Timeout(180.0, connect=5.0)

# Visitors leave without a word, so nobody would close what is kept open; connecting anew on one machine costs nothing.
_LIMITS = httpx.Limits(max_keepalive_connections=0)

# The most that the server lists at once, as OpenAI's does.
_PAGE_SIZE = 100


class Client:
    """Asks one server. May be used by several threads.

    Args:
        base_url: where the server listens, without `/v1`.
        transport: replaces the network in tests.
        key: that the server asks for, if it does.
    """

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None, key: str = "") -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # No proxies from the environment: the server is ours and usually on this machine.
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=_TIMEOUT, limits=_LIMITS, transport=transport, trust_env=False
        )

    def collections(self) -> tuple[CollectionSummary, ...]:
        """All collections, the default one first.

        Raises:
            ClientError: as for every method here.
        """
        found = (parse(read_collection, item) for item in self._listed("/v1/vector_stores"))
        return tuple(sorted(found, key=lambda item: (item.name != "default", item.name)))

    def create_collection(self, name: str) -> str:
        """Makes an empty collection; returns the name that the server gave it."""
        made = self._asked("POST", "/v1/vector_stores", json={"name": name})
        return parse(lambda value: str(value["id"]), _json(made))

    def files(self, collection: str) -> tuple[StoredFile, ...]:
        """The documents of a collection and the files on their way in."""
        return tuple(parse(read_file, item) for item in self._listed(f"{_store(collection)}/files"))

    def add_file(self, collection: str, name: str, content: bytes) -> str:
        """Uploads a file and queues it for a collection; returns its id."""
        stored = self._asked("POST", "/v1/files", files={"file": (name, content)}, data={"purpose": "assistants"})
        file_id = parse(lambda value: str(value["id"]), _json(stored))
        self._asked("POST", f"{_store(collection)}/files", json={"file_id": file_id})
        return file_id

    def delete_file(self, collection: str, file_id: str) -> None:
        """Deletes a document from a collection; from then on no search finds it."""
        self._asked("DELETE", f"{_store(collection)}/files/{quote(file_id, safe='')}")

    def document(self, collection: str, document_id: str, span: tuple[int, int] | None = None) -> DocumentView:
        """A document's outline, with the text around `span` where given."""
        place: dict[str, str | int] = {"collection": collection}
        if span is not None:
            place |= {"start": span[0], "end": span[1]}
        reply = self._asked("GET", f"/documents/{quote(document_id, safe='')}", params=place)
        return parse(read_document, _json(reply))

    def page_picture(self, collection: str, place: Place, width: int) -> bytes:
        """The PNG of the place's page, `width` pixels wide, with its span highlighted."""
        parameters = {"collection": collection, "highlight": f"{place.start}-{place.end}", "width": str(width)}
        path = f"/documents/{quote(place.document_id, safe='')}/pages/{place.page}.png"
        return self._asked("GET", path, expected="image/png", params=parameters).content

    def search(self, wanted: Wanted, most: int) -> tuple[Place, ...]:
        """The passages that fit best, at most `most` of them (50 is the server's limit)."""
        body: dict[str, Any] = {"query": wanted.words, "max_num_results": most}
        filters = wanted.filters()
        reply = self._asked(
            "POST", f"{_store(wanted.collection)}/search", json=body | ({"filters": filters} if filters else {})
        )
        return parse(lambda value: tuple(parse(read_passage, item["ibid"]) for item in value["data"]), _json(reply))

    def original(self, collection: str, document_id: str) -> bytes:
        """The file as it was taken in."""
        path = f"/documents/{quote(document_id, safe='')}/file"
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
        found = parse(lambda value: [parse(read_cited_state, item) for item in value["citations"]], _json(reply))
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
                    raise failure_of_status(reply.status_code, _json(reply))
                yield from events_of(reply.iter_bytes())
        except httpx.HTTPError as error:
            raise failure_of_transport(error) from error

    def kept_conversation(self, name: str) -> tuple[KeptAnswer, ...]:
        """The answers of a conversation that the server kept, the oldest first."""
        reply = _json(self._asked("GET", f"/ibid/history/{quote(name, safe='')}"))
        return parse(lambda value: tuple(parse(read_kept_answer, item) for item in value["answers"]), reply)

    def forget_conversation(self, name: str) -> None:
        """Has the server forget a conversation for good."""
        self._asked("DELETE", f"/ibid/history/{quote(name, safe='')}")

    def _asked(self, method: str, path: str, expected: str = "application/json", **request: Any) -> httpx.Response:
        try:
            reply = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise failure_of_transport(error) from error
        if reply.is_error:
            raise failure_of_status(reply.status_code, _json(reply))
        if not reply.headers.get("content-type", "").startswith(expected):
            raise ClientError(FailureKind.BROKEN)  # somebody else listens there
        return reply

    def _listed(self, path: str) -> list[Any]:
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = _json(self._asked("GET", path, params={"limit": str(_PAGE_SIZE), **after}))
            if not isinstance(page, dict) or not isinstance(page.get("data"), list):
                raise ClientError(FailureKind.BROKEN)
            found += page["data"]
            last = page.get("last_id")
            if not page.get("has_more") or not isinstance(last, str) or after.get("after") == last:
                return found
            after = {"after": last}


def _store(collection: str) -> str:
    return f"/v1/vector_stores/{quote(collection, safe='')}"


def _json(reply: httpx.Response) -> object:
    try:
        return reply.json()
    except ValueError:
        return None
