"""Connections to one chat server: they refuse what cannot be a model's reply before anything reads it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.request import getproxies

import httpx

from kb.chat.chunks import error_message
from kb.chat.events import EventReader
from kb.chat.plain_http import PlainTransport
from kb.errors import ModelError
from kb.settings import ModelSettings

_CONNECT_SECONDS = 10.0  # a server that takes no connection for this long is down, however slowly it may answer
# An answer of 800 tokens, each in an event of its own, is some 300 kB; thoughts before it make it ten times as long.
_MOST_BYTES = 32 << 20
_ERROR_BYTES = 64 << 10  # of an error's body: the reason stands at its beginning
_DONE = b"[DONE]"  # the data of the event after the last one
# After that one, a body ends within a packet or two, and a connection that was read to its end serves the next call;
# some servers never end it.
_ENDING_SECONDS = 0.02
_NO_STREAM = ("text/html", "application/json")  # what proxies and wrong addresses answer in the place of events


class RefusedCallError(Exception):
    """The server answered with an error of its own."""

    def __init__(self, status: int, headers: Mapping[str, str], reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class Connections:
    """Calls one chat server. Belongs to the event loop that first uses it.

    Args:
        settings: where the server is, and how long it may send nothing.
    """

    def __init__(self, settings: ModelSettings) -> None:
        silence = settings.timeout_seconds
        # A proxy, which the environment names, and TLS are httpx's own business.
        is_plain = settings.base_url.startswith("http://") and not getproxies().keys() & {"http", "all"}
        self._url = f"{settings.base_url.rstrip('/')}/chat/completions"
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {},
            timeout=httpx.Timeout(silence, connect=min(_CONNECT_SECONDS, silence), pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            mounts={"http://": PlainTransport()} if is_plain else None,
        )

    @asynccontextmanager
    async def reply(self, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        """The data of a reply's events as they come in; whatever is raised in the block hangs up.

        Args:
            body: of the request.

        Raises:
            RefusedCallError: the server refuses the request.
            httpx.HTTPError: it cannot be reached, hangs up, is silent, or speaks something else.
            ModelError: what it answers is no stream, or too long.
        """
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        headers = {"Content-Type": "application/json"}
        async with self._http.stream("POST", self._url, content=content, headers=headers) as response:
            await _check(response)
            parts = _limited(response)
            yield _events(parts)
            with suppress(TimeoutError):
                async with asyncio.timeout(_ENDING_SECONDS):
                    async for _ in parts:
                        pass

    async def close(self) -> None:
        """Ends the connections."""
        await self._http.aclose()


async def _check(response: httpx.Response) -> None:
    if not response.is_success:
        raise RefusedCallError(response.status_code, response.headers, _reason(await _beginning(response)))
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NO_STREAM:
        begun = (await _beginning(response))[:200].decode(errors="replace")
        raise ModelError(
            f"{response.url} answered with {kind} in the place of a stream of events",
            " ".join(begun.split()),
            "Is it a server that speaks OpenAI's chat API? Its base URL mostly ends in /v1",
        )


async def _beginning(response: httpx.Response) -> bytes:
    begun = b""
    async for part in response.aiter_bytes():
        begun += part
        if len(begun) > _ERROR_BYTES:
            break
    return begun[:_ERROR_BYTES]


def _reason(body: bytes) -> str:
    try:
        return error_message(json.loads(body))
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


async def _events(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    reader = EventReader()
    async for part in parts:
        for data in reader.read(part):
            if data == _DONE:
                return
            yield data


async def _limited(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, which may not go on for ever: a line without an end would be kept in memory as a whole."""
    read = 0
    async for part in response.aiter_bytes():
        read += len(part)
        if read > _MOST_BYTES:
            raise ModelError(
                f"the model server sent more than {_MOST_BYTES >> 20} MB for one reply", "no answer is that long"
            )
        yield part
