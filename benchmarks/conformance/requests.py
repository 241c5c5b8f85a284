"""One good request for every operation, made on a running server, and values that need things to be there."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.conformance.description import Json
from kb.home.files import file_id_of
from kb.records import document_id_of
from tests.serving.library import HANDBOOK

QUESTION = "How much does a late report lose?"
MESSAGES = [{"role": "user", "content": QUESTION}]
HANDBOOK_FILE = file_id_of(document_id_of(HANDBOOK.encode()))  # is in the collection from the beginning
STORE = "default"
_NUMBERS = itertools.count(1)  # no two uploads are of the same bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to an operation."""

    path: str
    query: Json = field(default_factory=dict)
    body: Json | None = None
    files: dict[str, tuple[str, bytes]] | None = None  # sent as a form, with the body's fields beside them

    def having(self, name: str, value: Any, place: str) -> Request:
        """The same with one parameter more."""
        if place == "query":
            return Request(self.path, {**self.query, name: value}, self.body, self.files)
        return Request(self.path, self.query, {**(self.body or {}), name: value}, self.files)


class UnpreparedError(Exception):
    """What an operation is about could not be made, because the operation that makes it is not offered."""


class Maker:
    """Makes what the operations are about, through the server itself."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def _made(self, path: str, body: Json | None = None, **form: Any) -> Json:
        response = self._client.post(f"/v1{path}", json=body, **form)
        if response.status_code != 200:
            raise UnpreparedError(f"POST {path}: {response.status_code}")
        made: Json = response.json()
        return made

    def file(self) -> str:
        """An uploaded file's id."""
        content = f"Note {next(_NUMBERS)}\n\nThe office is open on Mondays.".encode()
        form = {"files": {"file": ("note.txt", content)}, "data": {"purpose": "assistants"}}
        return str(self._made("/files", **form)["id"])

    def completion(self) -> str:
        """A stored completion's id."""
        body = {"model": "ibid", "messages": MESSAGES, "store": True, "metadata": {"key": "text"}}
        return str(self._made("/chat/completions", body)["id"])

    def response(self, **more: Any) -> str:
        """A stored response's id."""
        return str(self._made("/responses", {"model": "ibid", "input": QUESTION, **more})["id"])

    def upload(self, size: int = 4) -> str:
        """A begun upload's id."""
        body = {"filename": "part.txt", "purpose": "assistants", "bytes": size, "mime_type": "text/plain"}
        return str(self._made("/uploads", body)["id"])

    def part(self, upload: str) -> str:
        """A part's id."""
        return str(self._made(f"/uploads/{upload}/parts", files={"data": ("part", b"text")})["id"])

    def store(self) -> str:
        """A new vector store's id."""
        return str(self._made("/vector_stores", {"name": f"store-{next(_NUMBERS)}"})["id"])

    def store_file(self, store: str) -> str:
        """The id of a file on its way into a store."""
        return str(self._made(f"/vector_stores/{store}/files", {"file_id": self.file()})["id"])

    def batch(self, store: str) -> str:
        """The id of a batch of two files on their way into a store."""
        body = {"file_ids": [self.file(), self.file()]}
        return str(self._made(f"/vector_stores/{store}/file_batches", body)["id"])

    def batch_file(self) -> str:
        """The id of an uploaded file of requests, the input of a batch."""
        line = {
            "custom_id": f"request-{next(_NUMBERS)}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "ibid", "messages": MESSAGES},
        }
        form = {"files": {"file": ("requests.jsonl", json.dumps(line).encode())}, "data": {"purpose": "batch"}}
        return str(self._made("/files", **form)["id"])

    def requests_batch(self) -> str:
        """The id of a batch of requests."""
        return str(self._made("/batches", _batch(self))["id"])

    def key(self) -> str:
        """A key's id."""
        return str(self._made("/organization/admin_api_keys", {"name": "reader"})["id"])

    def conversation(self) -> str:
        """A conversation's id."""
        return str(self._made("/conversations", {"metadata": {"key": "text"}})["id"])

    def item(self, conversation: str) -> str:
        """The id of an item in a conversation."""
        body = {"items": [{"type": "message", "role": "user", "content": QUESTION}]}
        return str(self._made(f"/conversations/{conversation}/items", body)["data"][0]["id"])


