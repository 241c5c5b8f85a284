"""How long people wait in the app, in headless Chromium on this machine.

python -m benchmarks.app_latency            from a new home: some four minutes
python -m benchmarks.app_latency --api URL  a server that already holds the example documents

Three waits: from opening the address until a question can be typed; from the first sentence that leaves the server
until its words stand on the page; from the click on a citation until its page, with the words highlighted, is drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.app_server import example_server
from tests.ui.browser.chromium import browser, running_app
from tests.ui.browser.fake_server import full_state, serving

_GOALS = {"shell": 2000, "first words": 300, "citation": 400}  # milliseconds

# Questions whose answers cite pages of the example PDFs.
_QUESTIONS = (
    "How many marks are taken off a report that arrives 30 hours late?",
    "When and where is the written examination of INF 342?",
    "二甲双胍每日最大剂量是多少？",
    "Which extensions may the course administrator grant, and which the lecturer?",
)

# Notes the page's own time at which the question field can be typed into and is painted. Looking from outside would
# find it up to half a second later.
_USABLE = """new MutationObserver((_, watching) => {
  if (!document.querySelector("[data-testid=stChatInputTextArea]:enabled")) return;
  watching.disconnect();
  requestAnimationFrame(() => { window.usable = Date.now(); });
}).observe(document, { subtree: true, childList: true, attributes: true })"""

# Resolves to the page's own time at which the first sentence stands there and is painted.
_FIRST_SENTENCE = """() => new Promise((resolve) => {
  const find = (root) => [...root.querySelectorAll("*")].some(
    (node) => node.matches(".sentence") || (node.shadowRoot && find(node.shadowRoot)));
  const look = () => requestAnimationFrame(() => (find(document) ? resolve(Date.now()) : look()));
  look();
})"""

# Clicks, and resolves to the milliseconds until another picture is decoded and painted; -1 where none comes.
_CLICK = """(chip) => new Promise((resolve) => {
  const find = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.matches("figure img")) return node;
      const inner = node.shadowRoot && find(node.shadowRoot);
      if (inner) return inner;
    }
  };
  const panel = document.querySelector(".st-key-source");
  const before = (find(panel) || {}).src;
  const began = performance.now();
  const look = () => requestAnimationFrame(() => {
    const found = find(panel);
    const passed = () => performance.now() - began;
    if (found && found.src !== before && found.complete) requestAnimationFrame(() => resolve(passed()));
    else if (passed() > 3000) resolve(-1);
    else look();
  });
  chip.click();
  look();
})"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--api", help="base URL of a running server")
    parser.add_argument("--passages", type=int, default=20_000, help="in the collection of a new home")
    parser.add_argument("--times", type=int, default=20, help="measurements of each wait")
    parser.add_argument("--json", type=Path, help="where to write the result")
    options = parser.parse_args()
    waits: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, browser() as opened:
        waits["first words"] = first_words(opened, Path(folder), options.times)
        with example_server(options.api, Path(folder), options.passages) as api, running_app(api, Path(folder)) as app:
            waits["shell"] = repeated(lambda: shell(opened, app), options.times)
            waits["citation"] = citations(opened, app, options.times)
    report = {
        name: {"n": len(found), "p50": statistics.median(found), "p95": p95(found), "goal": _GOALS[name]}
        for name, found in waits.items()
    }
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, row in report.items():
        print(f"{name:12}  p50 {row['p50']:5.0f} ms  p95 {row['p95']:5.0f} ms  (goal {row['goal']} ms, n = {row['n']})")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def shell(opened: Any, app: str) -> float:
    """From opening the address in a browser that has nothing stored until a question can be typed."""
    context = opened.new_context(viewport={"width": 1600, "height": 900})
    page = context.new_page()
    page.add_init_script(_USABLE)
    began = time.time()
    page.goto(app, wait_until="commit")
    page.wait_for_function("window.usable")
    passed = float(page.evaluate("window.usable")) - began * 1000
    context.close()
    return passed


def first_words(opened: Any, folder: Path, times: int) -> list[float]:
    """From the moment at which a scripted server lets the first sentence go."""
    state = full_state(pause=0.7)
    found = []
    with serving(state) as api, running_app(api, folder) as app:
        page = opened.new_page(viewport={"width": 1600, "height": 900})
        page.goto(app)
        for _ in range(times):
            page.get_by_test_id("stChatInputTextArea").fill("How many marks does late work lose?")
            page.get_by_test_id("stChatInputTextArea").press("Enter")
            shown = page.evaluate(_FIRST_SENTENCE)
            found.append(shown - state.first_sent * 1000)
            page.locator(".summary").wait_for()
            page.get_by_role("button", name="New conversation").click()
            page.locator(".sentence").first.wait_for(state="detached")
        page.close()
    return found


def citations(opened: Any, app: str, times: int) -> list[float]:
    """From the click, one way and back through the citations of answers that have just been given."""
    context = opened.new_context(viewport={"width": 1600, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(app)
    found: list[float] = []
    while len(found) < times:
        before = len(found)
        for question in _QUESTIONS:
            page.get_by_test_id("stChatInputTextArea").fill(question)
            page.get_by_test_id("stChatInputTextArea").press("Enter")
            page.locator(".act", has_text="Edit the question").last.wait_for()
            page.wait_for_timeout(1500)  # who reads an answer takes longer
            chips = page.locator(".answer").last.locator(".chip")
            for number in [*range(1, chips.count()), *range(chips.count() - 1)]:
                found += [wait for wait in [chips.nth(number).evaluate(_CLICK)] if wait >= 0]
                page.wait_for_timeout(400)  # who looks at a page takes longer
        page.get_by_role("button", name="New conversation").click()
        page.locator(".sentence").first.wait_for(state="detached")
        assert len(found) > before, "no answer has two citations with pages"
    context.close()
    return found


def repeated(measure: Callable[[], float], times: int) -> list[float]:
    return [measure() for _ in range(times)]


def p95(found: list[float]) -> float:
    return sorted(found)[max(0, round(len(found) * 0.95) - 1)]


if __name__ == "__main__":
    sys.exit(main())
