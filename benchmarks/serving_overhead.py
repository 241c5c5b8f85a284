"""What ibid's layer costs over the model server behind it: time to the first words, and answers a second.

    python benchmarks/serving_overhead.py --home DIR [--question TEXT] [--requests 100] [--clients 1 8] [--json FILE]

DIR is a home folder whose default collection holds the answer to the question (`ibid ingest examples/documents`). A
model server that follows a script stands in a process of its own and sends its reply as fast as it can, so that what is
left is the layer: reading the request, embedding and searching, judging the evidence, building the prompt, calling the
model, releasing the first sentence. The same requests go to the model server directly for comparison.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kb.settings import ModelSettings, ServeSettings, read_settings
from tests.serving.model_server import Reply, model_server

# A reply of four sentences in some 60 pieces, as a model would stream it.
_REPLY = (
    "The passage says what it says [1]. It goes on for a while [2]. Nothing more is known [1][3]. That is all [1]. "
)
WARM_UP = 5  # requests that are not counted: connections, caches, the first import
PIECES = tuple(word + " " for word in _REPLY.split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--question", default="图书馆何时闭馆？")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    spawn = multiprocessing.get_context("spawn")
    model_url = _start(spawn, _run_model)
    ibid_url, process = _start_with_id(spawn, _run_ibid, options.home, model_url)
    report = {"question": options.question, "requests": options.requests, "cpus": os.cpu_count(), "runs": []}
    for clients in options.clients:
        raw = _measure(model_url, "scripted", options.question, options.requests, clients)
        spent = _cpu_seconds(process)
        ours = _measure(ibid_url, "ibid", options.question, options.requests, clients)
        answers = options.requests // clients * clients + WARM_UP
        ours["cpu_ms"] = round(1000 * (_cpu_seconds(process) - spent) / answers, 2)
        added = {name: round(ours[name] - raw[name], 2) for name in ("first_ms_p50", "whole_ms_p50")}
        report["runs"].append({"clients": clients, "model_server": raw, "ibid": ours, "added": added})
        print(f"{clients} clients: {raw} behind {ours}; added {added}")
    if options.json:
        options.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _start(spawn: multiprocessing.context.SpawnContext, target: Callable[..., None], *arguments: object) -> str:
    return _start_with_id(spawn, target, *arguments)[0]


def _start_with_id(
    spawn: multiprocessing.context.SpawnContext, target: Callable[..., None], *arguments: object
) -> tuple[str, int]:
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    return str(ours.recv()), process.pid or 0


def _cpu_seconds(process: int) -> float:
    """CPU seconds that a process has used (Linux), which other programs on the machine hardly change."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run_model(pipe: Connection) -> None:
    with model_server(Reply(PIECES)) as server:
        pipe.send(server.base_url)
        threading.Event().wait()


def _run_ibid(pipe: Connection, home: Path, model_url: str) -> None:
    import uvicorn

    from serving.http import create_app
    from serving.http.server import listen

    settings = replace(
        read_settings(home=home),
        model=ModelSettings(base_url=model_url, name="scripted"),
        serve=ServeSettings(port=0),
    )
    listener = listen("127.0.0.1", 0)
    app = create_app(settings)
    app.state.services.collections.get("default").searcher.search(_REPLY)
    pipe.send(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


def _measure(url: str, model: str, question: str, requests: int, clients: int) -> dict[str, float]:
    body = {"model": model, "messages": [{"role": "user", "content": question}], "stream": True}
    first: list[float] = []
    whole: list[float] = []

    def one_client(count: int) -> None:
        with httpx.Client(timeout=60) as http:
            for _ in range(count):
                begun, seen = time.perf_counter(), 0.0
                with http.stream("POST", f"{url}/chat/completions", json=body) as response:
                    for line in response.iter_lines():
                        if not seen and _has_words(line):
                            seen = time.perf_counter() - begun
                first.append(seen)
                whole.append(time.perf_counter() - begun)

    one_client(WARM_UP)
    first.clear()
    whole.clear()
    threads = [threading.Thread(target=one_client, args=(requests // clients,)) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    return {
        "first_ms_p50": round(1000 * statistics.median(first), 2),
        "first_ms_p95": round(1000 * statistics.quantiles(first, n=20)[18], 2),
        "whole_ms_p50": round(1000 * statistics.median(whole), 2),
        "per_second": round(len(whole) / seconds, 1),
    }


def _has_words(line: str) -> bool:
    if not line.startswith("data: {"):
        return False
    data = json.loads(line.removeprefix("data: "))
    if "error" in data:
        raise SystemExit(data["error"]["message"])
    return any(choice["delta"].get("content") for choice in data["choices"])


if __name__ == "__main__":
    main()
