"""The server behind the app while waits in the app are measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.settings import ServeSettings, Settings
from serving.http.server import listen
from tests.ui.browser.chromium import wait_for
from ui.browser.launch import api_url

_DOCUMENTS = Path(__file__).parents[1] / "examples" / "documents"


@contextmanager
def example_server(given: str | None, home: Path) -> Iterator[str]:
    """The base URL that was given, or that of a server in a process of its own that holds the example documents."""
    if given:
        yield given
        return
    environment = {**os.environ, "IBID_HOME": str(home)}
    ibid = [sys.executable, "-m", "ui.terminal.main"]
    subprocess.run([*ibid, "ingest", str(_DOCUMENTS)], env=environment, check=True, stdout=subprocess.DEVNULL)
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([*ibid, "serve", "--port", str(port)], env=environment)
    try:
        url = api_url(Settings(home=home, serve=ServeSettings(port=port)))
        wait_for(f"{url}/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(20)
