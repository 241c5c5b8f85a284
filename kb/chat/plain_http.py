"""HTTP/1.1 without TLS or a proxy, as a transport for httpx: what model servers on the same machine or network speak.

httpx's own transport takes some 180 µs of processor time for each piece of a stream, this one a third of that. With a
hundred replies that come in at once, token by token, that is the difference between a core and a third of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import h11
import httpx

_READ_BYTES = 64 << 10
_MOST_KEPT = 20  # connections that wait for the next call
_KEPT_SECONDS = 5.0  # shorter than servers keep theirs: vLLM's and llama.cpp's end after 5 s or more
_HEAD_BYTES = 64 << 10  # of a response's headers; longer ones are no model server's


class PlainTransport(httpx.AsyncBaseTransport):
    """Sends requests over connections that are kept for the next ones. Belongs to one event loop."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, _Connection]] = []  # until when, on the loop's clock; the latest last

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The response, whose body is read as it comes.

        Raises:
            httpx.TransportError: the server cannot be reached, is silent, hangs up, or does not speak HTTP.
        """
        connection = self._take(request.url) or await _connect(request)
        try:
            await connection.send(request)
            head = await connection.head()
        except BaseException:
            connection.abort()
            raise
        return httpx.Response(head.status_code, headers=head.headers.raw_items(), stream=_Body(connection, self))

    async def aclose(self) -> None:
        """Ends the connections that are kept."""
        while self._kept:
            self._kept.pop()[1].abort()

    def keep(self, connection: _Connection) -> None:
        """Keeps a connection whose response is read to its end, if its server will."""
        now = asyncio.get_running_loop().time()
        while self._kept and (self._kept[0][0] < now or len(self._kept) >= _MOST_KEPT):
            self._kept.pop(0)[1].abort()
        if connection.reset():
            self._kept.append((now + _KEPT_SECONDS, connection))
        else:
            connection.abort()

    def _take(self, url: httpx.URL) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        for place in range(len(self._kept) - 1, -1, -1):
            until, connection = self._kept[place]
            if connection.address == (url.host, url.port):
                del self._kept[place]
                if until >= now and connection.is_open():
                    return connection
                connection.abort()
        return None


class _Body(httpx.AsyncByteStream):
    def __init__(self, connection: _Connection, transport: PlainTransport) -> None:
        self._connection: _Connection | None = connection
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        connection = self._connection
        assert connection is not None  # httpx reads a body once
        while isinstance(event := connection.parsed() or await connection.event(), h11.Data):
            yield bytes(event.data)
        self._connection = None
        self._transport.keep(connection)

    async def aclose(self) -> None:
        """Hangs up, unless the body was read to its end."""
        if self._connection is not None:
            self._connection.abort()
            self._connection = None


class _Connection:
    """One connection, with one request on it at a time."""

    def __init__(
        self, address: tuple[str, int | None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.address = address
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._request: httpx.Request | None = None

    async def send(self, request: httpx.Request) -> None:
        """Sends a request with its body."""
        self._request = request
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        try:
            self._write(head)
            assert isinstance(request.stream, httpx.AsyncByteStream)  # an asynchronous client's always is
            async for part in request.stream:
                self._write(h11.Data(data=part))
            self._write(h11.EndOfMessage())
            async with asyncio.timeout(_seconds(request, "write")):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpx.WriteTimeout("the server does not take the request", request=request) from error
        except OSError as error:
            raise httpx.WriteError(str(error), request=request) from error
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error), request=request) from error

    async def head(self) -> h11.Response:
        """The status and the headers of the response."""
        while True:
            event = self.parsed() or await self.event()
            if isinstance(event, h11.Response):
                return event

    def parsed(self) -> h11.Event | None:
        """The next part of the response, if it has come."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error), request=self._request) from error
        if isinstance(event, h11.ConnectionClosed):
            raise httpx.RemoteProtocolError("the server hung up", request=self._request)
        return event if isinstance(event, h11.Event) else None

    async def event(self) -> h11.Event:
        """The next part of the response, when it comes."""
        assert self._request is not None
        seconds = _seconds(self._request, "read")
        while True:
            try:
                async with asyncio.timeout(seconds):
                    data = await self._reader.read(_READ_BYTES)
            except TimeoutError as error:
                raise httpx.ReadTimeout(f"nothing came for {seconds:g} s", request=self._request) from error
            except OSError as error:
                raise httpx.ReadError(str(error), request=self._request) from error
            self._http.receive_data(data)
            if (event := self.parsed()) is not None:
                return event

    def is_open(self) -> bool:
        """Whether the server has not hung up meanwhile."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    def reset(self) -> bool:
        """Makes ready for the next request; False where there can be none on this connection."""
        try:
            self._http.start_next_cycle()
        except h11.ProtocolError:
            return False
        return self.is_open()

    def abort(self) -> None:
        """Hangs up at once."""
        self._writer.transport.abort()

    def _write(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._writer.write(data)


async def _connect(request: httpx.Request) -> _Connection:
    seconds = _seconds(request, "connect")
    host, port = request.url.host, request.url.port
    try:
        async with asyncio.timeout(seconds):
            # A name with several addresses, of which one may be dead: the next is tried after as long as browsers wait.
            reader, writer = await asyncio.open_connection(host, port or 80, happy_eyeballs_delay=0.25)
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"no connection to {host} within {seconds:g} s", request=request) from error
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(str(error), request=request) from error
    return _Connection((host, port), reader, writer)


def _seconds(request: httpx.Request, of: str) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get(of)
    return seconds
