"""One visitor of the app over its websocket, in Streamlit's own protocol, as a browser speaks it.

It keeps the values of its widgets, names the messages that it has, and looks for more as often as the page asks it to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

PATIENCE = 30.0  # seconds, after which people take a page for dead


class Visitor:
    """A visitor. What the page shows is kept by the kind of its parts, the latest last."""

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
        self.fields: dict[str, str] = {}  # ids of fields to write in, by their keys
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
        elif kind == "text_input":
            self.fields[element.text_input.id.rpartition("-")[2]] = element.text_input.id
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
        field = self.fields["wanted"]
        self._values[field] = WidgetState(id=field, string_value=text)
        await self.send()

    async def go(self, path: str) -> None:
        """Goes to another page."""
        self.drawn, self.widgets, self.fields = {}, {}, {}
        await self.send(page=self.pages[path])

    async def until(self, what: str, true: Callable[[], object]) -> None:
        """Waits until something has come.

        Raises:
            TimeoutError: it did not within the patience of people.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                while not true():
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError as error:
            raise TimeoutError(f"nothing came within {PATIENCE:.0f} seconds: {what}") from error

    def shows(self, component: str) -> dict[str, Any]:
        """What one of our own components is given to show; nothing where it is not there."""
        return self.drawn[component][2] if component in self.drawn else {}
