"""Values that no schema can tell: ids of things that are there, and the choices that matter to a caller."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from benchmarks.conformance.description import Json
from benchmarks.conformance.requests import QUESTION, STORE, Maker

_NUMBERS = itertools.count(1)  # no two stores are called the same
_SCHEMA = {
    "type": "object",
    "properties": {"fee": {"type": "string"}},
    "required": ["fee"],
    "additionalProperties": False,
}
_FUNCTION = {"name": "look_up", "parameters": {"type": "object", "properties": {}}}
_IMAGE = "data:image/png;base64,iVBORw0KGgo="


def particular_values(operation: str, parameter: str, maker: Maker) -> list[Any] | None:
    """What to try for a parameter instead of what its schema says, None where the schema says enough."""
    by_operation = _BY_OPERATION.get((operation, parameter))
    if by_operation is not None:
        return by_operation
    by_name = _BY_NAME.get(parameter)
    return by_name(maker) if by_name is not None else None


def _compared(kind: str, value: Any) -> Json:
    return {"type": kind, "key": "year", "value": value}


_FILTERS: list[Json] = [
    *(_compared(kind, 2026) for kind in ("eq", "ne", "gt", "gte", "lt", "lte")),
    *(_compared(kind, [2025, 2026]) for kind in ("in", "nin")),
    {"type": "and", "filters": [_compared("gte", 2025), {"type": "or", "filters": [_compared("eq", 2026)]}]},
    {"type": "or", "filters": [_compared("eq", "true"), _compared("eq", "text")]},
]
_BY_NAME: dict[str, Callable[[Maker], list[Any]]] = {
    "model": lambda _: ["ibid"],
    "file_ids": lambda maker: [[maker.file()]],
    "files": lambda maker: [[{"file_id": maker.file(), "attributes": {"key": "text"}}]],
    "file_id": lambda maker: [maker.file()],
    "previous_response_id": lambda maker: [maker.response()],
    "name": lambda _: [f"Lecture notes {next(_NUMBERS)}", f"讲义 {next(_NUMBERS)}"],
    "input_file_id": lambda maker: [maker.batch_file()],
    "conversation": lambda maker: [maker.conversation()],
    "md5": lambda _: [hashlib.md5(b"text", usedforsecurity=False).hexdigest()],  # of what the part of an upload holds
    "chunking_strategy": lambda _: [
        {"type": "auto"},
        *(
            {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": overlap}}
            for overlap in (0, 50)
        ),
    ],
    "n": lambda _: [1, 2],
    "best_of": lambda _: [1, 2],
    "seed": lambda _: [7],
    "filters": lambda _: _FILTERS,
}
_TEXTS: list[Any] = ["text", ["text", "文字"], [1, 2], [[1, 2], [3]]]
# What must stand beside a parameter for it to mean anything; null takes the place of what a good request has.
BESIDE: dict[tuple[str, str], Json] = {
    ("POST /responses", "tool_choice"): {"tools": [{"type": "file_search", "vector_store_ids": [STORE]}]},
    ("POST /vector_stores/{vector_store_id}/file_batches", "files"): {"file_ids": None},
}
# What is passed on to a chat model, or read as a conversation: all forms that the official clients send.
_BY_OPERATION: dict[tuple[str, str], list[Any]] = {
    ("POST /embeddings", "input"): _TEXTS,
    ("POST /embeddings", "dimensions"): [64, 32],  # all of the embedder's, and fewer
    ("POST /completions", "prompt"): _TEXTS,
    ("POST /completions", "logprobs"): [1],
    ("POST /chat/completions", "top_logprobs"): [2],
    ("POST /chat/completions", "messages"): [
        [{"role": "user", "content": QUESTION}],
        [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}],
        [{"role": "developer", "content": "Answer briefly."}, {"role": "user", "content": QUESTION}],
        [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": QUESTION}],
        [
            {"role": "user", "content": "When does the library close?"},
            {"role": "assistant", "content": "At 22:00."},
            {"role": "user", "content": QUESTION},
        ],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": _IMAGE}}]}],
    ],
    ("POST /chat/completions", "response_format"): [
        {"type": "text"},
        {"type": "json_schema", "json_schema": {"name": "fee", "schema": _SCHEMA, "strict": True}},
        {"type": "json_object"},
    ],
    ("POST /chat/completions", "tools"): [
        [{"type": "function", "function": _FUNCTION}],
        [{"type": "custom", "custom": {"name": "look_up"}}],
    ],
    ("POST /chat/completions", "functions"): [[_FUNCTION]],
    ("POST /responses", "top_logprobs"): [2],
    ("POST /responses", "input"): [
        QUESTION,
        [{"role": "user", "content": QUESTION}],
        [{"role": "user", "content": [{"type": "input_text", "text": QUESTION}]}],
        [{"role": "developer", "content": "Answer briefly."}, {"role": "user", "content": QUESTION}],
        [{"role": "user", "content": [{"type": "input_image", "image_url": _IMAGE, "detail": "auto"}]}],
    ],
    ("POST /responses", "tools"): [
        [{"type": "file_search", "vector_store_ids": [STORE]}],
        [{"type": "file_search", "vector_store_ids": [STORE], "max_num_results": 3}],
        [{"type": "file_search", "vector_store_ids": [STORE], "filters": _FILTERS[0]}],
        [{"type": "file_search", "vector_store_ids": [STORE], "ranking_options": {"ranker": "auto"}}],
        [{"type": "file_search", "vector_store_ids": [STORE], "ranking_options": {"score_threshold": 0.1}}],
        [{"type": "function", "strict": True, **_FUNCTION}],
        [{"type": "web_search"}],
        [{"type": "code_interpreter", "container": {"type": "auto"}}],
        [{"type": "mcp", "server_label": "other", "server_url": "http://127.0.0.1:9/mcp"}],
    ],
    ("POST /responses", "text"): [
        {"format": {"type": "text"}},
        {"format": {"type": "json_schema", "name": "fee", "schema": _SCHEMA, "strict": True}},
        {"format": {"type": "json_object"}},
        {"verbosity": "low"},
    ],
    ("POST /vector_stores/{vector_store_id}/search", "ranking_options"): [
        {"ranker": "auto"},
        {"ranker": "none"},
        {"score_threshold": 0.1},
    ],
}
