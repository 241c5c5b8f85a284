"""Notices to people: our own sentence for each kind of failure, with the server's words beside it as plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.plain import plain
from ui.browser.wording import Words

if TYPE_CHECKING:
    from ui.browser.session import Session

# How the server names the right that a key lacks.
_LACKING = re.compile(r"lacks the right '([a-z]+)'")


def sentence_for(failure: ClientError, words: Words) -> str:
    """What people read about a failure; plain text."""
    ours = words(f"failure_{failure.kind.value}")
    lacking = _LACKING.search(failure.detail) if failure.kind is FailureKind.NOT_ALLOWED else None
    if lacking is not None and f"right_{lacking[1]}" in words.strings:
        return words("failure_lacks", right=words(f"right_{lacking[1]}"))
    # Chinese sets no space between sentences.
    between = "" if words.language == "zh" else " "
    return f"{ours}{between}{words('failure_said', detail=failure.detail)}" if failure.detail else ours


def tell(session: Session) -> None:
    """Tells what is to be told once. Called last: what is told before a drawing is begun anew may be lost."""
    if session.said:
        st.toast(plain(session.said))
        session.said = ""


def show_failure(failure: ClientError, words: Words, happened: str = "") -> None:
    """Shows a failure where it happened; `happened` is the string that says what came of it."""
    said = sentence_for(failure, words)
    st.error(plain(f"{words(happened)} {said}" if happened else said))
