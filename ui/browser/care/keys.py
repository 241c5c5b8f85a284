"""The section of the page Look after about keys: making one, which is shown once, and revoking."""

from __future__ import annotations

import streamlit as st

from ui.browser.api.care_replies import Key
from ui.browser.api.failures import ClientError
from ui.browser.care.drawing import keys_data
from ui.browser.components import draw_records
from ui.browser.notices import sentence_for
from ui.browser.plain import plain, seen
from ui.browser.session import Session

_LASTING_DAYS = (0, 30, 90, 365)  # 0 for good; a year is the longest that the server gives
_RIGHTS = ("ask", "read", "write", "admin")  # as the server names them
_USUAL = ("ask", "read")  # what a program that asks and shows sources needs


def show_keys(session: Session) -> None:
    """Draws the section.

    Raises:
        ClientError: the server does not tell its keys.
    """
    words = session.words
    _made(session)
    keys = session.client.all_keys()
    if not keys:
        st.text(words("keys_none"))
    known = {key.id: key for key in keys}
    draw_records("keys", keys_data(keys, words), lambda key_id: _ask_about(session, known.get(key_id)))
    _form(session, first=not keys)
    if session.revoking is not None:
        st.dialog(words("revoke_heading"), on_dismiss=lambda: _ask_about(session, None))(_revoke)(session)


def _made(session: Session) -> None:
    """The value of the key that was just made: it is told now and never again."""
    words = session.words
    if not session.made_key:
        return
    st.success(words("key_shown_once"))
    st.code(session.made_key, language=None)  # with a button that copies it
    st.button(words("key_copied"), key="key-copied", on_click=_forget, args=(session,))


def _forget(session: Session) -> None:
    session.made_key = ""


def _form(session: Session, *, first: bool) -> None:
    words = session.words
    with st.expander(words("key_new"), icon=":material/key:"), st.form("new-key", border=False):
        if first:
            st.warning(words("key_first"))
        name = st.text_input(words("key_name"), max_chars=64, key="key-name")
        rights = st.multiselect(
            words("key_rights"),
            _RIGHTS,
            _USUAL,
            format_func=lambda right: words(f"right_{right}"),
            placeholder=words("key_rights"),
            select_all=False,  # Streamlit says it in English only
            key="key-rights",
        )
        collections = st.multiselect(
            words("key_collections"),
            [item.name for item in session.collections],
            format_func=session.title_of,
            placeholder=words("key_all"),
            select_all=False,  # Streamlit says it in English only
            key="key-collections",
        )
        days = st.selectbox(
            words("key_lasting"),
            _LASTING_DAYS,
            format_func=lambda days: words("days", count=days) if days else words("key_for_good"),
            key="key-days",
        )
        sent = st.form_submit_button(words("key_make"), type="primary")
    if not sent:
        return
    if not (name or "").strip() or not rights:
        st.warning(words("key_incomplete"))
        return
    try:
        session.made_key = session.client.make_key(name.strip(), rights, collections, days or 0)
    except ClientError as failure:
        st.error(plain(sentence_for(failure, words)))
        return
    st.rerun()


def _ask_about(session: Session, key: Key | None) -> None:
    session.revoking = key


def _revoke(session: Session) -> None:
    words, key = session.words, session.revoking
    if key is None:
        return
    st.text(words("revoke_question", name=seen(key.name)))
    with st.container(horizontal=True):
        confirmed = st.button(words("revoke"), type="primary", key="revoke-confirm")
        if st.button(words("cancel"), key="revoke-cancel"):
            _ask_about(session, None)
            st.rerun()
    if confirmed:
        try:
            session.client.revoke_key(key.id)
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        _ask_about(session, None)
        session.said = words("revoked", name=key.name)
        st.rerun()
