"""Requests to the HTTP server. Every failure is a `ClientError`, never anything else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from ui.browser.api.failures import ClientError, FailureKind, failure_of_status, failure_of_transport

# Connecting to a server on the same machine or network takes milliseconds; a reply may have to wait for a page to be
# drawn or a file to be written.
TIMEOUT = httpx.Timeout(30.0, connect=5.0)

# A connection that is kept open is given up before the server does so, after five seconds: a request over one that is
# just being closed would fail.
_KEPT_SECONDS = 3.0

# The most that the server lists at once, as OpenAI's does.
_PAGE_SIZE = 100


class Connection:
    """To one server. May be used by several threads.

    Args:
        base_url: where the server listens, without `/v1`.
        transport: replaces the network in tests.
        key: that the server asks for, if it does.
        kept_open: the most connections that are kept for the next request; whoever keeps some keeps them for good.
    """

    def __init__(
        self, base_url: str, transport: httpx.BaseTransport | None = None, key: str = "", kept_open: int = 0
    ) -> None:
        self.base_url = base_url
        self.has_key = bool(key)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # As many answers may come in at once as people ask.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept_open, keepalive_expiry=_KEPT_SECONDS)
        # No proxies from the environment: the server is ours and usually on this machine.
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=TIMEOUT, limits=limits, transport=transport, trust_env=False
        )

    def _asked(
        self, method: str, path: str, expected: str = "application/json", also: tuple[int, ...] = (), **request: Any
    ) -> httpx.Response:
        """The reply to a request; `also` are statuses of 400 and more that are answers, too.

        Raises:
            ClientError: there is none, or it is none of ours.
        """
        try:
            reply = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise failure_of_transport(error) from error
        if reply.is_error and reply.status_code not in also:
            raise failure_of_status(reply.status_code, json_of(reply))
        if not reply.headers.get("content-type", "").startswith(expected):
            raise ClientError(FailureKind.BROKEN)  # somebody else listens there
        return reply

    def _listed(self, path: str, **parameters: str) -> list[Any]:
        """Every item of a list, page by page."""
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            wanted = {"limit": str(_PAGE_SIZE), **parameters, **after}
            page = json_of(self._asked("GET", path, params=wanted))
            if not isinstance(page, dict) or not isinstance(page.get("data"), list):
                raise ClientError(FailureKind.BROKEN)
            found += page["data"]
            last = page.get("last_id")
            if not page.get("has_more") or not isinstance(last, str) or after.get("after") == last:
                return found
            after = {"after": last}


def store_path(collection: str) -> str:
    """The path of a collection as a vector store."""
    return f"/v1/vector_stores/{quoted(collection)}"


def quoted(part: str) -> str:
    """A name or an id as one part of a path."""
    return quote(part, safe="")


def json_of(reply: httpx.Response) -> object:
    """What a reply holds; None where it is no JSON."""
    try:
        return reply.json()
    except ValueError:
        return None
