"""Takes the pictures of the README and of docs/app.md: the real server over the example documents, in both languages.

python -m tests.ui.browser.screenshots                 from a new home: some three minutes
python -m tests.ui.browser.screenshots --looks FOLDER  every page by day and by night, wide and narrow, to look at
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from kb.settings import ServeSettings, Settings
from serving.http.server import listen
from tests.ui.browser.chromium import PATIENCE, browser, chromium_path, running_app, wait_for
from ui.browser.launch import api_url

_ROOT = Path(__file__).parents[3]
_SIZE = (1360, 850)  # readable at the width that README pages have
_LOOKS = ((1600, "light"), (1600, "dark"), (390, "light"), (390, "dark"))
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}
_ASKED = {
    "en": "How many marks are taken off a report that arrives 30 hours late?",
    "zh": "二甲双胍每日最大剂量是多少？",
}
_FOUND = {"en": "extension evidence", "zh": "二甲双胍 剂量"}
_OPENED = {
    "en": "inf342-handbook.pdf",
    "zh": "yunxi-library-regulation.html",
}  # the page of a document shows one of these


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=_ROOT / "docs" / "images")
    parser.add_argument("--looks", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if chromium_path() is None:
        print("Chromium is not installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    folder: Path = options.looks or options.out
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        server(Path(home)) as api,
        running_app(api, Path(home)) as app,
        browser() as opened,
    ):
        for language, locale in _LOCALES.items():
            for width, scheme in _LOOKS if options.looks else ((_SIZE[0], "light"),):
                context = opened.new_context(
                    viewport={"width": width, "height": _SIZE[1]}, locale=locale, color_scheme=scheme
                )
                context.set_default_timeout(PATIENCE)
                for name, prepare in pages(app, api, language).items():
                    page = context.new_page()
                    prepare(page)
                    page.wait_for_timeout(1500)  # until the page has settled: fonts, and the scroll to the highlight
                    look = f"-{width}-{scheme}" if options.looks else ""
                    save(page.screenshot(), folder / f"{name}-{language}{look}.png")
                    page.close()
                context.close()
    return 0


@contextmanager
def server(home: Path) -> Iterator[str]:
    """A server that holds the example documents, and has measured itself twice with their questions."""
    environment = {**os.environ, "IBID_HOME": str(home)}
    ibid = [sys.executable, "-m", "ui.terminal.main"]
    subprocess.run([*ibid, "ingest", str(_ROOT / "examples" / "documents")], env=environment, check=True)
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([*ibid, "serve", "--port", str(port)], env=environment)
    try:
        url = api_url(Settings(home=home, serve=ServeSettings(port=port)))
        wait_for(f"{url}/health", process)
        place = f"{url}/ibid/collections/default"
        questions = (_ROOT / "examples" / "questions.yaml").read_text("utf-8")
        httpx.put(f"{place}/questions", json={"version": "", "text": questions}).raise_for_status()
        for _ in range(2):
            httpx.post(f"{place}/evaluations").raise_for_status()
            subprocess.run([*ibid, "worker", "--evaluations"], env=environment, check=True)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def pages(app: str, api: str, language: str) -> dict[str, Callable[[Any], None]]:
    """What brings each page into view, by its name."""
    return {
        "ask": partial(_after_typing, address=app, words=_ASKED[language]),
        "find": partial(_after_typing, address=f"{app}/find", words=_FOUND[language]),
        "library": partial(_when_there, address=f"{app}/library", shown=".row"),
        "document": partial(_when_there, address=_document(app, api, language), shown=".passage"),
        "check": partial(_when_there, address=f"{app}/check", shown=".metric"),
        "care": partial(_when_there, address=f"{app}/look-after", shown=".record"),
    }


def _after_typing(page: Any, address: str, words: str) -> None:
    """The page Ask after a question, or the page Find after a search with its first result opened."""
    page.goto(address)
    field = page.locator("[data-testid=stChatInputTextArea], .st-key-wanted input")
    field.fill(words)
    field.press("Enter")
    if address.endswith("find"):
        page.locator(".result").first.click()
    elif page.viewport_size["width"] < 900:  # the source is a sheet, which opens when it is asked for
        page.locator(".summary").wait_for()
        return
    page.locator(".st-key-source img").wait_for()
    field.blur()


def _when_there(page: Any, address: str, shown: str) -> None:
    page.goto(address)
    page.locator(shown).first.wait_for()


def _document(app: str, api: str, language: str) -> str:
    """The address of the page of a document."""
    files = httpx.get(f"{api}/v1/vector_stores/default/files?limit=100").json()["data"]
    chosen = next(file["id"] for file in files if file["ibid"]["name"].endswith(_OPENED[language]))
    return f"{app}/document?collection=default&document={httpx.get(f'{api}/documents/{chosen}').json()['id']}"


def save(picture: bytes, path: Path) -> None:
    """Saves with 256 colours: a third of the size, and no difference to the eye on a page of text."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT).save(
        path, optimize=True
    )
    print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
