"""Records changes that come over HTTP in the audit log, before whoever asked for them hears that they are made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from starlette.types import Message, Receive, Scope, Send

from kb.errors import IbidError
from kb.home.audit import record
from kb.home.home import Home
from serving.http.border.access import Access
from serving.http.border.repeating import REPLAYED
from serving.http.errors import error_response


class RecordedResponse:
    """Holds a response back until the change that it tells of is recorded. Where that fails, its client hears that.

    Args:
        home: whose log.
        access: who made the change.
        change: what kind it is, as `serving/http/border/rights.py` names it.
        parameters: of the request's path.
    """

    def __init__(self, home: Home, access: Access, change: str, parameters: Mapping[str, str]) -> None:
        self._home = home
        self._access = access
        self._change = change
        self._collection = parameters.get("store_id", "")
        self._parameters = parameters

    def wrap(self, scope: Scope, receive: Receive, send: Send) -> Send:
        """The same `send`, for the one response of a request."""
        held: Message | None = None
        failed = False

        async def send_when_recorded(message: Message) -> None:
            nonlocal held, failed
            if message["type"] == "http.response.start" and message["status"] < 300 and not _is_replayed(message):
                held = message
                return
            if held is not None:
                start, held = held, None
                try:
                    await asyncio.to_thread(self._record, message.get("body", b""))
                except IbidError as error:
                    failed = True
                    await error_response(error)(scope, receive, send)
                    return
                await send(start)
            if not failed:
                await send(message)

        return send_when_recorded

    def _record(self, body: bytes) -> None:
        subject = self._subject(body)
        if self._change.startswith("collection."):
            record(self._home, self._access.actor, self._change, collection=subject)
        else:
            record(self._home, self._access.actor, self._change, collection=self._collection, subjects=[subject])

    def _subject(self, body: bytes) -> str:
        """The id of what was changed: the response names it, or else the path does."""
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        if isinstance(told, dict) and isinstance(told.get("id"), str):
            return str(told["id"])
        return next(reversed([*self._parameters.values()]), "")


def _is_replayed(start: Message) -> bool:
    """Whether a response tells again of a change that was recorded when it was made."""
    return any(name == REPLAYED.encode() for name, _ in start["headers"])
