"""The outermost part of the server, as plain ASGI: gives every request an id and notes how it was answered."""

from __future__ import annotations

import re
import secrets
from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.http.border.rights import line_of
from serving.http.errors import error_response
from serving.http.operating.observing.log import RequestLog
from serving.http.operating.observing.meters import Meters
from serving.http.operating.observing.notes import begin_notes
from serving.http.operating.observing.traces import Traces

REQUEST_ID = "x-request-id"
# What a sender may give for the id: enough for a UUID or a trace id, and nothing that could break a line of a log.
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")
_OPENAI_VERSION = "2020-10-01"  # what OpenAI's own answers say; some clients look for it
_HUNG_UP = 499  # what web servers note for a client that is gone before its answer
_NO_ROUTE = "unmatched"  # in the place of a path that leads nowhere, which may hold anything


class Observer:
    """Wraps the whole server."""

    def __init__(self, app: ASGIApp, meters: Meters, log: RequestLog, traces: Traces | None) -> None:
        self._app = app
        self._meters = meters
        self._log = log
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; whatever fails inside is noted without its words, and answered in OpenAI's shape."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        notes = begin_notes(_id_of(scope))
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = notes.id
                headers["openai-version"] = _OPENAI_VERSION
                headers["openai-processing-ms"] = str(round(1000 * (perf_counter() - notes.started)))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            self._log.failure(notes, error)
            if status == 0:
                await error_response(error)(scope, receive, send_with_id)
        finally:
            seconds = perf_counter() - notes.started
            route = _route_of(scope)
            status = status or _HUNG_UP
            self._meters.count_request(scope["method"], route, status, seconds)
            self._log.request(scope, notes, route, status, seconds)
            if self._traces is not None:
                self._traces.record(scope, notes, route, status, seconds)


def _route_of(scope: Scope) -> str:
    """The template of the path, also of a request that was refused before it came to a route."""
    listed = line_of(scope["method"], scope["path"])
    return listed.path if listed is not None else getattr(scope.get("route"), "path", _NO_ROUTE)


def _id_of(scope: Scope) -> str:
    """The id that the sender gave, if it is well-formed; otherwise a new one."""
    given = next((value for name, value in scope["headers"] if name == REQUEST_ID.encode()), b"").decode("latin-1")
    return given if _WELL_FORMED.fullmatch(given) else f"req_{secrets.token_hex(16)}"
