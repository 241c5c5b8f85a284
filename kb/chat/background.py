"""Where a chat model's calls are made: an event loop in a thread of its own, with the connections to one server."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from kb.settings import ModelSettings

if TYPE_CHECKING:
    from kb.chat.connections import Connections

_END_SECONDS = 5.0  # for calls to notice that they are cancelled; they wait for nothing then but for their sockets


class Background:
    """Runs from the beginning until `end`.

    Args:
        settings: where the server is.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self.loop = asyncio.new_event_loop()
        self._settings = settings
        self._opening = threading.Lock()
        self._connections: Connections | None = None
        self._thread = threading.Thread(target=self._run, name="ibid-chat-model", daemon=True)
        self._thread.start()

    def connections(self) -> Connections:
        """The connections to the server. The first time, this loads the HTTP library."""
        from kb.chat.connections import Connections

        with self._opening:
            if self._connections is None:
                self._connections = Connections(self._settings)
            return self._connections

    def end(self) -> None:
        """Ends calls that still run, the connections and the thread. May come again, and from any thread."""
        with suppress(RuntimeError):  # it has ended
            self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self._thread:  # a call itself may be the last to let go of its model
            self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        loop = self.loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            while tasks := asyncio.all_tasks(loop):  # a cancelled call may start another task while it ends
                for task in tasks:
                    task.cancel()
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            if self._connections is not None:
                loop.run_until_complete(self._connections.close())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
