"""Connections of clients, on top of uvicorn's: how many there may be, and how long one may hold its place for nothing.

uvicorn itself waits for ever for a request's headers and for a client that does not read its answer.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from serving.http.errors import ApiError, error_body
from serving.http.operating.closing import Closing
from serving.http.state import MOST_CONNECTED

MOST_CONNECTIONS = 2_000  # of one process: twice what asks at once in the worst hour, each takes some 30 kB
HEADER_BYTES = 32 << 10  # keys and cookies take 2 kB; what is longer is an attack or a mistake
HEADER_SECONDS = 10.0  # for all of a request's headers, which are one packet
STALLED_SECONDS = 30.0  # in which a client takes nothing of what is sent to it
_LINGER_SECONDS = 1.0  # in which a client that still sends may read why it is refused
CLOSING_SECONDS = 5.0  # answers that are still being made when the server ends get this long
_TELLING_SECONDS = 2.0  # after that, for telling the others that they are not finished
# How long a thread that searches or checks keeps Python's lock while others want it. Each of them keeps the event loop
# waiting for one turn; with Python's own 5 ms, twenty would hold up every other client for a tenth of a second.
TURN_SECONDS = 0.0005
_FILES_BESIDE = 3 * MOST_CONNECTED + 200  # descriptors of collections, and of what indexes and models need


class Connection(H11Protocol):
    """One client's connection."""

    most_connections = MOST_CONNECTIONS
    header_seconds = HEADER_SECONDS
    stalled_seconds = STALLED_SECONDS

    _refused = False
    _waiting: asyncio.TimerHandle | None = None  # for a request's headers
    _stalled: asyncio.TimerHandle | None = None  # for the client to read

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Takes the connection, or says that there are too many."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that we hear of whatever a client does not take
        if len(self.connections) > self.most_connections:
            self._refuse(ApiError(503, "there are too many connections; connect again in a moment"))
            transport.close()
        else:
            self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._end_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads what came; the headers of a request must be whole in time, however often a byte of them comes."""
        if self._refused:
            return
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_waiting()
        elif self._waiting is None and not self.transport.is_closing():
            self._wait_for_headers()

    def on_response_complete(self) -> None:
        """Waits for the next request; uvicorn ends the connection soon where nothing of it comes."""
        self._end_waiting()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Ends the connection of a client that has stopped reading."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def send_400_response(self, msg: str) -> None:
        """Answers what is not HTTP in the shape of all other errors."""
        status = getattr(sys.exception(), "error_status_hint", 400)
        message = f"the request's headers are longer than {HEADER_BYTES >> 10} kB" if status == 431 else msg.rstrip(".")
        self._refuse(ApiError(status, message, code="invalid_http"))

    def _wait_for_headers(self) -> None:
        late = ApiError(408, "the request's headers came too slowly", code="timeout")
        self._waiting = self.loop.call_later(self.header_seconds, self._refuse, late)

    def _end_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _refuse(self, error: ApiError) -> None:
        """Answers without having read a request, and hangs up; what still comes is passed over until then."""
        self._end_waiting()
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            status, body = error_body(error)
            content = json.dumps(body).encode()
            headers = [("content-type", "application/json"), ("connection", "close"), ("retry-after", "1")]
            headers.append(("content-length", str(len(content))))
            reason = STATUS_PHRASES[status]
            response = h11.Response(status_code=status, headers=headers, reason=reason)
            events = (response, h11.Data(data=content), h11.EndOfMessage())
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))  # in one packet
            with suppress(OSError):  # a client that is gone already
                self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


class ClosingServer(uvicorn.Server):
    """uvicorn's server, which tells the app when it ends."""

    def __init__(self, config: uvicorn.Config, closing: Closing, seconds: float) -> None:
        super().__init__(config)
        self._closing = closing
        self._seconds = seconds

    async def shutdown(self, sockets: Any = None) -> None:
        """Ends: answers under way get their time, then their clients are told, then databases are closed."""
        self._closing.begin(self._seconds)
        await super().shutdown(sockets)


def server_for(
    app: FastAPI,
    *,
    closing_seconds: float = CLOSING_SECONDS,
    connection: type[Connection] = Connection,
) -> ClosingServer:
    """The server that runs an app of `create_app`.

    Args:
        app: to run.
        closing_seconds: that answers get which are being made when the server ends.
        connection: what each connection is looked after by.
    """
    _allow_files(connection.most_connections + _FILES_BESIDE)
    sys.setswitchinterval(TURN_SECONDS)
    config = uvicorn.Config(
        app,
        http=connection,
        h11_max_incomplete_event_size=HEADER_BYTES,
        log_config=None,  # our own log says what there is to say
        access_log=False,  # it would hold ids of documents
        timeout_graceful_shutdown=round(closing_seconds + _TELLING_SECONDS),
        server_header=False,
    )
    return ClosingServer(config, app.state.services.closing, closing_seconds)


def _allow_files(wanted: int) -> None:
    """Raises how many descriptors this process may have open, as far as it may: most systems begin with 1,024."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
