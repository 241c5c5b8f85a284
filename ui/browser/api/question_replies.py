"""A collection's own questions, and what people thought of answers, as types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ui.browser.api.answer_replies import KeptAnswer, read_kept_answer
from ui.browser.api.parsing import Json, page_number


@dataclass(frozen=True, slots=True)
class Question:
    """One of the collection's own questions and what is expected of its answer."""

    question: str
    id: str = ""
    answers: tuple[str, ...] = ()
    document: str = ""
    page: int | None = None
    must_refuse: bool = False
    tags: tuple[str, ...] = ()
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """All of them; `version` is named when they are replaced."""

    version: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A kept answer and what somebody thought of it; `verdict` is "up" or "down"."""

    number: int
    past: KeptAnswer
    verdict: str
    reason: str
    at: str


def read_question_set(value: Json) -> QuestionSet:
    """The collection's own questions."""
    return QuestionSet(str(value["version"]), tuple(_question(row) for row in value["questions"]))


def question_json(question: Question) -> dict[str, Any]:
    """A question as the server takes it."""
    return {
        "id": question.id,
        "question": question.question,
        "answers": list(question.answers),
        "document": question.document,
        "page": question.page,
        "must_refuse": question.must_refuse,
        "tags": list(question.tags),
        "synthetic": question.synthetic,
    }


def read_judged(value: Json) -> Judged:
    """A judged answer."""
    given = value["feedback"]
    return Judged(
        number=int(value["number"]),
        past=read_kept_answer(value),
        verdict=str(given["verdict"]),
        reason=str(given.get("reason") or ""),
        at=str(given.get("at") or ""),
    )


def as_question(judged: Judged) -> Question:
    """The question of a judged answer, with the document that it cites: what somebody then corrects and adds."""
    cited = judged.past.reply.citations
    asked = Question(judged.past.reply.question or judged.past.question)
    return replace(asked, document=cited[0].document, page=cited[0].page) if cited else asked


def _question(row: Json) -> Question:
    return Question(
        question=str(row["question"]),
        id=str(row.get("id") or ""),
        answers=tuple(map(str, row.get("answers") or ())),
        document=str(row.get("document") or ""),
        page=page_number(row.get("page")),
        must_refuse=row.get("must_refuse") is True,
        tags=tuple(map(str, row.get("tags") or ())),
        synthetic=row.get("synthetic") is True,
    )
