"""Headless Chromium and the app, for tests that look at pages and for the script that takes pictures of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from kb.settings import ServeSettings, Settings
from ui.browser.launch import app_command

# How long anything on a page may take to come, in milliseconds. On two cores under a load of fifteen, all but the
# reading of files came within 20 seconds; only a journey that fails takes longer where more is waited for.
PATIENCE = 60_000

# A browser that asks nobody for anything: no updates, no account, no background requests.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Any]:
    """A playwright browser; every page of it begins with nothing stored."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=list(_FLAGS))
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def running_app(api_url: str, home: Path) -> Iterator[str]:
    """The app as `ibid app` starts it, against a server at `api_url`; gives its own URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = app_command(Settings(home=home, serve=ServeSettings(app_port=port)))
    process = subprocess.Popen(command, env={**os.environ, "IBID_API_URL": api_url, "HOME": str(home)})
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/_stcore/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the app ended at once"
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise AssertionError("the app did not start within 30 seconds")
