"""Clients for load tests: raw sockets in one event loop, which cost little beside the server that they measure."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Asked:
    """What became of one question. Moments are seconds of the system's monotonic clock; 0 for what did not happen."""

    number: int
    began: float
    status: int = 0
    first_byte: float = 0.0
    first_words: float = 0.0
    ended: float = 0.0
    whole: bool = False  # ended as a stream should
    failure: str = ""
    timings: dict[str, float] = field(default_factory=dict)  # the server's own, seconds

    @property
    def seconds(self) -> float:
        """From the first byte sent to the last one received."""
        return self.ended - self.began


async def ask(url: str, question: str, number: int, *, hang_up_after: float | None = None) -> Asked:
    """Asks one question as a stream, on a connection of its own.

    Args:
        url: of the server, with /v1.
        question: to ask.
        number: by which the model server tells it.
        hang_up_after: seconds after the first byte; None to read to the end.
    """
    address = urlsplit(url)
    # A standing instruction reaches the model, but takes no part in the search.
    messages = [{"role": "system", "content": f"request {number}"}, {"role": "user", "content": question}]
    body = json.dumps({"model": "ibid", "messages": messages, "stream": True}).encode()
    asked = Asked(number, time.monotonic())
    writer = None
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        asked.status = int((await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1])
        asked.first_byte = time.monotonic()
        if hang_up_after is not None:
            await asyncio.sleep(hang_up_after)
        elif asked.status == 200:
            await _read_events(reader, asked)
    except (OSError, asyncio.IncompleteReadError) as error:
        asked.failure = type(error).__name__
    finally:
        asked.ended = time.monotonic()
        if writer is not None:
            writer.transport.abort() if hang_up_after is not None else writer.close()
    return asked


async def get(url: str) -> bytes:
    """The body of a small document."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    received = await reader.read()
    writer.close()
    return received.partition(b"\r\n\r\n")[2]


async def _read_events(reader: asyncio.StreamReader, asked: Asked) -> None:
    while line := await reader.readline():
        if not line.startswith(b"data: "):
            continue
        if line.startswith(b"data: [DONE]"):
            asked.whole = True
            return
        if not asked.first_words and b'"content":"' in line and b'"content":""' not in line:
            asked.first_words = time.monotonic()
        if b'"timings"' in line:
            asked.timings = json.loads(line.removeprefix(b"data: "))["ibid"]["timings"]
        if line.startswith(b'data: {"error"'):
            asked.failure = json.loads(line.removeprefix(b"data: "))["error"]["code"]
            return
