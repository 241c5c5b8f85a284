"""Works batches off in the background: each line is a request to this very server, answered as any other."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from kb.catalog.writing import in_seconds
from kb.errors import IbidError
from kb.home.batches import (
    Batch,
    BatchState,
    LineError,
    Result,
    beat,
    begin_batch,
    end_batch,
    fail_batch,
    finalize_batch,
    note_results,
    release_batch,
    results_of,
    take_batch,
)
from kb.home.file_owners import note_owner
from kb.home.files import get_file, put_file, upload_path
from kb.home.home import Home
from serving.http.batches.lines import Line, read_lines

WINDOW_SECONDS = 24 * 3600  # the only one that OpenAI has: what is not done by then is given up
OWNER = "ibid.owner"  # in the scope of a request that a batch makes: the id of the key that asked for the batch

_AT_ONCE = 4  # requests of a batch: people who wait for an answer have the other places
_BEAT_SECONDS = 1.0  # how soon a batch that is cancelled stops
_LOOK_SECONDS = 30.0  # between two looks for batches that other servers let go
_BUSY_SECONDS = 5.0  # before a request is made again for which the server had no place


class BatchRunner:
    """A thread that works off the batches of a home folder, one after the other."""

    def __init__(self, home: Home, app: ASGIApp) -> None:
        self._home = home
        self._app = app
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ibid-batches", daemon=True)

    def start(self) -> None:
        """Begins, also with what an earlier server left."""
        self._thread.start()

    def wake(self) -> None:
        """Says that there is a new batch."""
        self._wake.set()

    def stop(self) -> None:
        """Ends; a batch under way is left for the next server, without what it has done being lost."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            batch = None
            with suppress(IbidError, OSError):  # a disk that is full, say: the next look finds the batch again
                batch = take_batch(self._home)
                if batch is not None:
                    self._work(batch)
            if batch is None:
                self._wake.wait(_LOOK_SECONDS)
                self._wake.clear()

    def _work(self, batch: Batch) -> None:
        try:
            content = upload_path(self._home, get_file(self._home, batch.input_file_id)).read_bytes()
        except (IbidError, OSError):
            fail_batch(self._home, batch.id, [LineError("file_not_found", "the input file is not here any more")])
            return
        lines, errors = read_lines(content, batch.endpoint)
        if errors:
            fail_batch(self._home, batch.id, errors)
            return
        begin_batch(self._home, batch.id, len(lines))
        done = {result.line for result in results_of(self._home, batch.id)}
        left = iter([line for line in lines if line.number not in done])
        state = asyncio.run(self._ask_all(batch, left))
        if self._ending.is_set():
            release_batch(self._home, batch.id)
            return
        self._note_not_asked(batch, left, state)
        self._write_files(batch, state)

    async def _ask_all(self, batch: Batch, left: Iterator[Line]) -> BatchState:
        """Asks what is left, some at once, and says how the batch ends."""
        deadline = batch.moments[BatchState.VALIDATING] + WINDOW_SECONDS
        asking: dict[asyncio.Task[Result], Line] = {}
        transport = httpx.ASGITransport(app=self._as_owner(batch.owner), raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=WINDOW_SECONDS)
        async with client:
            while True:
                ending = self._state(batch, deadline)
                if ending is BatchState.COMPLETED:
                    while len(asking) < _AT_ONCE and (line := next(left, None)) is not None:
                        asking[asyncio.ensure_future(_ask(client, batch.endpoint, line))] = line
                if not asking or ending is not BatchState.COMPLETED:
                    break
                finished, _ = await asyncio.wait(asking, timeout=_BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                note_results(self._home, batch.id, [task.result() for task in finished])
                for task in finished:
                    del asking[task]
            await self._give_up(batch, asking, ending)
        return ending

    def _state(self, batch: Batch, deadline: int) -> BatchState:
        """How the batch ends if it ends now: completed, unless something cuts it off."""
        if beat(self._home, batch.id) is BatchState.CANCELLING:
            return BatchState.CANCELLED
        if time.time() > deadline:
            return BatchState.EXPIRED
        return BatchState.IN_PROGRESS if self._ending.is_set() else BatchState.COMPLETED

    async def _give_up(self, batch: Batch, asking: Mapping[asyncio.Task[Result], Line], ending: BatchState) -> None:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        if ending is not BatchState.IN_PROGRESS:
            self._note_not_asked(batch, asking.values(), ending)

    def _note_not_asked(self, batch: Batch, lines: Iterable[Line], ending: BatchState) -> None:
        code, message = _WHY_NOT_ASKED.get(ending, ("", ""))
        failed = [Result(line.number, worked=False, written=_failed(line, code, message)) for line in lines]
        note_results(self._home, batch.id, failed)

    def _write_files(self, batch: Batch, state: BatchState) -> None:
        finalize_batch(self._home, batch.id)
        results = results_of(self._home, batch.id)
        worked, failed = ([one.written for one in results if one.worked is wanted] for wanted in (True, False))
        output = self._put(batch, f"{batch.id}_output.jsonl", worked)
        errors = self._put(batch, f"{batch.id}_error.jsonl", failed)
        end_batch(self._home, batch.id, state, output, errors)

    def _put(self, batch: Batch, name: str, lines: Sequence[str]) -> str:
        if not lines:
            return ""
        expires_at = in_seconds(batch.keep_seconds) if batch.keep_seconds else ""
        file = put_file(self._home, name, (f"{line}\n".encode() for line in lines), "batch_output", expires_at)
        note_owner(self._home, file.id, batch.owner)
        return file.id

    def _as_owner(self, owner: str) -> ASGIApp:
        async def ask(scope: Scope, receive: Receive, send: Send) -> None:
            await self._app({**scope, OWNER: owner}, receive, send)

        return ask


_LATER = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
_WHY_NOT_ASKED = {
    BatchState.CANCELLED: ("batch_cancelled", "the batch was cancelled before this request was answered"),
    BatchState.EXPIRED: ("batch_expired", "the batch's 24 hours were over before this request was answered"),
}


async def _ask(client: httpx.AsyncClient, endpoint: str, line: Line) -> Result:
    """Makes one request, again and again while the server has no place for it."""
    while True:
        response = await client.post(endpoint, json=line.body)
        if response.status_code not in _LATER:
            break
        await asyncio.sleep(_BUSY_SECONDS)
    told = {
        "id": f"batch_req_{secrets.token_hex(12)}",
        "custom_id": line.custom_id,
        "response": {
            "status_code": response.status_code,
            "request_id": response.headers.get("x-request-id", ""),
            "body": response.json(),
        },
        "error": None,
    }
    return Result(line.number, worked=response.is_success, written=json.dumps(told, ensure_ascii=False))


def _failed(line: Line, code: str, message: str) -> str:
    told: dict[str, Any] = {
        "id": f"batch_req_{secrets.token_hex(12)}",
        "custom_id": line.custom_id,
        "response": None,
        "error": {"code": code, "message": message},
    }
    return json.dumps(told, ensure_ascii=False)
