"""Replies that clients may ask for again by their ids: responses and chat completions, as OpenAI's API shapes them.

The answer in a reply is a past answer (kb/home/answers.py): whoever deletes that one deletes the reply, too. The text
of passages that were only read is never kept here: what is deleted from a collection must be gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.cursors import Place
from kb.home.home import Home

IN_PROGRESS, CANCELLED = "in_progress", "cancelled"

_COLUMNS = "id, kind, owner, previous, conversation, collection, status, asked, body, answer, created_at"
_LONGEST_CHAIN = 500  # replies that one follows: a longer conversation says nothing more about its last question

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A reply as its client was sent it, and what it replies to."""

    id: str
    kind: str  # "response" or "chat.completion"
    collection: str
    status: str  # "in_progress" while it is made in the background
    asked: Sequence[Json]  # the messages or items of the request
    body: Json
    owner: str = ""  # the id of the key that asked for it, "" where there was none
    previous: str = ""  # the reply before it in its conversation
    conversation: str = ""
    answer: int | None = None  # the number of the past answer; None where there is none (yet)
    created_at: str = ""  # ISO 8601, UTC; set when it is kept


def keep_reply(home: Home, reply: KeptReply) -> None:
    """Keeps a reply that is not kept yet."""
    with home.writing() as connection:
        connection.execute(
            f"INSERT INTO replies ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                *(
                    reply.id,
                    reply.kind,
                    reply.owner,
                    reply.previous,
                    reply.conversation,
                    reply.collection,
                    reply.status,
                ),
                *(_written(reply.asked), _written(reply.body), reply.answer, now()),
            ),
        )


def finish_reply(home: Home, reply_id: str, status: str, body: Json, answer: int | None = None) -> bool:
    """Ends a reply that is in progress; False where it is not, or was cancelled or deleted meanwhile."""
    with home.writing() as connection:
        changed = connection.execute(
            "UPDATE replies SET status = ?, body = ?, answer = ? WHERE id = ? AND status = ?",
            (status, _written(body), answer, reply_id, IN_PROGRESS),
        ).rowcount
    return changed == 1


def is_in_progress(home: Home, reply_id: str) -> bool:
    """Whether a reply is still wanted: neither finished, cancelled nor deleted."""
    with home.reading() as connection:
        row = connection.execute("SELECT status FROM replies WHERE id = ?", (reply_id,)).fetchone()
    return row is not None and row[0] == IN_PROGRESS


def change_body(home: Home, reply_id: str, body: Json) -> None:
    """Puts another body in the place of a reply's."""
    with home.writing() as connection:
        connection.execute("UPDATE replies SET body = ? WHERE id = ?", (_written(body), reply_id))


def _anybody(_owner: str) -> bool:
    return True


def get_reply(home: Home, kind: str, reply_id: str, owns: Callable[[str], bool] = _anybody) -> KeptReply:
    """One reply.

    Args:
        home: where it is.
        kind: "response" or "chat.completion".
        reply_id: its id.
        owns: whether what this owner has exists for whoever asks.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    with home.reading() as connection:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM replies WHERE id = ? AND kind = ?",  # noqa: S608
            (reply_id, kind),
        ).fetchone()
    if row is None or not owns(_reply_from(row).owner):
        raise NotFoundError(f"no {kind} {reply_id[:80]!r}", "it was never stored or has been deleted")
    return _reply_from(row)


def replies_until(home: Home, last: KeptReply) -> list[KeptReply]:
    """A reply and those that it follows, the oldest first; from the first one that is still there."""
    query = (
        f"WITH RECURSIVE chain AS (SELECT 0 AS back, {_COLUMNS} FROM replies WHERE id = ?1"  # noqa: S608
        f" UNION ALL SELECT back + 1, {', '.join(f'before.{name}' for name in _COLUMNS.split(', '))}"
        " FROM replies AS before JOIN chain ON before.id = chain.previous WHERE back < ?2)"
        f" SELECT {_COLUMNS} FROM chain ORDER BY back DESC"
    )
    with home.reading() as connection:
        rows = connection.execute(query, (last.id, _LONGEST_CHAIN)).fetchall()
    return [_reply_from(row) for row in rows]


def reply_places(
    home: Home, kind: str, owns: Callable[[str], bool] = _anybody, *, model: str = "", having: Mapping[str, str] = {}
) -> list[Place]:
    """Where the replies of a kind stand in the order in which they were kept.

    Args:
        home: where they are.
        kind: "response" or "chat.completion".
        owns: whether what this owner has exists for whoever asks.
        model: only those of this model, as their bodies name it.
        having: only those whose bodies' `metadata` have all this.
    """
    conditions, values = ["kind = ?"], [kind]
    if model:
        conditions.append("json_extract(body, '$.model') = ?")
        values.append(model)
    for key, value in having.items():
        # Unlike in a JSON path, a key among json_each's may hold any character.
        conditions.append("EXISTS (SELECT 1 FROM json_each(body, '$.metadata') AS m WHERE m.key = ? AND m.value = ?)")
        values += [key, value]
    with home.reading() as connection:
        query = f"SELECT number, id, owner FROM replies WHERE {' AND '.join(conditions)}"  # noqa: S608
        rows = connection.execute(query, values).fetchall()
    # Two of one second keep their order: a place may be anything that sorts.
    return [Place(f"{number:020}", id_) for number, id_, owner in rows if owns(owner)]


def delete_reply(home: Home, reply: KeptReply) -> None:
    """Forgets a reply and its past answer for good: nothing of them stays in the database's files."""
    with home.writing() as connection:
        connection.execute("DELETE FROM replies WHERE id = ?", (reply.id,))
        connection.execute("DELETE FROM answers WHERE number = ?", (reply.answer,))
    home.forget_journal()


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _reply_from(row: Sequence[Any]) -> KeptReply:
    id_, kind, owner, previous, conversation, collection, status, asked, body, answer, created_at = row
    return KeptReply(
        *(id_, kind, collection, status, json.loads(asked), json.loads(body)),
        *(owner, previous, conversation, answer, created_at),
    )
