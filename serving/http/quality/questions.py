"""/ibid/collections/{id}/questions: the questions that a collection is measured with, read and written by its owner.

They stand in the file that `ibid eval -c NAME` reads. Whoever replaces them says which version they change, so that
nobody's change is lost.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from kb.home.home import Home
from kb.questions import (
    OwnQuestion,
    QuestionFile,
    questions_as_yaml,
    questions_in,
    read_question_file,
    replace_questions,
)
from kb.questions.collection_file import appended
from kb.questions.rows import questions_of_rows
from kb.questions.writing import questions_as_bytes
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.errors import ApiError
from serving.http.state import services_of

router = APIRouter(route_class=JsonRoute)

_MOST_QUESTIONS = 2_000  # an hour and more of measuring, and a table that nobody edits by hand
_LONGEST_TEXT = 4_000_000  # characters of a whole file: that many questions with long answers

Text = Annotated[str, Field(max_length=4_000)]  # of one field; a question's own limit is told apart


class QuestionRow(JsonBody):
    """One question and what is expected of its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Text
    id: Text = ""
    answers: list[Text] = Field(default_factory=list, max_length=100)
    document: Text = ""
    page: int | None = Field(None, ge=1, le=1_000_000)
    must_refuse: bool = False
    tags: list[Text] = Field(default_factory=list, max_length=100)
    synthetic: bool = False


class NewQuestions(JsonBody):
    """What the collection's questions are to be: rows, or a YAML file's text."""

    model_config = ConfigDict(extra="forbid")

    version: str  # of the questions that are changed, as they were read
    questions: list[QuestionRow] | None = Field(None, max_length=_MOST_QUESTIONS)
    text: str | None = Field(None, max_length=_LONGEST_TEXT)


@router.get("/ibid/collections/{store_id}/questions")
def read_collection_questions(request: Request, store_id: str) -> dict[str, Any]:
    """The collection's questions, as rows and as YAML, with the version to name when they are replaced."""
    services = services_of(request)
    return _as_json(services.home, services.collections.catalog(store_id).name)


@router.put("/ibid/collections/{store_id}/questions")
def replace_collection_questions(request: Request, store_id: str, asked: NewQuestions) -> dict[str, Any]:
    """Replaces all questions; 409 where somebody else has changed them since `version`. None remove the file."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    if (asked.questions is None) == (asked.text is None):
        raise ApiError(400, "give either `questions` or `text`", code="invalid_value", param="questions")
    rows = None if asked.questions is None else questions_of_rows([row.model_dump() for row in asked.questions])

    def make(file: QuestionFile) -> bytes:
        if rows is not None:
            return questions_as_bytes(file.path, rows) if rows else b""
        return _from_text(file, asked.text or "")

    replace_questions(services.home, name, make, asked.version)
    return _as_json(services.home, name)


@router.post("/ibid/collections/{store_id}/questions")
def add_collection_question(request: Request, store_id: str, asked: QuestionRow) -> dict[str, Any]:
    """Adds one question at the end."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    (added,) = questions_of_rows([asked.model_dump()])
    replace_questions(services.home, name, lambda file: appended(file, added), None)
    return _as_json(services.home, name)


def _from_text(file: QuestionFile, text: str) -> bytes:
    """What the file holds with this YAML in it: the text itself, where the file is YAML, too."""
    if not text.strip():
        return b""
    questions = questions_in(text, ".yaml", "the text")
    return text.encode() if file.path.suffix.lower() in (".yaml", ".yml") else questions_as_bytes(file.path, questions)


def _as_json(home: Home, name: str) -> dict[str, Any]:
    file = read_question_file(home.folder, name)
    questions = file.questions()
    is_yaml = file.path.suffix.lower() in (".yaml", ".yml")
    return {
        "id": name,
        "object": "collection.questions",
        "version": file.version,
        "questions": [_row(own) for own in questions],
        "text": file.text if is_yaml else questions_as_yaml(questions),
    }


def _row(own: OwnQuestion) -> dict[str, Any]:
    return {
        "id": own.id,
        "question": own.question,
        "answers": list(own.answers),
        "document": own.document,
        "page": own.page,
        "must_refuse": own.must_refuse,
        "tags": list(own.tags),
        "synthetic": own.synthetic,
    }
