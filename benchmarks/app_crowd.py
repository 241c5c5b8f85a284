"""Twenty people in the app at once, on this machine: what each waits for, and whether anything fails.

python -m benchmarks.app_crowd              from a new home with the example documents: some three minutes
python -m benchmarks.app_crowd --api URL    a server that already holds the example documents

Each person is a session of the app over a websocket (`benchmarks.app_visitor`). It opens the app, asks, opens a
citation, searches, opens a result and goes to the Library, again and again, and thinks for some seconds in between. A
wait ends when the message with what was waited for has come: the drawing in a browser is not in it
(`benchmarks.app_latency` measures that, one person at a time), since twenty browsers on two cores would measure the
browsers. An error is a notice of a failure or an exception on the page, a closed connection, or nothing within thirty
seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.app_latency import p95
from benchmarks.app_server import example_server
from benchmarks.app_visitor import Visitor
from tests.ui.browser.chromium import running_app

_GOAL = 1000  # milliseconds, for what the app does in answer to a click; answers themselves are the server's
_INTERACTIONS = (
    "open",
    "ask: question stands there",
    "citation",
    "search page",
    "search",
    "result",
    "library",
    "back to Ask",
)

_QUESTIONS = (
    "How many marks are taken off a report that arrives 30 hours late?",
    "When and where is the written examination of INF 342?",
    "二甲双胍每日最大剂量是多少？",
    "Which extensions may the course administrator grant, and which the lecturer?",
    "What is the fee for a second copy of the student card?",
)
_SEARCHES = ("extension evidence", "examination", "二甲双胍 剂量", "report late")


class Waits:
    """How long people waited, in milliseconds, and what went wrong."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    async def measure(self, name: str, person: Visitor, act: Any, true: Callable[[], object]) -> None:
        """Does something and waits for what comes of it."""
        began = time.monotonic()
        await act
        await person.until(name, true)
        self.found[name].append((time.monotonic() - began) * 1000)


async def visit(app: str, waits: Waits, seconds: float, thinks: random.Random) -> None:
    """One person, from opening the app until the time is over."""
    end = time.monotonic() + seconds
    address = app.replace("http", "ws", 1) + "/_stcore/stream"
    began = time.monotonic()
    async with connect(address, subprotocols=["streamlit"], max_size=None, proxy=None) as connection:  # type: ignore[list-item]
        person = Visitor(connection)
        listening = asyncio.create_task(person.listen())
        try:
            await person.send()
            await person.until("open", lambda: "chat_input" in person.widgets and person.finished)
            waits.found["open"].append((time.monotonic() - began) * 1000)
            await _think(thinks)
            while time.monotonic() < end:
                await _one_round(person, waits, thinks)
        except Exception as error:  # counted, as people would count it
            waits.errors.append(f"{type(error).__name__}: {error}")
        finally:
            waits.errors += person.errors
            person.leave()
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


async def _think(thinks: random.Random) -> None:
    await asyncio.sleep(thinks.uniform(1.5, 4.5))  # who reads an answer or a page takes longer


async def _one_round(person: Visitor, waits: Waits, thinks: random.Random) -> None:
    async def think() -> None:
        await _think(thinks)

    def answer() -> dict[str, Any]:
        found = person.shows("answer")
        return found if found.get("question") == question else {}

    question = f"{thinks.choice(_QUESTIONS)}"
    person.drawn.pop("answer", None)
    began = time.monotonic()
    await waits.measure("ask: question stands there", person, person.ask(question), answer)
    await person.until("first sentence", lambda: answer().get("sentences"))
    waits.found["ask: first sentence"].append((time.monotonic() - began) * 1000)
    await person.until("whole answer", lambda: answer().get("summary"))
    waits.found["ask: whole answer"].append((time.monotonic() - began) * 1000)
    await think()
    places = {piece["place"] for one in answer()["sentences"] for piece in one["pieces"] if "place" in piece}
    # The one that stands open already is the last, if it is clicked at all.
    for place in sorted(places, key=lambda place: (place == answer()["selected"], place))[:2]:
        if place == answer()["selected"]:
            break
        await waits.measure(
            "citation",
            person,
            person.click("answer", "select", place),
            lambda place=place: answer().get("selected") == place and person.shows("source"),
        )
        await think()
    await waits.measure("search page", person, person.go("find"), lambda: "wanted" in person.fields)
    await think()
    person.drawn.pop("results", None)
    words = thinks.choice(_SEARCHES) + " " * thinks.randrange(3)
    await waits.measure("search", person, person.write(words), lambda: person.shows("results").get("results"))
    await think()
    await waits.measure(
        "result", person, person.click("results", "select", 0), lambda: person.shows("results")["selected"] == 0
    )
    await think()
    await waits.measure("library", person, person.go("library"), lambda: person.shows("documents").get("rows"))
    await think()
    await waits.measure("back to Ask", person, person.go(""), lambda: person.shows("answer"))
    await think()


async def crowd(app: str, people: int, seconds: float) -> Waits:
    """All within two seconds, after somebody who is not counted: the server loads its models for the first question."""
    await visit(app, Waits(), 1, random.Random(0))
    waits = Waits()
    chance = random.Random(42)

    async def come(number: int) -> None:
        await asyncio.sleep(number * 0.1)
        await visit(app, waits, seconds, random.Random(chance.random() + number))

    await asyncio.gather(*(come(number) for number in range(people)))
    return waits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--api", help="base URL of a running server")
    parser.add_argument("--passages", type=int, default=20_000, help="in the collection of a new home")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60, help="how long each stays")
    parser.add_argument("--json", type=Path, help="where to write the result")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        example_server(options.api, Path(folder), options.passages) as api,
        running_app(api, Path(folder)) as app,
    ):
        waits = asyncio.run(crowd(app, options.people, options.seconds))
    report = {
        name: {"n": len(found), "p50": statistics.median(found), "p95": p95(found)}
        for name, found in waits.found.items()
    }
    every = [wait for name in _INTERACTIONS for wait in waits.found[name]]
    report["every interaction"] = {"n": len(every), "p50": statistics.median(every), "p95": p95(every), "goal": _GOAL}
    for name, row in report.items():
        print(f"{name:28}  p50 {row['p50']:6.0f} ms  p95 {row['p95']:6.0f} ms  (n = {row['n']})")
    print(f"errors: {len(waits.errors)}; load {os.getloadavg()[0]:.1f}")
    for error in sorted(set(waits.errors)):
        print(f"  {error}")
    if options.json:
        told = {"people": options.people, "load": os.getloadavg()[0], "errors": len(waits.errors), "waits": report}
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 1 if waits.errors else 0


if __name__ == "__main__":
    sys.exit(main())
