"""The page Check: how good the answers of a collection are, by its own questions and by what people thought of them."""

from __future__ import annotations

import streamlit as st

from ui.browser.api.failures import ClientError
from ui.browser.check.feedback import show_feedback
from ui.browser.check.questions import show_questions
from ui.browser.check.runs import show_runs
from ui.browser.notices import show_failure
from ui.browser.session import current_session

_PARTS = {"runs": show_runs, "questions": show_questions, "feedback": show_feedback}


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    st.header(words("check_heading"), anchor=False)
    st.text(words("check_lead"))
    part = st.segmented_control(
        words("check_part"),
        list(_PARTS),
        default="runs",
        required=True,
        key="check-part",
        format_func=lambda name: words(f"check_{name}"),
        label_visibility="collapsed",
    )
    if not session.collections:
        return
    try:
        _PARTS[part or "runs"](session)
    except ClientError as failure:
        show_failure(failure, words)
        st.button(words("try_again"), key="check-again")
