"""Past answers: what was asked and answered, kept so that answers can be found again when what they cite is withdrawn.

They are private, as the whole home folder's database is, and hold the words that they quote, also when the document has
been deleted since: whoever deletes a document for its words deletes the answers that quote it, too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from kb.catalog.writing import now
from kb.errors import NotFoundError
from kb.home.home import Home
from kb.records import Answer, Turn

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ANSWER_COLUMNS = "number, conversation, question, answers.answer, created_at"  # as `answer_from` reads them
_BATCH = 900  # SQLite's oldest limit of variables in one statement is 999


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """An answer as it was shown. Answers of one conversation follow each other by their numbers."""

    number: int  # never used again
    conversation: str
    question: str  # as asked; `answer.question` stands alone
    answer: Answer  # without the passages that were read, without what was withheld
    created_at: str  # ISO 8601, UTC


def keep_answer(home: Home, question: str, answer: Answer, conversation: str = "") -> PastAnswer:
    """Keeps an answer, in a conversation that has begun already or, without one, in a new one."""
    kept = replace(answer, looked_at=(), withheld=(), timings={})
    named = conversation or secrets.token_hex(12)
    with home.writing() as connection:
        moment = now()
        number = connection.execute(
            "INSERT INTO answers (conversation, collection, question, answer, created_at) VALUES (?, ?, ?, ?, ?)",
            (named, kept.collection, question, json.dumps(asdict(kept), ensure_ascii=False), moment),
        ).lastrowid
        assert number is not None
        connection.executemany(
            "INSERT INTO cited VALUES (?, ?, ?)",
            {(citation.collection or kept.collection, citation.document_id, number) for citation in kept.citations},
        )
    return PastAnswer(number, named, question, kept, moment)


def get_answer(home: Home, number: int) -> PastAnswer:
    """One past answer.

    Raises:
        NotFoundError: there is none of that number.
    """
    with home.reading() as connection:
        row = connection.execute(f"SELECT {ANSWER_COLUMNS} FROM answers WHERE number = ?", (number,)).fetchone()  # noqa: S608
    if row is None:
        raise NotFoundError(f"no past answer {number}", advice="`ibid history` lists what is there")
    return answer_from(row)


def list_answers(home: Home, collection: str | None = None, *, at_most: int | None = None) -> list[PastAnswer]:
    """Past answers, the newest first; from one collection where it is given."""
    with home.reading() as connection:
        rows = connection.execute(
            f"SELECT {ANSWER_COLUMNS} FROM answers WHERE ?1 IS NULL OR collection = ?1"  # noqa: S608
            " ORDER BY number DESC LIMIT ?2",
            (collection, -1 if at_most is None else at_most),
        ).fetchall()
    return [answer_from(row) for row in rows]


def answers_in(home: Home, conversation: str) -> list[PastAnswer]:
    """The answers of one conversation, the oldest first."""
    query = f"SELECT {ANSWER_COLUMNS} FROM answers WHERE conversation = ? ORDER BY number"  # noqa: S608
    with home.reading() as connection:
        rows = connection.execute(query, (conversation,)).fetchall()
    return [answer_from(row) for row in rows]


def turns_until(home: Home, last: PastAnswer) -> tuple[Turn, ...]:
    """The conversation of a past answer up to it, the oldest turn first."""
    said = [past for past in answers_in(home, last.conversation) if past.number <= last.number]
    return tuple(turn for past in said for turn in (Turn("user", past.question), Turn("assistant", past.answer.text)))


def delete_answers(home: Home, numbers: Sequence[int]) -> None:
    """Forgets answers for good: nothing of them stays in the database's files.

    Raises:
        NotFoundError: one of them is not there; then none is forgotten.
    """
    with home.writing() as connection:
        for number in dict.fromkeys(numbers):
            if connection.execute("DELETE FROM answers WHERE number = ?", (number,)).rowcount == 0:
                raise NotFoundError(f"no past answer {number}", "nothing was deleted")
    home.forget_journal()


def delete_all_answers(home: Home, collection: str | None = None) -> int:
    """Forgets every answer, or every one from a collection, for good; returns how many."""
    with home.writing() as connection:
        gone = connection.execute("DELETE FROM answers WHERE ?1 IS NULL OR collection = ?1", (collection,)).rowcount
    home.forget_journal()
    return gone


def cited_documents(home: Home, collection: str) -> set[str]:
    """The ids of the documents that past answers from a collection cite."""
    with home.reading() as connection:
        query = "SELECT DISTINCT document_id FROM cited WHERE collection = ?"
        return {document_id for (document_id,) in connection.execute(query, (collection,))}


def answers_citing(home: Home, collection: str, document_ids: Iterable[str]) -> tuple[int, ...]:
    """The numbers of the past answers from a collection that cite one of these documents, ascending."""
    wanted = list(document_ids)
    found: set[int] = set()
    for first in range(0, len(wanted), _BATCH):
        batch = wanted[first : first + _BATCH]
        marks = ",".join("?" * len(batch))
        query = f"SELECT answer FROM cited WHERE collection = ? AND document_id IN ({marks})"  # noqa: S608
        with home.reading() as connection:
            found.update(number for (number,) in connection.execute(query, (collection, *batch)))
    return tuple(sorted(found))


def answer_from(row: Sequence[Any]) -> PastAnswer:
    """The past answer of a row with these columns."""
    number, conversation, question, written, created_at = row
    return PastAnswer(number, conversation, question, _adapter().validate_json(written), created_at)


@cache
def _adapter() -> TypeAdapter[Answer]:
    """Reads answers. It takes half a second to load on a busy machine, which whoever only writes need not wait for."""
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)
