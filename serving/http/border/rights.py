"""Which right every route needs. The guard reads it before anything of a request's body; a test holds it to the routes.

A route that has no line here lets whoever comes with a key see nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from starlette.routing import compile_path

from kb.home.keys import Right


class Needs(NamedTuple):
    """What a request must have to be let in."""

    rights: frozenset[Right] | None  # one of them is enough; None: not even a key is needed
    whole: bool = False  # only a key for every collection will do: it concerns them all
    answers: bool = False  # it takes one of the places for answers
    change: str = ""  # what the audit log calls it, where it changes what is stored


OPEN = Needs(None)
ANY = Needs(frozenset(Right))
ASK, READ = Needs(frozenset({Right.ASK})), Needs(frozenset({Right.READ}))
ANSWER = ASK._replace(answers=True)
ASK_OR_READ = Needs(frozenset({Right.ASK, Right.READ}))
WHOLE = Needs(frozenset({Right.READ}), whole=True)
LOOK_AFTER = Needs(frozenset({Right.ADMIN}), whole=True)  # the keys themselves, which record their own changes
STAGED = Needs(frozenset({Right.WRITE}))  # changes nothing before another request completes it


def _write(change: str) -> Needs:
    return Needs(frozenset({Right.WRITE}), change=change)


ROUTES: dict[tuple[str, str], Needs] = {
    ("GET", "/health"): OPEN,
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/docs"): OPEN,
    ("GET", "/docs/oauth2-redirect"): OPEN,
    ("GET", "/redoc"): OPEN,
    ("GET", "/metrics"): WHOLE,
    # Asking
    ("POST", "/v1/chat/completions"): ANSWER,
    ("GET", "/v1/chat/completions"): ASK,
    ("GET", "/v1/chat/completions/{completion_id}"): ASK,
    ("POST", "/v1/chat/completions/{completion_id}"): ASK,
    ("DELETE", "/v1/chat/completions/{completion_id}"): ASK,
    ("GET", "/v1/chat/completions/{completion_id}/messages"): ASK,
    ("POST", "/v1/completions"): ANSWER,
    ("POST", "/v1/embeddings"): ASK,
    ("POST", "/v1/responses"): ANSWER,
    ("POST", "/v1/responses/input_tokens"): ASK,
    ("GET", "/v1/responses/{response_id}"): ASK,
    ("GET", "/v1/responses/{response_id}/input_items"): ASK,
    ("POST", "/v1/responses/{response_id}/cancel"): ASK,
    ("DELETE", "/v1/responses/{response_id}"): ASK,
    ("POST", "/v1/conversations"): ASK,
    ("GET", "/v1/conversations/{conversation_id}"): ASK,
    ("POST", "/v1/conversations/{conversation_id}"): ASK,
    ("DELETE", "/v1/conversations/{conversation_id}"): ASK,
    ("GET", "/v1/conversations/{conversation_id}/items"): ASK,
    ("POST", "/v1/conversations/{conversation_id}/items"): ASK,
    ("GET", "/v1/conversations/{conversation_id}/items/{item_id}"): ASK,
    ("DELETE", "/v1/conversations/{conversation_id}/items/{item_id}"): ASK,
    ("POST", "/v1/batches"): ASK,
    ("GET", "/v1/batches"): ASK,
    ("GET", "/v1/batches/{batch_id}"): ASK,
    ("POST", "/v1/batches/{batch_id}/cancel"): ASK,
    ("GET", "/ibid/history/{conversation}"): ASK,
    ("DELETE", "/ibid/history/{conversation}"): ASK,
    ("POST", "/ibid/history/{conversation}"): ASK,
    ("PUT", "/ibid/history/{conversation}/{number}/feedback"): ASK,
    ("DELETE", "/ibid/history/{conversation}/{number}/feedback"): ASK,
    # Tools for agents, each of which needs its own right (serving/mcp/server.py)
    **{(method, "/mcp"): ASK_OR_READ for method in ("GET", "POST", "DELETE")},
    # Looking after the server
    ("GET", "/v1/organization/admin_api_keys"): LOOK_AFTER,
    ("POST", "/v1/organization/admin_api_keys"): LOOK_AFTER,
    ("GET", "/v1/organization/admin_api_keys/{key_id}"): LOOK_AFTER,
    ("DELETE", "/v1/organization/admin_api_keys/{key_id}"): LOOK_AFTER,
    ("GET", "/ibid/audit"): LOOK_AFTER,
    ("GET", "/ibid/audit/check"): LOOK_AFTER,
    ("GET", "/ibid/storage"): WHOLE,
    # Reading
    ("GET", "/v1/models"): ANY,
    ("GET", "/v1/models/{model:path}"): ANY,
    ("GET", "/documents/{document_id}"): READ,
    ("GET", "/documents/{document_id}/pages/{page}.png"): READ,
    ("GET", "/documents/{document_id}/file"): READ,
    ("GET", "/documents/{document_id}/passages"): READ,
    ("POST", "/ibid/citations/check"): READ,
    ("GET", "/ibid/collections/{store_id}/export"): READ,
    ("GET", "/ibid/collections/{store_id}/removal"): READ,
    ("GET", "/ibid/collections/{store_id}/documents"): READ,
    ("GET", "/ibid/collections/{store_id}/filters"): READ,
    ("POST", "/ibid/collections/{store_id}/held"): READ,
    ("GET", "/ibid/collections/{store_id}/feedback"): READ,
    ("GET", "/ibid/collections/{store_id}/questions"): READ,
    ("GET", "/ibid/collections/{store_id}/evaluations"): READ,
    ("GET", "/ibid/collections/{store_id}/evaluations/{evaluation_id}"): READ,
    ("GET", "/ibid/collections/{store_id}/runs"): READ,
    ("GET", "/ibid/collections/{store_id}/runs/{run_id}"): READ,
    ("GET", "/ibid/collections/{store_id}/runs/{run_id}/figures"): READ,
    ("GET", "/v1/files"): READ,
    ("GET", "/v1/files/{file_id}"): READ,
    ("GET", "/v1/files/{file_id}/content"): READ,
    ("GET", "/v1/vector_stores"): READ,
    ("GET", "/v1/vector_stores/{store_id}"): READ,
    ("POST", "/v1/vector_stores/{store_id}/search"): READ,
    ("GET", "/v1/vector_stores/{store_id}/files"): READ,
    ("GET", "/v1/vector_stores/{store_id}/files/{file_id}"): READ,
    ("GET", "/v1/vector_stores/{store_id}/files/{file_id}/content"): READ,
    ("GET", "/v1/vector_stores/{store_id}/file_batches/{batch_id}"): READ,
    ("GET", "/v1/vector_stores/{store_id}/file_batches/{batch_id}/files"): READ,
    # Writing
    ("POST", "/v1/files"): _write("file.added"),
    ("DELETE", "/v1/files/{file_id}"): _write("file.deleted"),
    ("POST", "/v1/uploads"): STAGED,
    ("POST", "/v1/uploads/{upload_id}/parts"): STAGED,
    ("POST", "/v1/uploads/{upload_id}/complete"): _write("upload.completed"),
    ("POST", "/v1/uploads/{upload_id}/cancel"): STAGED,
    ("POST", "/v1/vector_stores"): _write("collection.created"),
    ("POST", "/ibid/collections/import"): _write("collection.imported")._replace(whole=True),
    ("POST", "/v1/vector_stores/{store_id}"): _write("collection.changed"),
    ("POST", "/ibid/collections/{store_id}/description"): _write("collection.changed"),
    ("PUT", "/ibid/collections/{store_id}/questions"): _write("questions.changed"),
    ("POST", "/ibid/collections/{store_id}/questions"): _write("questions.changed"),
    ("POST", "/ibid/collections/{store_id}/evaluations"): _write("evaluation.queued"),
    ("POST", "/ibid/collections/{store_id}/evaluations/{evaluation_id}/cancel"): _write("evaluation.cancelled"),
    ("DELETE", "/ibid/collections/{store_id}/runs/{run_id}"): _write("run.deleted"),
    ("DELETE", "/v1/vector_stores/{store_id}"): _write("collection.deleted"),
    ("POST", "/v1/vector_stores/{store_id}/files"): _write("document.queued"),
    ("POST", "/v1/vector_stores/{store_id}/file_batches"): _write("document.queued"),
    ("POST", "/v1/vector_stores/{store_id}/file_batches/{batch_id}/cancel"): _write("document.cancelled"),
    ("POST", "/v1/vector_stores/{store_id}/files/{file_id}"): _write("document.described"),
    ("DELETE", "/v1/vector_stores/{store_id}/files/{file_id}"): _write("document.deleted"),
}


class Listed(NamedTuple):
    """The line that a request falls under."""

    method: str
    path: str  # with its parameters' names in it
    needs: Needs
    parameters: Mapping[str, str] = {}  # of the request's own path


def line_of(method: str, path: str) -> Listed | None:
    """The line of this request; None where no route takes it."""
    for pattern, listed in _patterns().get("GET" if method == "HEAD" else method, ()):
        match = pattern.match(path)
        if match is not None:
            return listed._replace(parameters=match.groupdict())
    return None


@cache
def _patterns() -> dict[str, Sequence[tuple[re.Pattern[str], Listed]]]:
    patterns: dict[str, list[tuple[re.Pattern[str], Listed]]] = {}
    for (method, path), needs in ROUTES.items():
        patterns.setdefault(method, []).append((compile_path(path)[0], Listed(method, path, needs)))
    return patterns  # type: ignore[return-value]  # lists are sequences
