"""Connections to one chat server: they refuse what cannot be a model's reply before anything reads it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from kb.chat.call_errors import NoConnectionInTimeError, RefusedCallError, SilentServerError, UnreachableError
from kb.chat.chunks import error_message
from kb.chat.events import EventReader
from kb.errors import ModelError
from kb.settings import ModelSettings

_CONNECT_SECONDS = 10.0  # a server that takes no connection for this long is down, however slowly it may answer
# An answer of 800 tokens, each in an event of its own, is some 300 kB; thoughts before it make it ten times as long.
_MOST_BYTES = 32 << 20
_KEPT_SECONDS = 5.0  # of an unused connection: no longer than servers keep theirs (vLLM's and llama.cpp's: 5 s or more)
_ERROR_BYTES = 64 << 10  # of an error's body: the reason stands at its beginning
_DONE = b"[DONE]"  # the data of the event after the last one
# After that one, a body ends within a packet or two, and a connection that was read to its end serves the next call;
# some servers never end it.
_ENDING_SECONDS = 0.02
_NO_STREAM = ("text/html", "application/json")  # what proxies and wrong addresses answer in the place of events


class Connections:
    """Calls one chat server. Belongs to the event loop that first uses it.

    Args:
        settings: where the server is, and how long it may send nothing.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._url = f"{settings.base_url.rstrip('/')}/chat/completions"
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def reply(self, body: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[bytes]]:
        """The data of a reply's events as they come in; whatever is raised in the block hangs up.

        Args:
            body: of the request.

        Raises:
            RefusedCallError: the server refuses the request.
            UnreachableError: it cannot be reached, hangs up, or speaks something else.
            SilentServerError: it sends nothing for too long.
            ModelError: what it answers is no stream, or too long.
        """
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        headers = {"Content-Type": "application/json"}
        with _own_errors():
            async with self._opened().post(self._url, data=content, headers=headers) as response:
                await _check(response)
                parts = _limited(response)
                yield _events(parts)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_ENDING_SECONDS):
                        async for _ in parts:
                            pass

    def _opened(self) -> aiohttp.ClientSession:
        """The session, which belongs to the loop that first asks."""
        if self._session is None:
            silence, key = self._settings.timeout_seconds, self._settings.api_key
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=min(_CONNECT_SECONDS, silence), sock_read=silence
                ),
                # No limit of its own: how many calls there are at once is bounded where questions are let in.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS),
                # Asked here and once: the library would read ~/.netrc and the environment in another thread for each
                # call, and send what it finds in that file.
                proxy=_proxy_for(self._url),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Ends the connections."""
        if self._session is not None:
            await self._session.close()


def _proxy_for(url: str) -> str | None:
    """The proxy that the environment names for a server; None where it is to be reached directly."""
    address = urlsplit(url)
    return None if proxy_bypass(address.netloc.rpartition("@")[2]) else getproxies().get(address.scheme)


@contextmanager
def _own_errors() -> Iterator[None]:
    """Says by our own errors what the library means by its many."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise NoConnectionInTimeError(str(error)) from error
    except aiohttp.ServerTimeoutError as error:
        raise SilentServerError(str(error)) from error
    except aiohttp.ClientError as error:
        raise UnreachableError(str(error) or type(error).__name__) from error


async def _check(response: aiohttp.ClientResponse) -> None:
    if not response.ok:
        raise RefusedCallError(response.status, response.headers, _reason(await _beginning(response)))
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NO_STREAM:
        begun = (await _beginning(response))[:200].decode(errors="replace")
        raise ModelError(
            f"{response.url} answered with {kind} in the place of a stream of events",
            " ".join(begun.split()),
            "Is it a server that speaks OpenAI's chat API? Its base URL mostly ends in /v1",
        )


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    begun = b""
    async for part in response.content.iter_any():
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


async def _limited(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body, which may not go on for ever: a line without an end would be kept in memory as a whole."""
    read = 0
    async for part in response.content.iter_any():
        read += len(part)
        if read > _MOST_BYTES:
            raise ModelError(
                f"the model server sent more than {_MOST_BYTES >> 20} MB for one reply", "no answer is that long"
            )
        yield part
