"""The HTTP client under the chat model: it refuses what cannot be a model's reply before anything reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from kb.errors import ModelError

_CONNECT_SECONDS = 10.0  # a server that takes no connection for this long is down, however slowly it may answer
# An answer of 800 tokens, each in an event of its own, is some 300 kB; thoughts before it make it ten times as long.
_MOST_BYTES = 32 << 20
_NO_STREAM = ("text/html", "application/json")  # what proxies and wrong addresses answer in the place of events


def open_connections(silence_seconds: float) -> httpx.AsyncClient:
    """Connections to one chat server.

    They belong to the event loop that first uses them: langchain-openai would share its own between loops, and those
    die with the first.

    Args:
        silence_seconds: how long the server may send nothing.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(silence_seconds, connect=min(_CONNECT_SECONDS, silence_seconds)),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        event_hooks={"response": [_check]},
    )


async def _check(response: httpx.Response) -> None:
    if not response.is_success:
        return  # its status says more
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _NO_STREAM:
        begun = await _beginning(response)
        raise ModelError(
            f"{response.url} answered with {kind} in the place of a stream of events",
            begun,
            "Is it a server that speaks OpenAI's chat API? Its base URL mostly ends in /v1",
        )
    assert isinstance(response.stream, httpx.AsyncByteStream)  # an asynchronous client's always is
    response.stream = _Limited(response.stream)


async def _beginning(response: httpx.Response) -> str:
    async for text in response.aiter_text(200):
        return " ".join(text.split())
    return ""


class _Limited(httpx.AsyncByteStream):
    """A body that may not go on for ever: a line without an end would be kept in memory as a whole."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > _MOST_BYTES:
                raise ModelError(
                    f"the model server sent more than {_MOST_BYTES >> 20} MB for one reply", "no answer is that long"
                )
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
