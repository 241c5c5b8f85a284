"""Feedback: what people thought of past answers. It is kept with the answer that it is about, and deleted with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.answers import ANSWER_COLUMNS, PastAnswer, answer_from
from kb.home.home import Home


class Thumb(StrEnum):
    """What somebody thought of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's word on one past answer; who says so again takes the earlier word back."""

    answer: int  # the past answer's number
    thumb: Thumb
    reason: str  # "" where none was given
    at: str  # ISO 8601, UTC


def give_feedback(home: Home, answer: int, thumb: Thumb, reason: str = "") -> Feedback:
    """Notes what somebody thought of a past answer, in the place of what was noted before.

    Raises:
        NotFoundError: there is no such answer (any more).
    """
    with home.writing() as connection:
        if connection.execute("SELECT 1 FROM answers WHERE number = ?", (answer,)).fetchone() is None:
            raise NotFoundError(f"no past answer {answer}")
        given = Feedback(answer, thumb, reason, now())
        connection.execute(
            "INSERT OR REPLACE INTO feedback (answer, thumb, reason, at) VALUES (?, ?, ?, ?)",
            (answer, thumb, reason, given.at),
        )
    return given


def take_back_feedback(home: Home, answer: int) -> None:
    """Forgets for good what was noted about a past answer, if anything was."""
    with home.writing() as connection:
        connection.execute("DELETE FROM feedback WHERE answer = ?", (answer,))
    home.forget_journal()


def feedback_in(home: Home, conversation: str) -> dict[int, Feedback]:
    """What was noted about the answers of one conversation, by their numbers."""
    query = (
        "SELECT answer, thumb, reason, at FROM feedback WHERE answer IN"
        " (SELECT number FROM answers WHERE conversation = ?)"
    )
    with home.reading() as connection:
        rows = connection.execute(query, (conversation,)).fetchall()
    return {number: Feedback(number, Thumb(thumb), reason, at) for number, thumb, reason, at in rows}


def list_feedback(
    home: Home, collection: str, thumb: Thumb | None = None, *, at_most: int, before: int | None = None
) -> list[tuple[Feedback, PastAnswer]]:
    """Feedback on answers from a collection, the newest answer first.

    Args:
        home: whose.
        collection: that the answers came from.
        thumb: only this one, where given.
        at_most: how many.
        before: only on answers with lower numbers than this one.
    """
    with home.reading() as connection:
        rows = connection.execute(
            f"SELECT thumb, reason, at, {ANSWER_COLUMNS} FROM feedback JOIN answers ON number = feedback.answer"  # noqa: S608
            " WHERE collection = ?1 AND (?2 IS NULL OR thumb = ?2) AND (?3 IS NULL OR number < ?3)"
            " ORDER BY number DESC LIMIT ?4",
            (collection, thumb, before, at_most),
        ).fetchall()
    found = [(answer_from(past), given) for *given, past in ((*row[:3], row[3:]) for row in rows)]
    return [(Feedback(past.number, Thumb(thumb), reason, at), past) for past, (thumb, reason, at) in found]
