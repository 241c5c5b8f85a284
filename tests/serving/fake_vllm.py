"""An environment whose `python` plays vLLM: it looks like the interpreter, and starts a server that does as it is told.

It is run as a program, so it needs nothing but the standard library. How it behaves stands in the file `behaviour`
beside it, one word for each start, the last word for all further ones:

    well     is healthy until it is stopped
    ends     is healthy for a moment, then ends with an error
    sick     is healthy for a moment, then says 503
    broken   ends at once with an error, as for a model that there is not
    endless  never becomes healthy
    stubborn is healthy, and takes no notice of SIGTERM

Each start is written to `starts`, with its arguments and variables; a child process that it starts, to `children`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MOMENT = 0.6  # seconds
HERE = Path(sys.argv[0]).parent


def make_fake_vllm(folder: Path, *behaviour: str, package: str = "vllm", version: str = "0.32.0") -> Path:
    """An environment in `folder`; returns its interpreter."""
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text(f"#!{sys.executable}\n{Path(__file__).read_text()}")
    python.chmod(0o755)
    (folder / "bin" / "behaviour").write_text(" ".join(behaviour))
    (folder / "bin" / "packages").write_text(json.dumps({package: version} if package else {}))
    return python


def starts_of(python: Path) -> list[dict[str, object]]:
    """What each start was given."""
    file = python.with_name("starts")
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def children_of(python: Path) -> list[int]:
    """The processes that it started."""
    file = python.with_name("children")
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _play() -> int:
    if sys.argv[1] == "-c":
        print((HERE / "packages").read_text())
        return 0
    with (HERE / "starts").open("a") as file:
        names = ("VLLM_API_KEY", "VLLM_NO_USAGE_STATS", "PYTHONPATH", "PATH")
        given = {name: os.environ.get(name) for name in names}
        file.write(json.dumps({"arguments": sys.argv[1:], "variables": given}) + "\n")
    words = (HERE / "behaviour").read_text().split()
    started = len((HERE / "starts").read_text().splitlines())
    word = words[min(started, len(words)) - 1]
    print("INFO loading weights", flush=True)
    if word == "broken":
        print("OSError: no-such/model is not a local folder and is not a valid model identifier", flush=True)
        return 1
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    with (HERE / "children").open("a") as file:
        file.write(f"{os.getpid()} {child.pid}\n")
    if word == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return _serve(word)


def _serve(word: str) -> int:
    began = time.monotonic()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            over = time.monotonic() - began > MOMENT
            self.send_response(503 if word == "endless" or (word == "sick" and over) else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            allowed = self.headers["Authorization"] == f"Bearer {os.environ['VLLM_API_KEY']}"
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for text, finish in ((f"{body['model']} says so [1].", None), ("", "stop")):
                choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
                chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    port = int(sys.argv[sys.argv.index("--port") + 1])
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if word == "ends":
        threading.Timer(MOMENT, lambda: (print("RuntimeError: engine died", flush=True), os._exit(3))).start()
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(_play())
