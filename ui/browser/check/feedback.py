"""What people thought of answers, and the way from there to a question of the collection."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from ui.browser.api.check_requests import MOST_JUDGED
from ui.browser.api.failures import ClientError
from ui.browser.api.question_replies import Judged, as_question
from ui.browser.check.drawing import judged_data
from ui.browser.components import draw_judged
from ui.browser.notices import sentence_for
from ui.browser.plain import plain
from ui.browser.session import Session

_VERDICTS = ("", "down", "up")  # the first: both


def show_feedback(session: Session) -> None:
    """Draws the judged answers.

    Raises:
        ClientError: the server does not tell of them.
    """
    words = session.words
    st.text(words("feedback_lead"))
    verdict = st.segmented_control(
        words("feedback_filter"),
        _VERDICTS,
        default="",
        required=True,
        key="feedback-verdict",
        format_func=lambda one: words(f"feedback_{one or 'all'}"),
        label_visibility="collapsed",
    )
    before = session.check.before if session.check.before_of == (session.collection, verdict or "") else 0
    found = session.requests.judged(verdict or "", before)
    if not found:
        st.text(words("feedback_none"))
    for judged in found:
        draw_judged(f"judged-{judged.number}", judged_data(judged, words), partial(_adopt, session, judged))
    with st.container(horizontal=True):
        if before:
            st.button(
                words("feedback_newest"), key="feedback-newest", on_click=_go_to, args=(session, verdict or "", 0)
            )
        if len(found) == MOST_JUDGED:
            last = found[-1].number
            st.button(
                words("feedback_older"), key="feedback-older", on_click=_go_to, args=(session, verdict or "", last)
            )
    if session.check.adopting is not None:
        dialog = st.dialog(words("make_question"), on_dismiss=lambda: _adopt(session, None))(_form)
        dialog(session, session.check.adopting)


def _go_to(session: Session, verdict: str, before: int) -> None:
    """Shows the answers before one of them, 0 for the newest."""
    session.check.before, session.check.before_of = before, (session.collection, verdict)


def _adopt(session: Session, judged: Judged | None) -> None:
    """Opens the dialog about a judged answer, or closes it."""
    session.check.adopting = judged


def _form(session: Session, judged: Judged) -> None:
    words = session.words
    offered = as_question(judged)
    st.text(words("adopt_lead"))
    question = st.text_area(words("column_question"), offered.question, key=f"adopt-question-{judged.number}")
    refuse = st.checkbox(words("column_must_refuse"), key=f"adopt-refuse-{judged.number}")
    answers = st.text_area(words("adopt_answers"), key=f"adopt-answers-{judged.number}", disabled=refuse)
    document = st.text_input(
        words("column_document"), offered.document, key=f"adopt-document-{judged.number}", disabled=refuse
    )
    with st.container(horizontal=True):
        confirmed = st.button(words("adopt_confirm"), type="primary", key="adopt-confirm")
        if st.button(words("cancel"), key="adopt-cancel"):
            _adopt(session, None)
            st.rerun()
    if confirmed:
        lines = tuple(line.strip() for line in (answers or "").splitlines() if line.strip())
        same = (document or "").strip() == offered.document
        asked = replace(offered, question=(question or "").strip(), must_refuse=refuse, page=None)
        if not refuse:
            asked = replace(
                asked, answers=lines, document=(document or "").strip(), page=offered.page if same else None
            )
        else:
            asked = replace(asked, document="")
        try:
            session.requests.add_question(asked)
            session.check.note_added(session.collection, session.requests.questions())
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        _adopt(session, None)
        session.said = words("adopted")
        st.rerun()