def _finished_upload(maker: Maker) -> Request:
    upload = maker.upload()
    return Request(f"/uploads/{upload}/complete", body={"part_ids": [maker.part(upload)]})


def _on_batch(maker: Maker, ending: str = "") -> Request:
    store = maker.store()
    return Request(f"/vector_stores/{store}/file_batches/{maker.batch(store)}{ending}")


def _on_store_file(maker: Maker) -> Request:
    store = maker.store()
    return Request(f"/vector_stores/{store}/files/{maker.store_file(store)}")


def _batch(maker: Maker) -> Json:
    return {
        "input_file_id": maker.batch_file(),
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }


def _items(maker: Maker) -> Request:
    conversation = maker.conversation()
    maker.item(conversation)
    return Request(f"/conversations/{conversation}/items")


def _on_item(maker: Maker) -> Request:
    conversation = maker.conversation()
    return Request(f"/conversations/{conversation}/items/{maker.item(conversation)}")


# Operation to what makes its request. Every call makes things anew: many operations use up what they are about.
GOOD_REQUESTS: dict[str, Callable[[Maker], Request]] = {
    "GET /models": lambda _: Request("/models"),
    "GET /models/{model}": lambda _: Request("/models/ibid"),
    "DELETE /models/{model}": lambda maker: Request(f"/models/ibid/{maker.store()}"),
    "GET /chat/completions": lambda maker: Request("/chat/completions", {"limit": len([maker.completion()])}),
    "POST /chat/completions": lambda _: Request("/chat/completions", body={"model": "ibid", "messages": MESSAGES}),
    "GET /chat/completions/{completion_id}": lambda maker: Request(f"/chat/completions/{maker.completion()}"),
    "POST /chat/completions/{completion_id}": lambda maker: Request(
        f"/chat/completions/{maker.completion()}", body={"metadata": {"key": "text"}}
    ),
    "DELETE /chat/completions/{completion_id}": lambda maker: Request(f"/chat/completions/{maker.completion()}"),
    "GET /chat/completions/{completion_id}/messages": lambda maker: Request(
        f"/chat/completions/{maker.completion()}/messages"
    ),
    "POST /completions": lambda _: Request("/completions", body={"model": "ibid", "prompt": QUESTION}),
    "POST /responses": lambda _: Request("/responses", body={"model": "ibid", "input": QUESTION}),
    "GET /responses/{response_id}": lambda maker: Request(f"/responses/{maker.response()}"),
    "DELETE /responses/{response_id}": lambda maker: Request(f"/responses/{maker.response()}"),
    "POST /responses/{response_id}/cancel": lambda maker: Request(
        f"/responses/{maker.response(background=True)}/cancel"
    ),
    "GET /responses/{response_id}/input_items": lambda maker: Request(f"/responses/{maker.response()}/input_items"),
    "POST /responses/input_tokens": lambda _: Request(
        "/responses/input_tokens", body={"model": "ibid", "input": QUESTION}
    ),
    "POST /responses/compact": lambda _: Request("/responses/compact", body={"model": "ibid", "input": QUESTION}),
    "POST /conversations": lambda _: Request("/conversations", body={"metadata": {"key": "text"}}),
    "GET /conversations/{conversation_id}": lambda maker: Request(f"/conversations/{maker.conversation()}"),
    "POST /conversations/{conversation_id}": lambda maker: Request(
        f"/conversations/{maker.conversation()}", body={"metadata": {"key": "text"}}
    ),
    "DELETE /conversations/{conversation_id}": lambda maker: Request(f"/conversations/{maker.conversation()}"),
    "POST /conversations/{conversation_id}/items": lambda maker: Request(
        f"/conversations/{maker.conversation()}/items",
        body={"items": [{"type": "message", "role": "user", "content": QUESTION}]},
    ),
    "GET /conversations/{conversation_id}/items": _items,
    "GET /conversations/{conversation_id}/items/{item_id}": _on_item,
    "DELETE /conversations/{conversation_id}/items/{item_id}": _on_item,
    "POST /embeddings": lambda _: Request("/embeddings", body={"model": "ibid", "input": QUESTION}),
    "GET /files": lambda maker: Request("/files", {"limit": len([maker.file()])}),
    "POST /files": lambda _: Request(
        "/files", body={"purpose": "assistants"}, files={"file": ("note.txt", f"Note {next(_NUMBERS)}".encode())}
    ),
    "GET /files/{file_id}": lambda maker: Request(f"/files/{maker.file()}"),
    "DELETE /files/{file_id}": lambda maker: Request(f"/files/{maker.file()}"),
    "GET /files/{file_id}/content": lambda maker: Request(f"/files/{maker.file()}/content"),
    "POST /uploads": lambda _: Request(
        "/uploads", body={"filename": "a.txt", "purpose": "assistants", "bytes": 4, "mime_type": "text/plain"}
    ),
    "POST /uploads/{upload_id}/parts": lambda maker: Request(
        f"/uploads/{maker.upload()}/parts", files={"data": ("part", b"text")}
    ),
    "POST /uploads/{upload_id}/complete": _finished_upload,
    "POST /uploads/{upload_id}/cancel": lambda maker: Request(f"/uploads/{maker.upload()}/cancel"),
    "GET /vector_stores": lambda maker: Request("/vector_stores", {"limit": len([maker.store()])}),
    "POST /vector_stores": lambda _: Request("/vector_stores", body={"name": f"store-{next(_NUMBERS)}"}),
    "GET /vector_stores/{vector_store_id}": lambda _: Request(f"/vector_stores/{STORE}"),
    "POST /vector_stores/{vector_store_id}": lambda maker: Request(f"/vector_stores/{maker.store()}", body={}),
    "DELETE /vector_stores/{vector_store_id}": lambda maker: Request(f"/vector_stores/{maker.store()}"),
    "GET /vector_stores/{vector_store_id}/files": lambda _: Request(f"/vector_stores/{STORE}/files"),
    "POST /vector_stores/{vector_store_id}/files": lambda maker: Request(
        f"/vector_stores/{maker.store()}/files", body={"file_id": maker.file()}
    ),
    "GET /vector_stores/{vector_store_id}/files/{file_id}": _on_store_file,
    "POST /vector_stores/{vector_store_id}/files/{file_id}": lambda _: Request(
        f"/vector_stores/{STORE}/files/{HANDBOOK_FILE}", body={"attributes": {"year": 2026, "final": True}}
    ),
    "DELETE /vector_stores/{vector_store_id}/files/{file_id}": _on_store_file,
    "GET /vector_stores/{vector_store_id}/files/{file_id}/content": lambda _: Request(
        f"/vector_stores/{STORE}/files/{HANDBOOK_FILE}/content"
    ),
    "POST /vector_stores/{vector_store_id}/search": lambda _: Request(
        f"/vector_stores/{STORE}/search", body={"query": QUESTION}
    ),
    "POST /vector_stores/{vector_store_id}/file_batches": lambda maker: Request(
        f"/vector_stores/{maker.store()}/file_batches", body={"file_ids": [maker.file()]}
    ),
    "GET /vector_stores/{vector_store_id}/file_batches/{batch_id}": _on_batch,
    "POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel": lambda maker: _on_batch(maker, "/cancel"),
    "GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files": lambda maker: _on_batch(maker, "/files"),
    "GET /batches": lambda maker: Request("/batches", {"limit": len([maker.requests_batch()])}),
    "POST /batches": lambda maker: Request("/batches", body=_batch(maker)),
    "GET /batches/{batch_id}": lambda maker: Request(f"/batches/{maker.requests_batch()}"),
    "GET /organization/admin_api_keys": lambda maker: Request(
        "/organization/admin_api_keys", {"limit": len([maker.key()])}
    ),
    "POST /organization/admin_api_keys": lambda _: Request("/organization/admin_api_keys", body={"name": "reader"}),
    "GET /organization/admin_api_keys/{key_id}": lambda maker: Request(f"/organization/admin_api_keys/{maker.key()}"),
    "DELETE /organization/admin_api_keys/{key_id}": lambda maker: Request(
        f"/organization/admin_api_keys/{maker.key()}"
    ),
    "POST /batches/{batch_id}/cancel": lambda maker: Request(f"/batches/{maker.requests_batch()}/cancel"),
}
