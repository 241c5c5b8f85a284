"""The form of the Library that adds files to a collection."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ui.browser.failures import ClientError
from ui.browser.notices import sentence_for
from ui.browser.plain import plain
from ui.browser.session import Session
from ui.browser.wording import Words


def show_upload(session: Session) -> None:
    """Draws the form and sends what it is given."""
    words = session.words
    st.subheader(words("upload_heading"), anchor=False)
    with st.form("upload", clear_on_submit=True, border=False):
        _translate_uploader(words)
        files = st.file_uploader(words("upload_label"), accept_multiple_files=True, key="files")
        st.caption(words("upload_help"))
        names = [item.name for item in session.collections] or [session.collection]
        collection = st.selectbox(
            words("upload_collection"),
            names,
            index=names.index(session.collection) if session.collection in names else None,
            accept_new_options=True,
        )
        sent = st.form_submit_button(words("upload_button"), type="primary", icon=":material/upload:")
    if sent:
        _send(session, files, (collection or "").strip())
    for failure in session.upload_failures:
        st.error(plain(failure))


def _translate_uploader(words: Words) -> None:
    """Streamlit's own uploader speaks English only: puts our own strings in place of its two texts."""
    zone = ".st-key-files [data-testid='stFileUploaderDropzone']"
    browse = words("upload_browse")
    limit = words("upload_limit", size=st.get_option("server.maxUploadSize"))
    st.html(
        f"<style>{zone} button p::after {{ content: '{browse}'; }}"
        f"{zone} [data-testid='stFileUploaderDropzoneInstructions'] span::after {{ content: '{limit}'; }}</style>"
    )


def _send(session: Session, files: Sequence[UploadedFile], collection: str) -> None:
    words = session.words
    session.upload_failures = ()
    if not files or not collection:
        st.warning(words("upload_no_collection") if files else words("upload_nothing"))
        return
    with st.spinner(words("stage_storing")):
        session.upload_failures = tuple(_failures(session, files, collection))
    received = len(files) - len(session.upload_failures)
    if received:
        session.examples = {}
        st.toast(words.count("upload_sent", received))
    st.rerun()


def _failures(session: Session, files: Sequence[UploadedFile], collection: str) -> list[str]:
    """Sends each file, and chooses the collection; the failures as sentences. No bad file holds up the others."""
    words = session.words
    failures: list[str] = []
    try:
        if collection not in [item.name for item in session.collections]:
            collection = session.client.create_collection(collection)
    except ClientError as failure:
        return [words("upload_failed", name=file.name, reason=sentence_for(failure, words)) for file in files]
    session.collection = collection
    for file in files:
        try:
            session.client.add_file(collection, file.name, file.getvalue())
        except ClientError as failure:
            failures.append(words("upload_failed", name=file.name, reason=sentence_for(failure, words)))
    return failures
