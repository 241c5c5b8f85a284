"""The input file of a batch: one request a line, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from kb.home.batches import LineError

ENDPOINTS = ("/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings")

_MOST_LINES = 50_000  # OpenAI's own limit
_MOST_ERRORS = 20  # told of one file: whoever made it wrong made each line wrong in the same way


class Line(NamedTuple):
    """One request."""

    number: int  # of the line, from 1
    custom_id: str
    body: Mapping[str, Any]


def read_lines(content: bytes, endpoint: str) -> tuple[list[Line], list[LineError]]:
    """The requests of a batch's file, or what is wrong with it; empty lines are skipped."""
    try:
        written = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        return [], [LineError("invalid_file", "the file is not UTF-8")]
    lines: list[Line] = []
    errors: list[LineError] = []
    seen: set[str] = set()
    for number, text in enumerate(written, 1):
        if not text.strip() or len(errors) == _MOST_ERRORS:
            continue
        line = _line(number, text, endpoint, seen)
        if isinstance(line, LineError):
            errors.append(line)
        else:
            lines.append(line)
            seen.add(line.custom_id)
    if not lines and not errors:
        errors.append(LineError("empty_file", "the file has no requests"))
    if len(lines) > _MOST_LINES:
        errors.append(LineError("too_many_requests", f"the file has {len(lines)} requests, {_MOST_LINES} are the most"))
    return lines, errors


def _line(number: int, text: str, endpoint: str, seen: set[str]) -> Line | LineError:
    given = _object_in(text)
    if given is None:
        return LineError("invalid_json_line", "the line is not one JSON object", number)
    custom_id, body = given.get("custom_id"), given.get("body")
    if not isinstance(custom_id, str) or not custom_id:
        return LineError("missing_custom_id", "custom_id must be text", number)
    if not isinstance(body, dict):
        return LineError("invalid_body", "body must be a JSON object", number)
    faults = (
        (custom_id in seen, "duplicate_custom_id", f"custom_id {custom_id[:64]!r} is an earlier line's, too"),
        (given.get("method") != "POST", "invalid_method", "method must be POST"),
        (given.get("url") != endpoint, "mismatched_url", f"url must be {endpoint}, the batch's endpoint"),
        (bool(body.get("stream")), "stream_not_supported", "replies in a batch are not streamed: leave stream away"),
    )
    for wrong, code, message in faults:
        if wrong:
            return LineError(code, message, number)
    return Line(number, custom_id, body)


def _object_in(text: str) -> dict[str, Any] | None:
    try:
        given = json.loads(text)
        json.dumps(given, ensure_ascii=False).encode()  # halves of characters could never be answered
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None
