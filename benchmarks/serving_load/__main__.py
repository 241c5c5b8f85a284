"""How the server stands under load: its own cost, many streams, ten times too many, cancelled questions, memory.

    python -m benchmarks.serving_load --home DIR [--workers 1] [--measure overhead overload …] [--json FILE]

DIR is a home whose default collection answers the question (`ibid ingest examples/documents`). Server (`--workers`
processes), model server and clients share this machine, so that the figures hold what the clients cost, too. The model
server is scripted: `--first`, `--gap` and `--pieces` say how a reply comes (by default as from a busy GPU: 0.3 s to the
first token, then 20 tokens a second, 5 s in all).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.serving_load.measures import Bench, cancelled, overhead, overload, soak
from benchmarks.serving_load.model import Pace, run_model
from benchmarks.serving_load.server import Share, run_server
from serving.http.server import listen

MEASURES = {"overhead": overhead, "overload": overload, "cancelled": cancelled, "soak": soak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1, help="server processes")
    parser.add_argument("--question", default="图书馆何时闭馆？")
    parser.add_argument("--measure", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--first", type=float, default=0.3, help="seconds to the model's first token")
    parser.add_argument("--gap", type=float, default=0.05, help="seconds between two of its tokens")
    parser.add_argument("--pieces", type=int, default=95, help="tokens of a reply")
    parser.add_argument("--streams", type=int, default=128)
    parser.add_argument("--cancel", type=int, default=2_000, help="questions to cancel")
    parser.add_argument("--minutes", type=float, default=3.0, help="of the soak")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    pace = Pace(options.first, options.gap, options.pieces)
    spawn = multiprocessing.get_context("spawn")
    model_url, _, _ = _start(spawn, run_model, pace)
    report: dict[str, Any] = {"cpus": os.cpu_count(), "load": os.getloadavg()[0], "pace": pace.seconds}
    report["workers"] = options.workers
    with listen("127.0.0.1", 0) as listener, tempfile.TemporaryDirectory() as counters:
        shares = [Share(listener, Path(counters), options.workers, number) for number in range(options.workers)]
        started = [_start(spawn, run_server, options.home, model_url, share) for share in shares]
        _, pipes, processes = zip(*started, strict=True)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        bench = Bench(url, model_url, pipes, processes, options.question, pace)
        for name in options.measure:
            report[name] = asyncio.run(MEASURES[name](bench, options))
            print(name, json.dumps(report[name]), file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _start(
    spawn: multiprocessing.context.SpawnContext, target: Callable[..., None], *arguments: object
) -> tuple[str, Connection, int]:
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    return str(ours.recv()), ours, process.pid or 0


if __name__ == "__main__":
    main()
