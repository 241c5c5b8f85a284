"""The server's log: one line for each request, on stderr. No question, text, key or file name is ever in it.

What fails unexpectedly is told by its kind and the places in the program, never by its message, which may be anybody's.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from starlette.types import Scope

from kb.errors import SettingsError
from serving.http.operating.observing.notes import RequestNotes, known_method

_REQUESTS = "ibid.requests"
# Loggers whose warnings go the same way: our own, by their modules or as "ibid", and those of what serves us.
_OTHERS = ("ibid", "kb", "retriever", "serving", "uvicorn", "mcp", "opentelemetry")
_COLLECTION = re.compile(r"(?<=[/\\]collections[/\\])[\w.-]+")  # a folder's name, which people choose


def configure_log(kind: str, to: TextIO) -> None:
    """Sends what this process logs to a stream, as the setting `serve.log` says: "json", "text" or "off".

    Raises:
        SettingsError: it says something else.
    """
    if kind not in ("json", "text", "off"):
        raise SettingsError(f"setting serve.log is {kind!r}", 'it must be "json", "text" or "off"')
    handler = logging.StreamHandler(to)
    handler.setFormatter(_JsonFormatter() if kind == "json" else _TextFormatter())
    for name in _OTHERS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING)
    logging.getLogger(_REQUESTS).setLevel(logging.WARNING if kind == "off" else logging.INFO)


class RequestLog:
    """Writes what happens to requests. Where `configure_log` was not called, nothing is shown but failures."""

    def __init__(self) -> None:
        self._logger = logging.getLogger(_REQUESTS)

    def request(self, scope: Scope, notes: RequestNotes, route: str, status: int, seconds: float) -> None:
        """One line for a request that is over. `route` is the template, never the path as sent."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        access = scope.get("state", {}).get("access")
        told: dict[str, Any] = {
            "request_id": notes.id,
            "method": known_method(scope["method"]),
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        stages = {stage: round(1000 * spent, 1) for stage, spent in notes.stages.seconds().items()}
        told |= {"stages_ms": stages} if stages else {}
        told |= {"key": access.owner} if access is not None and access.owner else {}
        told |= {"answer": notes.status} if notes.status else {}
        if notes.prompt_tokens or notes.completion_tokens:
            told |= {"prompt_tokens": notes.prompt_tokens, "completion_tokens": notes.completion_tokens}
        self._logger.info("request", extra={"told": told})

    def failure(self, notes: RequestNotes, error: Exception) -> None:
        """An error of our own: its kind and where it came from."""
        told = {"request_id": notes.id, **_described(error)}
        self._logger.error("the server failed", extra={"told": told})


def _described(error: BaseException) -> dict[str, Any]:
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return {"error": type(error).__name__, "places": places}


def _message(record: logging.LogRecord) -> str:
    """What a record says, without the name of a collection whose folder it speaks of."""
    return _COLLECTION.sub("…", record.getMessage())


def _told(record: logging.LogRecord) -> dict[str, Any]:
    told: dict[str, Any] = getattr(record, "told", {})
    if record.exc_info and record.exc_info[1] is not None:
        told = {**told, **_described(record.exc_info[1])}
    return told


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "level": record.levelname.lower(), "message": _message(record), **_told(record)}
        return json.dumps(line, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")
        words = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in _told(record).items()]
        return " ".join((time, record.levelname.lower(), _message(record), *words))
