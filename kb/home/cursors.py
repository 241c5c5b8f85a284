"""Where pages of lists ended, so that the next page is found although the item at the end was deleted meanwhile."""

from __future__ import annotations

import time
from typing import NamedTuple

from kb.home.home import Home

_KEPT_SECONDS = 24 * 3600  # whoever walks a list asks for its next page within seconds; a script may be interrupted


class Place(NamedTuple):
    """Where an item stands in a list: by its moment (ISO 8601, UTC), then by its id."""

    created_at: str
    id: str


def remember_place(home: Home, list_name: str, place: Place) -> None:
    """Keeps the place at which a page ended, for a day."""
    if recall_place(home, list_name, place.id) == place:
        return
    with home.writing() as connection:
        connection.execute("DELETE FROM cursors WHERE given_at < ?", (time.time() - _KEPT_SECONDS,))
        connection.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?)", (list_name, *place[::-1], time.time()))


def recall_place(home: Home, list_name: str, item_id: str) -> Place | None:
    """The place of the item at the end of a page that was given."""
    with home.reading() as connection:
        row = connection.execute(
            "SELECT created_at, id FROM cursors WHERE list = ? AND id = ?", (list_name, item_id)
        ).fetchone()
    return Place(*row) if row else None
