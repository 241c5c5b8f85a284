"""`ibid serve`, `worker`, `app`, `up`, `mcp`: the programs that stay up."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from types import FrameType

import httpx

from kb.errors import IbidError
from kb.settings import ServeSettings, Settings
from retriever import embedder_of

START_SECONDS = 120.0  # the first start prepares the embedding model, which takes half a minute on two busy cores
STOP_SECONDS = 20.0  # a stream may end its sentence, five seconds at most; then vLLM, if it is ours, takes up to twelve
RESTART_SECONDS = 1.0  # a part that dies at once must not be restarted in a tight loop


def serve(options: argparse.Namespace, settings: Settings) -> int:
    """Runs the HTTP server until interrupted."""
    from eval.own_questions.figures import compare_run_files
    from serving.http.server import serve as run_server

    def say(line: str) -> None:
        print(f"ibid: {line}", file=sys.stderr, flush=True)

    run_server(_with_addresses(options, settings), say, compare_run_files)
    return 0


def worker(options: argparse.Namespace, settings: Settings) -> int:
    """Takes uploads in and measures until interrupted; the file in hand is finished first."""
    from ingest.sandbox import ParserPool
    from ingest.worker import work
    from kb.home.home import Home
    from ui.terminal.evaluating import evaluating_what_waits

    stopped = threading.Event()
    _on_stop_signals(stopped)
    home = Home(settings.home)
    if options.evaluations:
        from eval.own_questions.evaluating import work_off

        work_off(home, settings, stopped)
        return 0
    with nullcontext() if options.only == "uploads" else evaluating_what_waits(home):
        if options.only == "evaluations":
            stopped.wait()
            return 0
        with ParserPool(settings.limits) as pool:
            work(home, settings, embedder_of(settings), pool.parse_all, stopped)
    return 0


def mcp(_options: argparse.Namespace, settings: Settings) -> int:
    """Answers an assistant over stdin and stdout until it closes them."""
    from serving.mcp.stdio import serve_stdio

    serve_stdio(settings)
    return 0


def app(options: argparse.Namespace, settings: Settings) -> int:
    """Runs the browser app until interrupted."""
    from kb.home.home import Home
    from kb.home.keys import list_keys
    from ui.browser.launch import run_app

    if list_keys(Home(settings.home)) and not (settings.app.key or os.environ.get("IBID_API_KEY")):
        print("ibid: the server asks for a key, and the app has none: set IBID_API_KEY or [app] key", file=sys.stderr)
    return run_app(_with_addresses(options, settings))


def up(options: argparse.Namespace, settings: Settings) -> int:
    """Runs server, worker and app, each in its own process, and restarts a worker or an app that dies."""
    settings = _with_addresses(options, settings)
    stopped = threading.Event()
    _on_stop_signals(stopped)
    parts = {name: _start(name, settings) for name in ("serve", "worker", "app")}
    try:
        _wait_for_server(parts["serve"], settings.serve, stopped)
        if not stopped.is_set():
            address = settings.serve
            print(f"API  http://{address.host}:{address.port}/v1", file=sys.stderr)
            print(f"App  http://{address.host}:{address.app_port}  (Ctrl-C stops everything)", file=sys.stderr)
        return _watch(parts, settings, stopped)
    finally:
        _stop(list(parts.values()))


def _with_addresses(options: argparse.Namespace, settings: Settings) -> Settings:
    names = ("host", "port", "app_port", "workers")
    given = {name: getattr(options, name, None) for name in names}
    model = getattr(options, "vllm", None) or settings.vllm.model
    return replace(
        settings,
        serve=replace(settings.serve, **{k: v for k, v in given.items() if v is not None}),
        vllm=replace(settings.vllm, model=model),
    )


def _start(name: str, settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ui.terminal.main", name, "--home", str(settings.home)]
    command += ["-c", settings.collection]
    if name != "worker":
        command += ["--host", settings.serve.host, "--port", str(settings.serve.port)]
    if name == "serve":
        command += ["--workers", str(settings.serve.workers)]
        command += ["--vllm", settings.vllm.model] if settings.vllm.model else []
    if name == "app":
        command += ["--app-port", str(settings.serve.app_port)]
    return subprocess.Popen(command)  # noqa: S603 (our own program)


def _wait_for_server(server: subprocess.Popen[bytes], address: ServeSettings, stopped: threading.Event) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not stopped.wait(0.2) and server.poll() is None:
        try:
            httpx.get(f"http://{address.host}:{address.port}/health", timeout=2)
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                raise IbidError("the server does not answer", str(error), "See its messages above") from error
        else:
            return


def _watch(parts: dict[str, subprocess.Popen[bytes]], settings: Settings, stopped: threading.Event) -> int:
    """Until stopped, or until the server ends: without it nothing works, so its exit status is ours."""
    while not stopped.wait(RESTART_SECONDS):
        status = parts["serve"].poll()
        if status is not None:
            return status
        for name in ("worker", "app"):
            status = parts[name].poll()
            if status == 2:  # wrong usage or a port in use: starting it again changes nothing
                return status
            if status is not None:
                print(f"ibid: the {name} ended with status {status}; it is started again", file=sys.stderr)
                parts[name] = _start(name, settings)
    return 0


def _stop(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    for part in parts:
        if part.poll() is None:
            part.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for part in parts:
        try:
            part.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def _on_stop_signals(stopped: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
