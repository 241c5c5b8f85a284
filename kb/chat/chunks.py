"""What a chunk of a streamed reply says, as servers write it that speak OpenAI's chat API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from kb.records import TokenCount

Json = Mapping[str, Any]


class ErrorEventError(Exception):
    """The server says in the middle of a stream that it failed."""


class Chunk(NamedTuple):
    """One event of a reply."""

    text: str = ""
    finish: str = ""  # why the model stopped, with the last words
    calls: tuple[Json, ...] = ()  # pieces of calls of tools
    tokens: TokenCount | None = None  # that the whole reply took


def read_chunk(data: bytes) -> Chunk:
    """The chunk that an event's data holds.

    Raises:
        ErrorEventError: it is an error of the server's.
        ValueError: it is no JSON, or not of this shape.
    """
    told = json.loads(data)
    if not isinstance(told, dict):
        raise ValueError(f"an event holds no object: {data[:100]!r}")
    if told.get("error"):
        raise ErrorEventError(error_message(told))
    try:
        usage, choices = told.get("usage"), told.get("choices")
        tokens = TokenCount(int(usage["prompt_tokens"]), int(usage["completion_tokens"])) if usage else None
        if not choices:
            return Chunk(tokens=tokens)
        choice = choices[0]
        delta = choice.get("delta") or {}
        calls = tuple(delta.get("tool_calls") or ())
        return Chunk(_text_of(delta.get("content")), str(choice.get("finish_reason") or ""), calls, tokens)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"an event has another shape than OpenAI's: {data[:100]!r}") from error


def error_message(told: object) -> str:
    """What a server's error says, in whichever of the usual shapes; "" where it says nothing."""
    error = told.get("error", told) if isinstance(told, dict) else told
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or "")


def _text_of(content: object) -> str:
    """A delta's text; some servers write it as parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content)
    return str(content or "")
