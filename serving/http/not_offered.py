"""What is said of paths that this server does not have: which one does the job instead, or why none does."""

from __future__ import annotations

# The families of OpenAI's API that are not here, by the first part of their paths.
_ADVICE = {
    "assistants": "ask with POST /v1/responses and file_search, which came in the place of assistants",
    "audio": "ibid answers in text only; POST /v1/chat/completions and POST /v1/responses take questions",
    "chat": "POST /v1/chat/completions takes questions",
    "chatkit": "POST /v1/responses takes questions",
    "containers": "ibid runs no programs; POST /v1/files takes documents",
    "edits": "POST /v1/chat/completions takes questions",
    "engines": "GET /v1/models lists the collections that can be asked",
    "evals": "`ibid eval` measures answers, on the terminal",
    "fine_tuning": "ibid trains no models; POST /v1/files and POST /v1/vector_stores give it documents to answer from",
    "fine-tunes": "ibid trains no models; POST /v1/files and POST /v1/vector_stores give it documents to answer from",
    "images": "ibid answers in text only; POST /v1/chat/completions and POST /v1/responses take questions",
    "moderations": "ibid judges sentences by what documents say: the field `ibid` of an answer has the verdicts",
    "organization": "`ibid keys` and `ibid doctor` look after a server, on the terminal",
    "projects": "`ibid keys` and `ibid doctor` look after a server, on the terminal",
    "realtime": "ibid answers in text only; POST /v1/responses with stream=true answers sentence by sentence",
    "search": "POST /v1/vector_stores/{id}/search searches",
    "threads": "ask with POST /v1/responses, where previous_response_id continues a conversation",
    "videos": "ibid answers in text only; POST /v1/chat/completions and POST /v1/responses take questions",
}
_VERSION = "/v1/"


def no_such_path(method: str, path: str) -> str:
    """The sentence for a path that is none."""
    asked = f"there is no {method} {path[:200]}"
    if not path.startswith(_VERSION):
        known = path.lstrip("/").partition("/")[0] in {"chat", "completions", "embeddings", "models", "responses"}
        return f"{asked}; the base URL ends in /v1" if known else f"{asked}; GET /openapi.json lists what there is"
    family = path.removeprefix(_VERSION).partition("/")[0]
    return f"{asked}; {_ADVICE.get(family, 'GET /openapi.json lists what there is')}"


def wrong_method(method: str, path: str, allowed: str) -> str:
    """The sentence for a path that takes other methods."""
    if method == "DELETE" and path.startswith("/v1/models/"):
        return "a model is a collection; DELETE /v1/vector_stores/{id} deletes one with all its documents"
    if path == "/v1/responses/compact":
        return "ibid reads no more of a conversation than its last question needs; there is nothing to compact"
    return f"{path[:200]} takes {allowed}, not {method}"
