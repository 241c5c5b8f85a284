"""Takes the pictures of the README: the real server over the example documents, asked in English and in Chinese.

python -m tests.ui.browser.screenshots            from a new home: about a minute and a half
python -m tests.ui.browser.screenshots --api URL  a server that already holds the example documents
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from kb.settings import ServeSettings, Settings
from serving.http.server import listen
from tests.ui.browser.chromium import browser, chromium_path, running_app, wait_for
from ui.browser.launch import api_url

_ROOT = Path(__file__).parents[3]
_SIZE = {"width": 1360, "height": 850}  # readable at the width that README pages have
_SHOTS = {
    "ask-en": ("ask", "en-GB", "How many marks are taken off a report that arrives 30 hours late?"),
    "ask-zh": ("ask", "zh-CN", "二甲双胍每日最大剂量是多少？"),
    "find-en": ("find", "en-GB", "extension evidence"),
    "find-zh": ("find", "zh-CN", "二甲双胍 剂量"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--api", help="base URL of a running server")
    parser.add_argument("--out", type=Path, default=_ROOT / "docs" / "images")
    options = parser.parse_args()
    if chromium_path() is None:
        print("Chromium is not installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        server(options.api, Path(folder)) as api,
        running_app(api, Path(folder)) as app,
        browser() as opened,
    ):
        for name, (page, locale, words) in _SHOTS.items():
            save(take(opened, app, page, locale, words), options.out / f"{name}.png")
    return 0


@contextmanager
def server(given: str | None, home: Path) -> Iterator[str]:
    """A server that holds the example documents."""
    if given:
        yield given
        return
    environment = {**os.environ, "IBID_HOME": str(home)}
    ibid = [sys.executable, "-m", "ui.terminal.main"]
    subprocess.run([*ibid, "ingest", str(_ROOT / "examples" / "documents")], env=environment, check=True)
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


def take(opened: Any, app: str, name: str, locale: str, words: str) -> bytes:
    """The page Ask after a question, or the page Find after a search with its first result opened, as PNG."""
    context = opened.new_context(viewport=_SIZE, locale=locale, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(app if name == "ask" else f"{app}/{name}")
    field = page.locator("[data-testid=stChatInputTextArea], .st-key-wanted input")
    field.fill(words)
    field.press("Enter")
    if name == "find":
        page.locator(".result").first.click()
    page.locator(".st-key-source img").wait_for()
    field.blur()
    page.wait_for_timeout(1500)  # until the page has settled: fonts, and the scroll to the highlight
    picture: bytes = page.screenshot()
    context.close()
    return picture


def save(picture: bytes, path: Path) -> None:
    """Saves with 256 colours: a third of the size, and no difference to the eye on a page of text."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT).save(
        path, optimize=True
    )
    print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
