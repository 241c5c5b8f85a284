"""`Idempotency-Key`: a request that makes something, sent again under the same key, makes nothing more.

It is answered as it was the first time, for a day. What failed may be tried again under the same key. Answers to
questions are not among what is made: keeping them would keep words that nobody asked to be kept.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress

from fastapi import Request, Response
from starlette.types import Message

from kb.errors import BusyError, IbidError, UsageError
from kb.home.repetitions import Reply, begin_request, end_request, forget_request
from serving.http.bodies import Handler, JsonRoute
from serving.http.errors import ApiError
from serving.http.state import services_of

REPLAYED = "idempotent-replayed"  # a header of replies that were given before
_HEADER = "idempotency-key"
_LONGEST_KEY = 255  # characters


class RepeatableRoute(JsonRoute):
    """A route whose POST requests may be sent again under their `Idempotency-Key`. Its bodies are JSON."""

    def get_route_handler(self) -> Handler:
        """The route's own handler, kept from being called twice for one key."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            is_form = request.headers.get("content-type", "").startswith("multipart/")  # read a little at a time
            if request.method != "POST" or _HEADER not in request.headers or is_form:
                return await handler(request)
            body = await request.body()
            return await answered_once(
                request, lambda: hashlib.sha256(body).hexdigest(), lambda: handler(_with_body(request, body))
            )

        return handle


async def answered_once(
    request: Request, digest: Callable[[], str], answer: Callable[[], Awaitable[Response]]
) -> Response:
    """The response to a request, or the one that was given to it before.

    Args:
        request: with or without an `Idempotency-Key`.
        digest: makes a digest of what it asks for, in a thread, where one is needed.
        answer: makes the response.

    Raises:
        ApiError: 400, the key cannot be; 409, it was that of another request; 429, that one is still being answered.
    """
    key = request.headers.get(_HEADER)
    if key is None:
        return await answer()
    if not 0 < len(key) <= _LONGEST_KEY:
        raise ApiError(400, f"Idempotency-Key must have 1 to {_LONGEST_KEY} characters", param="Idempotency-Key")
    services = services_of(request)
    parts = (services.access.owner, request.method, request.url.path, key)
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    try:
        known = await asyncio.to_thread(lambda: begin_request(services.home, name, digest()))
    except UsageError:
        message = "this Idempotency-Key was given to another request; give each request a key of its own"
        raise ApiError(409, message, code="idempotency_key_reused", param="Idempotency-Key") from None
    except BusyError as error:
        raise ApiError(429, str(error), code="request_in_progress", param="Idempotency-Key") from None
    if known is not None:
        return Response(known.text, known.status, {REPLAYED: "true"}, "application/json")
    try:
        response = await answer()
    except BaseException:
        await asyncio.shield(asyncio.to_thread(forget_request, services.home, name))
        raise
    with suppress(IbidError):  # what was made is made: that it cannot be noted is no reason to tell otherwise
        reply = Reply(response.status_code, bytes(response.body).decode())
        await asyncio.to_thread(end_request, services.home, name, reply)
    return response


def _with_body(request: Request, body: bytes) -> Request:
    """The same request, with its body to be read again."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return await request.receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
