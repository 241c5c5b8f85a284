"""The questions of a collection as a table to edit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, SupportsFloat

import streamlit as st

from ui.browser.api.failures import ClientError
from ui.browser.api.question_replies import Question, QuestionSet
from ui.browser.notices import show_failure
from ui.browser.plain import plain
from ui.browser.session import Session
from ui.browser.wording import Words

# Between several expected phrases in one cell, and between tags, which no tag holds itself.
_BETWEEN_ANSWERS, _BETWEEN_TAGS = " | ", ", "
_BAR = re.compile(r"(?<!\\)\|")  # one that is itself expected is written \|

_COLUMNS = ("question", "answers", "document", "page", "must_refuse", "tags")

Table = Mapping[str, Sequence[Any]]


def show_questions(session: Session) -> None:
    """Draws the table, and what is done with it.

    Raises:
        ClientError: the questions could not be read.
    """
    words = session.words
    own = session.check.questions_of(session.collection, session.requests)
    st.text(words("questions_lead"))
    check, collection = session.check, session.collection
    # Another version is another table: what was typed into the one before does not belong to it.
    key = f"questions-{collection}-{own.version}-{check.tables}"
    if key not in st.session_state or check.shown is None:  # the table is drawn afresh, perhaps after a look elsewhere
        draft = check.drafts.get(collection)
        check.shown = QuestionSet(own.version, draft.questions if draft else own.questions)
    table = st.container(
        key="questions-table"
    )  # app.css leaves out the tools that show columns which are not meant to be
    edited = table.data_editor(
        as_table(check.shown),
        key=key,
        on_change=check.note_typing,
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        column_config=_columns(words),
        alt=words("questions_table"),
        placeholder="",
    )
    check.note_edits(collection, from_table(edited, own))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(words("save"), type="primary", key="save-questions"):
            _save(session, own, edited)
        if st.button(words("questions_discard" if check.unsaved else "questions_read_again"), key="read-questions"):
            check.forget_questions()
            st.rerun()
        if collection in check.drafts:
            st.caption(words("questions_unsaved"))


def as_table(own: QuestionSet) -> dict[str, list[Any]]:
    """Questions by columns, the ids among them, which are not shown but come back with their rows."""
    columns: dict[str, list[Any]] = {name: [] for name in ("id", *_COLUMNS, "synthetic")}
    for question in own.questions:
        columns["id"].append(question.id)
        columns["question"].append(question.question)
        columns["answers"].append(_BETWEEN_ANSWERS.join(answer.replace("|", "\\|") for answer in question.answers))
        columns["document"].append(question.document)
        columns["page"].append(question.page)
        columns["must_refuse"].append(question.must_refuse)
        columns["tags"].append(_BETWEEN_TAGS.join(question.tags))
        columns["synthetic"].append(question.synthetic)
    # Columns without a cell would be taken for numbers; an empty row is one to begin with.
    return columns if own.questions else {name: [None] for name in columns}


def from_table(table: Table, own: QuestionSet) -> list[Question]:
    """The questions of a table that was edited; rows without anything in them are left out.

    A question that is asked otherwise is another one: it loses the id that was made from its words.
    """
    before = {question.id: question for question in own.questions}
    questions = []
    for row in zip(*(table[name] for name in ("id", *_COLUMNS, "synthetic")), strict=True):
        id_, question, answers, document, page, must_refuse, tags, synthetic = row
        known = before.get(_text(id_))
        same = known is not None and (known.question == _text(question) or not known.id.startswith("q-"))
        made = Question(
            question=_text(question),
            id=known.id if known is not None and same else "",
            answers=_answers(_text(answers)),
            document=_text(document),
            page=_whole(page),
            must_refuse=_flag(must_refuse),
            tags=tuple(tag for tag in (part.strip() for part in _text(tags).split(",")) if tag),
            synthetic=_flag(synthetic),
        )
        if made != Question("", must_refuse=made.must_refuse):
            questions.append(made)
    return questions


def _answers(cell: str) -> tuple[str, ...]:
    parts = (part.strip().replace("\\|", "|") for part in _BAR.split(cell))
    return tuple(part for part in parts if part)


def _whole(cell: Any) -> int | None:
    """An empty cell may be None or NaN."""
    return int(float(cell)) if isinstance(cell, SupportsFloat) and math.isfinite(float(cell)) else None


def _flag(cell: Any) -> bool:
    return str(cell) == "True"  # Python's own or NumPy's; an empty cell may be None or NaN


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _columns(words: Words) -> dict[str, Any]:
    config = st.column_config
    return {
        "id": None,
        "synthetic": None,
        "question": config.TextColumn(words("column_question"), width="medium", required=True),
        "answers": config.TextColumn(words("column_answers"), width="medium", help=plain(words("column_answers_why"))),
        "document": config.TextColumn(words("column_document"), width="medium"),
        "page": config.NumberColumn(words("column_page"), width="small", min_value=1, step=1, format="%d"),
        "must_refuse": config.CheckboxColumn(
            words("column_must_refuse"), width="small", default=False, help=plain(words("column_must_refuse_why"))
        ),
        "tags": config.TextColumn(words("column_tags"), width="small"),
    }


def _save(session: Session, own: QuestionSet, table: Table) -> None:
    try:
        stored = session.requests.replace_questions(own.version, from_table(table, own))
    except ClientError as failure:
        show_failure(failure, session.words, "questions_not_saved")
        return
    session.check.note_questions(session.collection, stored)
    session.said = session.words.count("questions_saved", len(stored.questions))
    st.rerun()
