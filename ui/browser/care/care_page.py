"""The page Look after: health, keys, changes, storage. Each section needs its own right, and says so where it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ui.browser.api.failures import ClientError
from ui.browser.care.drawing import changes_data, health_data, storage_data
from ui.browser.care.keys import show_keys
from ui.browser.care.preferences import show_preferences
from ui.browser.components import draw_records
from ui.browser.notices import show_failure
from ui.browser.plain import plain
from ui.browser.session import Session, current_session

_CHANGES = 50  # entries of one page: a screen or two
_BEFORE = "changes-before"  # where the shown page of the audit log begins, and all pages in front of it


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    sections = _sections()
    st.header(words("care_heading"), anchor=False)
    st.text(words("care_lead"))
    section = st.segmented_control(
        words("care_sections"),
        list(sections),
        default="health",
        format_func=lambda name: words(f"care_{name}"),
        key="section",
        label_visibility="collapsed",
        required=True,
    )
    try:
        sections[section or "health"](session)
    except ClientError as failure:
        show_failure(failure, words)
        st.button(words("try_again"), key="care-again")


def _sections() -> Mapping[str, Callable[[Session], None]]:
    return {
        "health": _health,
        "keys": show_keys,
        "changes": _changes,
        "storage": _storage,
        "preferences": show_preferences,
    }


def _health(session: Session) -> None:
    words = session.words
    draw_records("health", health_data(session.client.health(), words))
    st.button(words("look_again"), key="look-again", icon=":material/refresh:")


def _storage(session: Session) -> None:
    draw_records("storage", storage_data(session.client.storage(), session.collections, session.words))


def _changes(session: Session) -> None:
    words = session.words
    names = ["", *(item.name for item in session.collections)]
    collection = st.selectbox(
        words("collection"),
        names,
        format_func=lambda name: session.title_of(name) if name else words("filter_any"),
        key="changes-collection",
        on_change=lambda: st.session_state.pop(_BEFORE, None),
    )
    before: list[int] = st.session_state.setdefault(_BEFORE, [])
    shown, more = session.client.changes(_CHANGES, before[-1] if before else 0, collection or "")
    if not shown:
        st.text(words("changes_none"))
    draw_records("changes", changes_data(shown, _key_names(session), words))
    with st.container(horizontal=True):
        st.button(words("changes_newer"), key="newer", disabled=not before, on_click=_newer)
        oldest = shown[-1].number if shown else 0
        st.button(words("changes_older"), key="older", disabled=not more, on_click=_older, args=(oldest,))
        check = st.button(words("changes_check"), key="check", icon=":material/verified:")
    if check:
        found = session.client.check_changes()
        if found.fault:
            st.error(plain(words("changes_broken", fault=found.fault)))
        else:
            st.success(words.count("changes_whole", found.entries))
            st.code(found.head, language=None)


def _older(number: int) -> None:
    st.session_state[_BEFORE].append(number)


def _newer() -> None:
    st.session_state[_BEFORE].pop()


def _key_names(session: Session) -> dict[str, str]:
    return {key.id: key.name for key in session.client.all_keys()}
