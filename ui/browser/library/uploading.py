"""The form of the Library that adds files to a collection, and folders packed as zip."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ui.browser.api.failures import ClientError
from ui.browser.library.outcome import Outcome
from ui.browser.library.unpacking import Unpacked, is_archive, unpacked
from ui.browser.notices import sentence_for
from ui.browser.plain import plain
from ui.browser.session import Session
from ui.browser.wording import Words

UPLOAD_ANCHOR = "add-documents"  # in the page's address: where the form begins

_MOST_SHOWN = 50  # failures: more than anyone reads; how many there are is said


def show_upload(session: Session) -> None:
    """Draws the form and sends what it is given."""
    words = session.words
    st.subheader(words("upload_heading"), anchor=UPLOAD_ANCHOR)
    with st.form("upload", clear_on_submit=True, border=False):
        translate_uploader(words, "files", session.most_file_mb)
        files = st.file_uploader(
            words("upload_label"), accept_multiple_files=True, key="files", max_upload_size=session.most_file_mb
        )
        st.caption(words("upload_help"))
        names = [item.name for item in session.collections] or [session.collection]
        collection = st.selectbox(
            words("upload_collection"),
            names,
            index=names.index(session.collection) if session.collection in names else None,
            accept_new_options=True,
            format_func=session.title_of,
        )
        sent = st.form_submit_button(words("upload_button"), type="primary", icon=":material/upload:")
    if sent:
        _check_and_send(session, files, (collection or "").strip())
    _show_outcome(session)


def translate_uploader(words: Words, key: str, most_mb: int) -> None:
    """Streamlit's own uploader speaks English only: puts our own strings in place of its two texts.

    Args:
        words: the interface's strings.
        key: of the uploader.
        most_mb: how large a file may be.
    """
    zone = f".st-key-{key} [data-testid='stFileUploaderDropzone']"
    browse = words("upload_browse")
    limit = words("upload_limit", size=most_mb)
    st.html(
        f"<style>{zone} button p::after {{ content: '{browse}'; }}"
        f"{zone} [data-testid='stFileUploaderDropzoneInstructions'] span::after {{ content: '{limit}'; }}</style>"
    )


def _show_outcome(session: Session) -> None:
    words, outcome = session.words, session.sent
    if outcome is None:
        return
    if outcome.known:
        st.info(plain(words.count("upload_known", len(outcome.known), names=words("between").join(outcome.known[:10]))))
    for failure in outcome.failures[:_MOST_SHOWN]:
        st.error(plain(failure))
    if len(outcome.failures) > _MOST_SHOWN:
        st.caption(words("upload_more_failures", count=len(outcome.failures) - _MOST_SHOWN))
    if outcome.unsent:
        st.button(
            words.count("upload_again", len(outcome.unsent)),
            key="upload-again",
            icon=":material/refresh:",
            on_click=_send_again,
            args=(session,),
        )


def _check_and_send(session: Session, files: Sequence[UploadedFile], collection: str) -> None:
    words = session.words
    session.sent = None
    if not files or not collection:
        st.warning(words("upload_no_collection") if files else words("upload_nothing"))
        return
    _send(session, _taken_out(files, session.most_file_mb * 1_000_000), collection)
    st.rerun()


def _send_again(session: Session) -> None:
    if session.sent is not None:
        _send(session, iter(session.sent.unsent), session.collection)


def _taken_out(files: Sequence[UploadedFile], most: int) -> Iterator[Unpacked]:
    """The files, those of zips one by one, of at most so many bytes each."""
    for file in files:
        if is_archive(file.name):
            yield from unpacked(file.name, file, most)
        else:
            yield Unpacked(file.name, file.getvalue())


def _send(session: Session, files: Iterator[Unpacked], collection: str) -> None:
    """Sends each file, and chooses the collection. No bad file holds up the others."""
    words = session.words
    session.sent = outcome = Outcome()
    try:
        if collection not in [item.name for item in session.collections]:
            collection = session.client.create_collection(collection)
    except ClientError as failure:
        for file in files:
            _note(outcome, file, sentence_for(failure, words), words, failure)
        return
    session.collection = collection
    sent: set[str] = set()
    progress = st.progress(0.0)
    for number, file in enumerate(files, 1):
        # How many there will be is not known before a zip is read to its end.
        progress.progress(number / (number + 1), text=plain(words("upload_sending", number=number, name=file.name)))
        _send_one(session, collection, file, sent, outcome)
    progress.empty()
    if outcome.received:
        session.examples = {}
        session.said = words.count("upload_sent", outcome.received)


def _send_one(session: Session, collection: str, file: Unpacked, sent: set[str], outcome: Outcome) -> None:
    """Sends a file, unless the collection holds its very bytes or they are among those `sent` before it."""
    if file.fault:
        _note(outcome, file, session.words(file.fault), session.words)
        return
    digest = hashlib.sha256(file.content).hexdigest()  # a document's id
    try:
        if digest in sent or session.client.held(collection, ids=[digest]):
            outcome.known.append(file.name)
            return
        session.client.add_file(collection, file.name, io.BytesIO(file.content))
    except ClientError as failure:
        _note(outcome, file, sentence_for(failure, session.words), session.words, failure)
        return
    sent.add(digest)
    outcome.received += 1


def _note(outcome: Outcome, file: Unpacked, reason: str, words: Words, failure: ClientError | None = None) -> None:
    outcome.note_failure(file, words("upload_failed", name=file.name, reason=reason), failure)
