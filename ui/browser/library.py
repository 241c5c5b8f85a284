"""The page Library: what a collection holds, what is on its way in, and how to add and delete."""

from __future__ import annotations

import streamlit as st

from ui.browser.components import draw_documents
from ui.browser.documents_drawing import documents_data
from ui.browser.failures import ClientError
from ui.browser.notices import sentence_for, show_failure
from ui.browser.plain import plain, seen
from ui.browser.replies import FileState, StoredFile
from ui.browser.session import Session, current_session
from ui.browser.uploading import show_upload

# How often files on their way in are looked at again: stages take seconds.
_POLL_SECONDS = 1.0

# Rows drawn at once: more than anyone reads, and still drawn in an instant.
_ROWS = 200

# Shown first: what needs a look.
_ORDER = {FileState.IN_PROGRESS: 0, FileState.FAILED: 1, FileState.CANCELLED: 1, FileState.COMPLETED: 2}


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    session.confirming = session.deleting
    st.header(words("library_heading"), anchor=False)
    st.text(words("library_lead"))
    if session.collections:
        st.caption(words("policy_strict" if session.strict else "policy_flag"))
    documents, upload = st.columns([7, 4], gap="large")
    with documents:
        st.fragment(_documents, run_every=_POLL_SECONDS if session.uploading else None)(session)
    with upload:
        show_upload(session)
    if session.confirming is not None:
        confirm = st.dialog(words("delete_heading"), on_dismiss=lambda: _ask_about(session, None))(_deletion)
        confirm(session, session.confirming)


def _documents(session: Session) -> None:
    words = session.words
    if session.deleting != session.confirming:
        st.rerun()  # the dialog belongs to the whole page, so that the polling of this part leaves it alone
    st.subheader(words("documents_heading"), anchor=False)
    try:
        files = session.client.files(session.collection) if session.collections else ()
    except ClientError as failure:
        show_failure(failure, words)
        return
    busy = any(file.state is FileState.IN_PROGRESS for file in files)
    if busy != session.uploading:
        session.uploading = busy
        st.rerun()  # starts or ends the polling, and counts documents anew
    _list(session, sorted(files, key=lambda file: (_ORDER[file.state], (file.title or file.name).casefold())))


def _list(session: Session, files: list[StoredFile]) -> None:
    words = session.words
    if not files:
        st.text(words("documents_none"))
        return
    wanted = st.text_input(words("documents_find"), key="find", icon=":material/search:") or ""
    found = [file for file in files if wanted.casefold() in f"{file.title}\n{file.name}".casefold()]
    st.caption(plain(_counts(session, files)))
    if not found:
        st.text(words("documents_no_match"))
    known = {file.id: file for file in files}
    draw_documents("documents", documents_data(found[:_ROWS], words), lambda id_: _ask_about(session, known.get(id_)))
    if len(found) > _ROWS:
        st.caption(words("documents_more", count=len(found) - _ROWS))


def _counts(session: Session, files: list[StoredFile]) -> str:
    ready = sum(file.state is FileState.COMPLETED for file in files)
    busy = sum(file.state is FileState.IN_PROGRESS for file in files)
    return session.words("documents_counts", ready=ready, busy=busy, failed=len(files) - ready - busy)


def _ask_about(session: Session, file: StoredFile | None) -> None:
    """Opens the dialog about a file's deletion, or closes it."""
    session.deleting = file


def _deletion(session: Session, file: StoredFile) -> None:
    words = session.words
    name = seen(file.title or file.name)
    st.text(words("delete_question", name=name, collection=session.collection))
    with st.container(horizontal=True):
        confirmed = st.button(words("delete_confirm"), type="primary", key="delete-confirm")
        if st.button(words("cancel"), key="delete-cancel"):
            _ask_about(session, None)
            st.rerun()
    if confirmed:
        try:
            session.client.delete_file(session.collection, file.id)
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        _ask_about(session, None)
        session.sources.forget_all()  # what is deleted is not shown again, not even from memory
        session.examples = {}
        st.toast(plain(words("deleted", name=name)))
        st.rerun()
