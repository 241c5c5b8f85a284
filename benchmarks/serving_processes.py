"""What several server processes give and take: answers a second, memory; and what observing a request costs.

    python benchmarks/serving_processes.py --home DIR [--workers 1 2] [--clients 8] [--seconds 10] [--json FILE]

DIR is a home folder whose default collection holds the answer to the question (`ibid ingest examples/documents`). The
answers are quotes, so that no model server takes part. Memory is read from /proc (Linux) after the requests: what a
process holds, and what of it is its own. Observing is timed around a server that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from serving.http.operating.observing.log import RequestLog, configure_log
from serving.http.operating.observing.meters import Meters
from serving.http.operating.observing.middleware import Observer

START_SECONDS = 120.0  # the first start prepares the embedding models
TIMES = 20_000  # requests that are timed for what observing costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--question", default="How much is deducted for late work?")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    runs = [_measure(options, workers) for workers in options.workers]
    observing = {log: _observing_us(log) for log in ("off", "json")}
    report = {"cpus": os.cpu_count(), "clients": options.clients, "runs": runs, "observing_us": observing}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def _measure(options: argparse.Namespace, workers: int) -> dict[str, object]:
    with _served(options.home, workers) as (process, address):
        body = {"model": "ibid", "messages": [{"role": "user", "content": options.question}]}
        for _ in range(4 * workers):  # so that each process has answered
            httpx.post(f"{address}/v1/chat/completions", json=body, timeout=60).raise_for_status()
        first, *children = _processes(process.pid)
        answering = children or [first]
        spent = sum(map(_cpu_seconds, answering))
        taken: list[float] = []
        end = time.monotonic() + options.seconds
        threads = [threading.Thread(target=_ask, args=(address, body, end, taken)) for _ in range(options.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = sum(map(_cpu_seconds, answering)) - spent
        taken.sort()
        return {
            "workers": workers,
            "answers_a_second": round(len(taken) / options.seconds, 1),
            "ms_p50": round(1000 * statistics.median(taken), 1),
            "ms_p99": round(1000 * taken[int(0.99 * len(taken))], 1),
            "cpu_ms_an_answer": round(1000 * spent / len(taken), 1),
            "processes_mb": [{"holds": holds, "own": own} for holds, own in map(_memory_mb, answering)],
            "parent_mb": _memory_mb(first)[0] if children else 0,
        }


@contextmanager
def _served(home: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ui.terminal.main", "serve", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen([*command, "--workers", str(workers)], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    try:
        while not _is_ready(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the server did not start")
            time.sleep(0.5)
        yield process, address
    finally:
        process.terminate()
        process.wait()


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _ask(address: str, body: dict[str, object], end: float, taken: list[float]) -> None:
    with httpx.Client(timeout=60) as client:
        while (began := time.monotonic()) < end:
            client.post(f"{address}/v1/chat/completions", json=body).raise_for_status()
            taken.append(time.monotonic() - began)


def _processes(parent: int) -> list[int]:
    """The process that was started, then those that answer for it."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    answering = [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return [parent, *answering]


def _cpu_seconds(process: int) -> float:
    """Seconds of the processors that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process: int) -> tuple[int, int]:
    """Megabytes that a process holds, and those of them that are its own."""
    told = Path(f"/proc/{process}/smaps_rollup").read_text()
    sizes = {name: int(size) for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", told, re.MULTILINE)}
    return round(sizes["Rss"] / 1000), round((sizes["Private_Clean"] + sizes["Private_Dirty"]) / 1000)


async def _answer_at_once(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _observing_us(log: str) -> float:
    """Microseconds that observing adds to a request."""
    configure_log(log, io.StringIO())
    observed = Observer(_answer_at_once, Meters(), RequestLog(), None)
    return round(_microseconds_of(observed) - _microseconds_of(_answer_at_once), 1)


def _microseconds_of(app: ASGIApp) -> float:
    """Microseconds of one request."""
    scope = {"type": "http", "method": "GET", "path": "/health/live", "headers": [(b"host", b"localhost")]}

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_message: Message) -> None:
        return

    async def run() -> float:
        began = time.perf_counter()
        for _ in range(TIMES):
            await app(dict(scope), receive, send)
        return time.perf_counter() - began

    return min(asyncio.run(run()) for _ in range(3)) / TIMES * 1e6


if __name__ == "__main__":
    main()
