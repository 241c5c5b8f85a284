"""A model server for load tests: one event loop, a settable first token, gap and length, and a note of every moment.

It costs far less than what it measures: some 20 µs a piece.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

# Sentences as a model would stream them: each word a piece, with markers that the passages bear. They differ, since a
# reply that repeats itself is cut off.
_SUBJECTS = ("library", "reading room", "archive", "loan desk", "returns box", "study hall", "catalogue", "bindery")
_ENDING = ["closes", "at", "ten", "in", "the", "evening", "on", "working", "days", "[1]."]
_WORDS = [f"{word} " for subject in _SUBJECTS for word in ["The", *subject.split(), *_ENDING]]
_FIRST_SENTENCE = 2 + len(_ENDING)  # pieces
_NUMBER = re.compile(rb"request (\d+)")  # how a question says which one it is


@dataclass(frozen=True, slots=True)
class Pace:
    """How a reply comes."""

    first_seconds: float  # until the first token
    gap_seconds: float  # between two pieces
    pieces: int

    @property
    def seconds(self) -> float:
        """Of a whole reply."""
        return self.first_seconds + self.gap_seconds * (self.pieces - 1)


@dataclass(slots=True)
class Moments:
    """Of one reply, in seconds of the system's monotonic clock; 0 for what did not happen."""

    asked: float = 0.0
    first: float = 0.0
    sentence: float = 0.0  # the piece with which the first sentence was whole, and the one after it, were sent
    last: float = 0.0
    hung_up: float = 0.0


def run_model(pipe: Connection, pace: Pace) -> None:
    """Serves until the process is ended. GET /moments tells and forgets what was noted."""
    asyncio.run(_serve(pipe, pace))


async def _serve(pipe: Connection, pace: Pace) -> None:
    noted: dict[int, Moments] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")).startswith(b"POST"):
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
                body = await reader.readexactly(length)
                await _reply(reader, writer, _noted_for(noted, body), pace, tells_usage=b'"include_usage"' in body)
            told = json.dumps({number: asdict(moments) for number, moments in noted.items()}).encode()
            noted.clear()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(told) + told)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    await server.serve_forever()


def _noted_for(noted: dict[int, Moments], body: bytes) -> Moments:
    numbers = _NUMBER.findall(body)
    moments = Moments(asked=time.monotonic())
    noted[int(numbers[-1]) if numbers else -1] = moments
    return moments


async def _reply(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moments: Moments, pace: Pace, *, tells_usage: bool
) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    gone = asyncio.ensure_future(reader.read(1))
    try:
        for number in range(pace.pieces):
            wait = pace.gap_seconds if number else pace.first_seconds
            if wait and (await asyncio.wait({gone}, timeout=wait))[0]:
                moments.hung_up = time.monotonic()
                raise ConnectionResetError
            moments.last = time.monotonic()
            moments.first = moments.first or moments.last
            if number == _FIRST_SENTENCE:  # the word after a sentence tells that it is over
                moments.sentence = moments.last
            _write(writer, {"delta": {"content": _WORDS[number % len(_WORDS)]}, "finish_reason": None})
            await writer.drain()
        _write(writer, {"delta": {}, "finish_reason": "stop"})
        if tells_usage:  # as vLLM and OpenAI do
            _write_chunk(writer, {"choices": [], "usage": _usage(pace.pieces)})
        _write_data(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    except ConnectionError:
        moments.hung_up = moments.hung_up or time.monotonic()
        raise
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


def _usage(written: int) -> dict[str, int]:
    read = 2_000  # about what a prompt with ten passages has
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _write(writer: asyncio.StreamWriter, choice: dict[str, object]) -> None:
    _write_chunk(writer, {"choices": [{"index": 0, **choice}]})


def _write_chunk(writer: asyncio.StreamWriter, told: dict[str, object]) -> None:
    _write_data(writer, json.dumps({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", **told}))


def _write_data(writer: asyncio.StreamWriter, told: str) -> None:
    data = f"data: {told}\n\n".encode()
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))
