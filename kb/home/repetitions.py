"""Requests that may come twice under one name: the second time, the reply of the first one is given again."""

from __future__ import annotations

import time
from typing import NamedTuple

from kb.errors import BusyError, UsageError
from kb.home.home import Home

_KEPT_SECONDS = 24 * 3600  # whoever tries again does so within minutes; a queue may stand still over night
_LOST_SECONDS = 600.0  # a request that was not answered by then never will be: its process is gone
_BEING_ANSWERED = 0  # in the place of a status


class Reply(NamedTuple):
    """What was answered."""

    status: int
    text: str


def begin_request(home: Home, name: str, body: str) -> Reply | None:
    """The reply to an earlier request of this name; None where this is the first one, which is to be answered now.

    Args:
        home: where replies are kept.
        name: of the request, as whoever sends it calls it.
        body: a digest of what it asks for.

    Raises:
        UsageError: the earlier request asked for something else.
        BusyError: the earlier request is still being answered.
    """
    moment = time.time()
    with home.writing() as connection:
        connection.execute("DELETE FROM repeated_requests WHERE at < ?", (moment - _KEPT_SECONDS,))
        connection.execute(
            "DELETE FROM repeated_requests WHERE request = ? AND status = ? AND at < ?",
            (name, _BEING_ANSWERED, moment - _LOST_SECONDS),
        )
        row = connection.execute(
            "SELECT body, status, reply FROM repeated_requests WHERE request = ?", (name,)
        ).fetchone()
        if row is None:
            connection.execute(
                "INSERT INTO repeated_requests VALUES (?, ?, ?, '', ?)", (name, body, _BEING_ANSWERED, moment)
            )
            return None
    asked, status, reply = row
    if asked != body:
        raise UsageError("this name was given to another request", advice="Give each request a name of its own")
    if status == _BEING_ANSWERED:
        raise BusyError("the same request is still being answered", advice="Ask again in a moment")
    return Reply(status, reply)


def end_request(home: Home, name: str, reply: Reply) -> None:
    """Keeps the reply to a request that was begun, for a day."""
    with home.writing() as connection:
        connection.execute(
            "UPDATE repeated_requests SET status = ?, reply = ? WHERE request = ?", (reply.status, reply.text, name)
        )


def forget_request(home: Home, name: str) -> None:
    """Lets a request be made anew: it failed, and changed nothing."""
    with home.writing() as connection:
        connection.execute("DELETE FROM repeated_requests WHERE request = ?", (name,))
