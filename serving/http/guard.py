"""What every request passes first, as plain ASGI: whose page sends it, and how large it may be.

Without keys, loopback is the only border. A page of another site must not cross it, neither by sending forms (its
`Origin` tells) nor by pointing a name of its own at 127.0.0.1 (the `Host` header tells).
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.http.errors import ApiError, error_response

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_JSON_BYTES = 16 << 20  # a batch of 2,048 texts for embeddings, or a long conversation
_FORM_BYTES = 1 << 20  # what a multipart form adds to the file in it
_DRAIN_SECONDS = 10.0  # a refused upload is read to its end this long, or its sender would see a broken pipe


class Guard:
    """Refuses foreign hosts and origins, and bodies that are too large while they are read."""

    def __init__(self, app: ASGIApp, host: str, max_file_bytes: int) -> None:
        self._app = app
        # Whoever binds another address than loopback has decided who may come in.
        self._hosts = _LOOPBACK_HOSTS if host in _LOOPBACK_HOSTS else None
        self._max_file_bytes = max_file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on if it may come in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        limit = self._max_file_bytes + _FORM_BYTES if scope["path"] == "/v1/files" else _JSON_BYTES
        body = _LimitedBody(receive, limit)
        refusal = self._refusal(headers) or await body.refuse_announced(headers.get(b"content-length", ""))
        if refusal is not None:
            await error_response(refusal)(scope, receive, send)
            return
        await self._app(scope, body.receive, send)

    def _refusal(self, headers: dict[bytes, str]) -> ApiError | None:
        if self._hosts is None:
            return None
        host = urlsplit(f"//{headers.get(b'host', '')}").hostname or ""
        if host not in self._hosts:
            return ApiError(403, f"this server answers on loopback only, not as {host!r}", code="forbidden_host")
        origin = headers.get(b"origin")
        if origin is not None and not re.fullmatch(LOOPBACK_ORIGIN, origin):
            return ApiError(403, f"pages of {origin} may not use this server", code="forbidden_origin")
        return None


class _LimitedBody:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._read = 0

    async def refuse_announced(self, content_length: str) -> ApiError | None:
        """An error where the length that the request announces is too large."""
        if not content_length.isdigit() or int(content_length) <= self._limit:
            return None
        await self._drain()
        return self._error()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._limit:
                await self._drain()
                raise self._error()
        return message

    async def _drain(self) -> None:
        async def drain() -> None:
            more = True
            while more:
                message = await self._receive()
                more = message["type"] == "http.request" and message.get("more_body", False)

        with suppress(TimeoutError):
            await asyncio.wait_for(drain(), _DRAIN_SECONDS)

    def _error(self) -> ApiError:
        return ApiError(
            413, f"the request is larger than {self._limit // 1_000_000} MB; split the file", code="too_large"
        )
