"""Events of replies while they are made in the background: whichever process is asked tells them as they come.

They are here as long as the reply is in progress. Those of a finished one are told from its body.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kb.home.home import Home
from kb.home.replies import IN_PROGRESS

Json = dict[str, Any]


def add_events(home: Home, reply_id: str, first: int, events: Sequence[Json]) -> None:
    """Keeps events of a reply, numbered from `first`; none of one that is finished, cancelled or deleted."""
    with home.writing() as connection:
        connection.executemany(
            "INSERT INTO reply_events SELECT id, ?, ? FROM replies WHERE id = ? AND status = ?",
            [
                (number, json.dumps(event, ensure_ascii=False), reply_id, IN_PROGRESS)
                for number, event in enumerate(events, start=first)
            ],
        )


def events_from(home: Home, reply_id: str, first: int) -> list[Json]:
    """The events of a reply that are there, from this number on."""
    with home.reading() as connection:
        query = "SELECT event FROM reply_events WHERE reply = ? AND number >= ? ORDER BY number"
        return [json.loads(event) for (event,) in connection.execute(query, (reply_id, first))]


def forget_events(home: Home) -> None:
    """Removes the events of all replies that are not in progress any more."""
    with home.writing() as connection:
        connection.execute(
            "DELETE FROM reply_events WHERE reply NOT IN (SELECT id FROM replies WHERE status = ?)", (IN_PROGRESS,)
        )
