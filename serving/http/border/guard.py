"""What every request passes first, as plain ASGI, before its body is read: who sends it, and what may it do.

Without keys, loopback is the only border. A page of another site must not cross it, neither by sending forms (its
`Origin` tells) nor by pointing a name of its own at 127.0.0.1 (the `Host` header tells).
"""

from __future__ import annotations

import asyncio
import re
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from kb.errors import IbidError
from kb.home.keys import Key, is_use_noted, note_use
from kb.home.uploads import MOST_PART_BYTES
from kb.settings import LOOPBACK
from serving.http.batches.running import OWNER
from serving.http.border.access import EVERYBODY, NOBODY, Access, access_with
from serving.http.border.auditing import RecordedResponse
from serving.http.border.incoming import IncomingBody
from serving.http.border.request_limits import RequestLimits, with_headers
from serving.http.border.rights import Listed, line_of
from serving.http.errors import ApiError, error_response
from serving.http.state import Services

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_JSON_BYTES = 16 << 20  # a batch of 2,048 texts for embeddings, or a long conversation
_FORM_BYTES = 1 << 20  # what a multipart form adds to the file in it
_DRAIN_SECONDS = 10.0  # what is refused is read to its end this long, or its sender would see a broken pipe

Headers = dict[bytes, str]


class Guard:
    """Lets in whoever has a key with the right for it, or, where there are no keys, whoever is on this machine."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._on_loopback = services.settings.serve.host in LOOPBACK
        self._max_file_bytes = services.settings.limits.max_file_mb * 1_000_000
        self._body_seconds = services.settings.limits.body_seconds
        self._home = services.home
        self._keyring = services.keyring
        self._closing = services.closing
        self._places = services.places
        self._limits = RequestLimits(services.settings.limits, services.quotas)
        self._noting: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on if it may come in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        line = line_of(scope["method"], scope["path"])
        is_open = line is not None and line.needs.rights is None
        asks = line is not None and line.needs.answers
        with ExitStack() as held:

            def take_place() -> None:
                """Before the body is parsed: hundreds that come at once would be, for the places that few get."""
                place = scope["state"]["place"] = self._places.take()
                held.callback(place.give_back_unused)

            limit = self._body_limit(scope["path"])
            body = IncomingBody(receive, limit, self._body_seconds, take_place if asks else None)
            try:
                if asks:
                    self._places.check()  # first, since it costs nothing: who asks is read from the disk
                access = self._access(scope, headers, line)
                told = {} if is_open or OWNER in scope else self._admit(access, held)
                body.check_announced(headers.get(b"content-length", ""))
            except (ApiError, IbidError) as refusal:
                await body.drain(_DRAIN_SECONDS)
                await error_response(refusal)(scope, receive, send)
                return
            scope.setdefault("state", {})["access"] = access
            send = with_headers(send, told)
            if line is not None and line.needs.change:
                response = RecordedResponse(self._home, access, line.needs.change, line.parameters)
                send = response.wrap(scope, receive, send)
            await self._app(scope, body.receive, send)

    def _admit(self, access: Access, held: ExitStack) -> dict[str, str]:
        self._closing.check()
        return self._limits.admit(access, held)

    def _body_limit(self, path: str) -> int:
        """Bytes that a body may have."""
        if path == "/v1/files":
            return self._max_file_bytes + _FORM_BYTES
        if path.startswith("/v1/uploads/") and path.endswith("/parts"):
            return MOST_PART_BYTES + _FORM_BYTES
        return _JSON_BYTES

    def _access(self, scope: Scope, headers: Headers, line: Listed | None) -> Access:
        """What the request may do.

        Raises:
            ApiError: 401 or 403, it may not come in.
            StorageError: the keys cannot be read.
        """
        if self._on_loopback and not self._keyring.in_use:
            _check_origin(headers)
            return EVERYBODY
        if line is not None and line.needs.rights is None:
            return NOBODY
        if OWNER in scope:
            key = _valid(self._keyring.find_by_id(scope[OWNER]))
        else:
            key = self._key(headers.get(b"authorization", ""))
            self._note(key)
        if line is None:
            return NOBODY
        access = access_with(key)
        _check_rights(access, line)
        return access

    def _key(self, authorization: str) -> Key:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise _unauthorized("there is no API key: send it as `Authorization: Bearer sk-ibid-…`")
        return _valid(self._keyring.find(secret.strip()))

    def _note(self, key: Key) -> None:
        """Notes the key's use beside the request, if that was not done within the hour."""
        if self._noting or is_use_noted(key):
            return

        async def note() -> None:
            with suppress(IbidError):  # a full disk keeps nobody from asking
                await asyncio.to_thread(note_use, self._home, key)

        task = asyncio.ensure_future(note())
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)


def _valid(key: Key | None) -> Key:
    if key is None:
        raise _unauthorized("this API key is none of this server's")
    if key.state != "valid":
        raise _unauthorized(f"this API key is {key.state}")
    return key


def _check_origin(headers: Headers) -> None:
    host = urlsplit(f"//{headers.get(b'host', '')}").hostname or ""
    if host not in LOOPBACK:
        raise ApiError(403, f"this server answers on loopback only, not as {host!r}", code="forbidden_host")
    origin = headers.get(b"origin")
    if origin is not None and not re.fullmatch(LOOPBACK_ORIGIN, origin):
        raise ApiError(403, f"pages of {origin} may not use this server", code="forbidden_origin")


def _check_rights(access: Access, line: Listed) -> None:
    needs = line.needs
    assert needs.rights is not None  # open routes need none
    if not any(access.may(right) for right in needs.rights):
        wanted = " or ".join(sorted(needs.rights))
        raise ApiError(403, f"this key lacks the right {wanted!r} for {line.method} {line.path}", code="missing_right")
    if needs.whole and not access.sees_all:
        raise ApiError(403, f"{line.method} {line.path} needs a key for every collection", code="missing_right")


def _unauthorized(message: str) -> ApiError:
    return ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
