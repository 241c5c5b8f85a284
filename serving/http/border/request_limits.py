"""How many requests a key may send: a minute, and at the same time. Told in OpenAI's headers, refused with 429."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack

from starlette.types import Message, Send

from kb.settings import LimitSettings
from serving.http.border.access import Access
from serving.http.border.quotas import Allowance, Quotas
from serving.http.errors import ApiError

_NO_KEY = 0  # the number under which requests without a key are counted; keys' numbers begin at 1


class RequestLimits:
    """Counts requests and refuses those that are too many."""

    def __init__(self, limits: LimitSettings, quotas: Quotas) -> None:
        self._limits = limits
        self._quotas = quotas

    def admit(self, access: Access, held: ExitStack) -> dict[str, str]:
        """Counts a request; returns the headers that tell its sender what is left.

        Args:
            access: who sends it.
            held: gives back the request's place at its end.

        Raises:
            ApiError: 429, there were too many in the last minute, or there are too many at once.
        """
        key = access.key
        number = key.number if key is not None else _NO_KEY
        at_once = (key.concurrent_requests if key is not None else 0) or self._limits.concurrent_requests
        per_minute = (key.requests_per_minute if key is not None else 0) or self._limits.requests_per_minute
        place = self._quotas.enter(number, at_once)
        if place is None:
            message = f"there are {at_once} requests at once already; send this one again when one of them is answered"
            raise ApiError(429, message, code="too_many_requests_at_once", headers={"Retry-After": "1"})
        held.callback(self._quotas.leave, number, place)
        allowance = self._quotas.count(number, per_minute)
        told = _headers(allowance)
        if allowance.retry_seconds > 0:
            message = f"there were more than {per_minute} requests in the last minute"
            wait = {"Retry-After": str(math.ceil(allowance.retry_seconds))}
            raise ApiError(429, message, code="rate_limit_exceeded", headers={**told, **wait})
        return told


def with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    """The same `send`, which adds these headers to the response."""
    if not headers:
        return send
    added = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return send_with_headers


def _headers(allowance: Allowance) -> dict[str, str]:
    if allowance.limit == 0:
        return {}
    return {
        "x-ratelimit-limit-requests": str(allowance.limit),
        "x-ratelimit-remaining-requests": str(allowance.remaining),
        "x-ratelimit-reset-requests": _duration(allowance.reset_seconds),
    }


def _duration(seconds: float) -> str:
    """As OpenAI writes it: 12ms, 1.5s, 1m0s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds * 1000) / 1000, 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"
