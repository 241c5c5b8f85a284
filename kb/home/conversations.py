"""Conversations that programs keep here, turn by turn: what a question may lean on, without being sent again.

A turn is an item, JSON in the shape in which it came. Nothing here knows that shape; `serving` does.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home

Item = Mapping[str, Any]  # JSON, with its id under "id"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its items. `owner` is the id of the key that began it, "" where there was none."""

    id: str
    owner: str
    metadata: Mapping[str, str]
    created_at: str  # ISO 8601, UTC


def create_conversation(
    home: Home, items: Sequence[Item] = (), metadata: Mapping[str, str] | None = None, owner: str = ""
) -> Conversation:
    """Begins a conversation, with the items it begins with."""
    conversation = Conversation(f"conv_{secrets.token_hex(24)}", owner, metadata or {}, now())
    with home.writing() as connection:
        connection.execute(
            "INSERT INTO conversations VALUES (?, ?, ?, ?)",
            (conversation.id, owner, json.dumps(conversation.metadata, ensure_ascii=False), conversation.created_at),
        )
        connection.executemany(_INSERT, _rows(conversation.id, items))
    return conversation


def get_conversation(home: Home, conversation_id: str) -> Conversation:
    """One conversation.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.reading() as connection:
        row = connection.execute(
            "SELECT id, owner, metadata, created_at FROM conversations WHERE id = ?", (conversation_id,)
        ).fetchone()
    if row is None:
        raise _unknown(conversation_id)
    found_id, owner, metadata, created_at = row
    return Conversation(found_id, owner, json.loads(metadata), created_at)


def describe_conversation(home: Home, conversation_id: str, metadata: Mapping[str, str]) -> Conversation:
    """Gives a conversation this metadata in the place of what it had.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.writing() as connection:
        changed = connection.execute(
            "UPDATE conversations SET metadata = ? WHERE id = ?",
            (json.dumps(metadata, ensure_ascii=False), conversation_id),
        ).rowcount
    if not changed:
        raise _unknown(conversation_id)
    return get_conversation(home, conversation_id)


def delete_conversation(home: Home, conversation_id: str) -> None:
    """Forgets a conversation with its items for good: nothing of them stays in the database's files.

    Raises:
        NotFoundError: there is none of that id.
    """
    with home.writing() as connection:
        gone = connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,)).rowcount
    if not gone:
        raise _unknown(conversation_id)
    home.forget_journal()


def add_items(home: Home, conversation_id: str, items: Sequence[Item]) -> None:
    """Adds items at the end, all or none.

    Raises:
        NotFoundError: there is no such conversation.
    """
    with home.writing() as connection:
        if not connection.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation_id,)).fetchone():
            raise _unknown(conversation_id)
        connection.executemany(_INSERT, _rows(conversation_id, items))


def items_of(home: Home, conversation_id: str) -> list[dict[str, Any]]:
    """Every item, the oldest first.

    Raises:
        NotFoundError: there is no such conversation.
    """
    get_conversation(home, conversation_id)
    with home.reading() as connection:
        rows = connection.execute(
            "SELECT item FROM conversation_items WHERE conversation = ? ORDER BY number", (conversation_id,)
        ).fetchall()
    return [json.loads(item) for (item,) in rows]


def get_item(home: Home, conversation_id: str, item_id: str) -> dict[str, Any]:
    """One item.

    Raises:
        NotFoundError: there is no such conversation or no such item in it.
    """
    get_conversation(home, conversation_id)
    with home.reading() as connection:
        row = connection.execute(
            "SELECT item FROM conversation_items WHERE conversation = ? AND id = ?", (conversation_id, item_id)
        ).fetchone()
    if row is None:
        raise _no_item(conversation_id, item_id)
    found: dict[str, Any] = json.loads(row[0])
    return found


def delete_item(home: Home, conversation_id: str, item_id: str) -> None:
    """Forgets one item for good.

    Raises:
        NotFoundError: there is no such conversation or no such item in it.
    """
    get_conversation(home, conversation_id)
    with home.writing() as connection:
        gone = connection.execute(
            "DELETE FROM conversation_items WHERE conversation = ? AND id = ?", (conversation_id, item_id)
        ).rowcount
    if not gone:
        raise _no_item(conversation_id, item_id)
    home.forget_journal()


_INSERT = "INSERT INTO conversation_items (conversation, id, item) VALUES (?, ?, ?)"


def _rows(conversation_id: str, items: Sequence[Item]) -> list[tuple[str, str, str]]:
    return [(conversation_id, item["id"], json.dumps(item, ensure_ascii=False)) for item in items]


def _unknown(conversation_id: str) -> NotFoundError:
    return NotFoundError(f"no conversation {conversation_id[:80]!r}")


def _no_item(conversation_id: str, item_id: str) -> NotFoundError:
    return NotFoundError(f"no item {item_id[:80]!r} in conversation {conversation_id!r}")
