"""Twenty people in the app at once, on this machine: what each waits for, and whether anything fails.

python -m benchmarks.app_crowd              from a new home with the example documents: some three minutes
python -m benchmarks.app_crowd --api URL    a server that already holds the example documents

Each person is a session of the app over a websocket, spoken in Streamlit's own protocol as a browser speaks it: it
keeps the values of its widgets, names the messages that it has, and looks for more as often as the page asks it to. It
opens the app, asks, opens a citation, searches, opens a result and goes to the Library, again and again, and thinks for
some seconds in between. A wait ends when the message with what was waited for has come: the drawing in a browser is not
in it (`benchmarks.app_latency` measures that, one person at a time), since twenty browsers on two cores would measure
the browsers. An error is a notice of a failure or an exception on the page, a closed connection, or nothing within
thirty seconds.
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

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.app_latency import p95
from benchmarks.app_server import example_server
from tests.ui.browser.chromium import running_app

_GOAL = 1000  # milliseconds, for what the app does in answer to a click; answers themselves are the server's
_PATIENCE = 30.0  # seconds
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


class Person:
    """One visitor. What the page shows is kept by the kind of its parts, the latest last."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._values: dict[str, WidgetState] = {}
        self._messages: dict[str, ForwardMsg] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._came = asyncio.Event()
        self.errors: list[str] = []
        self.pages: dict[str, str] = {}  # by path
        self.page = ""
        self.widgets: dict[str, Any] = {}  # the latest of each kind
        self.drawn: dict[str, tuple[str, str, dict[str, Any]]] = {}  # our components: id, fragment, data
        self.finished = 0

    async def listen(self) -> None:
        """Takes in what the app sends, until the connection is closed."""
        async for frame in self._connection:
            assert isinstance(frame, bytes)
            message = ForwardMsg.FromString(frame)
            if message.WhichOneof("type") == "ref_hash":
                kept = ForwardMsg()
                kept.CopyFrom(self._messages[message.ref_hash])
                kept.metadata.CopyFrom(message.metadata)
                message = kept
            elif message.metadata.cacheable:
                self._messages[message.hash] = message
            self._take(message)
            self._came.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message)
        elif kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "new_session":
            self.page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self.leave()
        elif kind == "auto_rerun":
            begun = asyncio.create_task(self._look(message.auto_rerun.fragment_id, message.auto_rerun.interval))
            self._stop_looking([message.auto_rerun.fragment_id])
            self._looks[message.auto_rerun.fragment_id] = begun
        elif kind == "stop_auto_rerun":
            self._stop_looking(list(message.stop_auto_rerun.fragment_ids))
        elif kind == "script_finished":
            self.finished += 1

    def _draw(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type") or ""
        if kind == "exception" or (kind == "alert" and element.alert.format == Alert.ERROR):
            self.errors.append(str(getattr(element, kind))[:300])
        elif kind == "bidi_component" and element.bidi_component.json:
            part = element.bidi_component
            name = part.component_name.rpartition("_")[2]
            self.drawn[name] = (part.id, message.delta.fragment_id, json.loads(part.json))
        elif kind:
            self.widgets[kind] = getattr(element, kind)

    def leave(self) -> None:
        """Looks for nothing more."""
        self._stop_looking(list(self._looks))

    async def _look(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.send(fragment=fragment, looking=True)

    def _stop_looking(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self._looks:
                self._looks.pop(fragment).cancel()

    async def send(
        self, trigger: WidgetState | None = None, *, fragment: str = "", page: str = "", looking: bool = False
    ) -> None:
        """Has the page, or a part of it, drawn again, as a browser does; `trigger` is what was clicked or said."""
        asked = BackMsg()
        state = asked.rerun_script
        state.page_script_hash = page or self.page
        state.fragment_id = fragment
        state.is_auto_rerun = looking
        state.context_info.locale = "en-GB"
        state.context_info.timezone = "UTC"
        state.cached_message_hashes.extend(self._messages)
        state.widget_states.widgets.extend(self._values.values())
        if trigger is not None:
            state.widget_states.widgets.append(trigger)
        await self._connection.send(asked.SerializeToString())

    async def ask(self, question: str) -> None:
        """Sends a question."""
        said = WidgetState(id=self.widgets["chat_input"].id)
        said.chat_input_value.data = question
        await self.send(said)

    async def click(self, component: str, event: str, value: object) -> None:
        """Clicks something in one of our own components."""
        identity, fragment, _ = self.drawn[component]
        clicked = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{identity}__events")
        clicked.json_trigger_value = json.dumps([{"event": event, "value": value}])
        await self.send(clicked, fragment=fragment)

    async def write(self, text: str) -> None:
        """Writes into the field of the page Find, and presses Enter."""
        field = self.widgets["text_input"].id
        self._values[field] = WidgetState(id=field, string_value=text)
        await self.send()

    async def go(self, path: str) -> None:
        """Goes to another page."""
        self.drawn, self.widgets = {}, {}
        await self.send(page=self.pages[path])

    async def until(self, what: str, true: Callable[[], object]) -> None:
        """Waits until something has come.

        Raises:
            TimeoutError: it did not within the patience of people.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                while not true():
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError as error:
            raise TimeoutError(f"nothing came within {_PATIENCE:.0f} seconds: {what}") from error

    def shows(self, component: str) -> dict[str, Any]:
        """What one of our own components is given to show; nothing where it is not there."""
        return self.drawn[component][2] if component in self.drawn else {}


class Waits:
    """How long people waited, in milliseconds, and what went wrong."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []

    async def measure(self, name: str, person: Person, act: Any, true: Callable[[], object]) -> None:
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
        person = Person(connection)
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


async def _one_round(person: Person, waits: Waits, thinks: random.Random) -> None:
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
    await waits.measure("search page", person, person.go("find"), lambda: "text_input" in person.widgets)
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
