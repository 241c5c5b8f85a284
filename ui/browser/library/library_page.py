"""The page Library: what a collection holds, what is on its way in, and how to add and delete."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import streamlit as st

from ui.browser.api.failures import ClientError
from ui.browser.api.file_replies import FileState, Order, StoredFile
from ui.browser.components import RowActions, draw_documents
from ui.browser.library.collection_dialogs import show_collection_dialog, show_collection_menu
from ui.browser.library.document_page import address_of
from ui.browser.library.drawing import documents_data
from ui.browser.library.listing import ROWS, Listing, Looked
from ui.browser.library.removing import removal_sentence
from ui.browser.library.uploading import UPLOAD_ANCHOR, show_upload
from ui.browser.notices import sentence_for, show_failure, tell
from ui.browser.plain import plain, seen
from ui.browser.session import Session, current_session
from ui.browser.wording import Words

# How often files on their way in are looked at again: stages take seconds.
_POLL_SECONDS = 1.0

# What can be chosen by state; a cancelled file is shown with those that failed.
_STATES = (FileState.COMPLETED, FileState.IN_PROGRESS, FileState.FAILED)

# The fields that say what is looked for.
_WORDS, _STATE, _ORDER = "find", "documents-state", "order"


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    session.confirming = session.deleting
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header(words("library_heading"), anchor=False, width="stretch")
        show_collection_menu(session)
    _about(session)
    with st.container(key="to-upload"):  # on narrow screens, where the form stands below the list
        st.markdown(f"[{words('upload_heading')}](#{UPLOAD_ANCHOR})")
    documents, upload = st.columns([7, 4], gap="large")
    with documents:
        st.fragment(_documents, run_every=_POLL_SECONDS if session.uploading else None)(session)
    with upload:
        show_upload(session)
    if session.confirming is not None:
        confirm = st.dialog(words("delete_heading"), on_dismiss=lambda: _ask_about(session, None))(_deletion)
        confirm(session, session.confirming)
    elif session.managing:
        show_collection_dialog(session)


def _about(session: Session) -> None:
    collection = session.chosen
    if collection is None:
        st.text(session.words("library_lead"))
        return
    st.text(seen(collection.description) or session.words("library_lead"))
    st.caption(session.words("policy_strict" if collection.strict else "policy_flag"))


def _documents(session: Session) -> None:
    words, listing = session.words, session.listing
    if session.deleting != session.confirming:
        st.rerun()  # the dialog belongs to the whole page, so that the polling of this part leaves it alone
    if session.shown_document:
        st.switch_page(
            session.pages["document"], query_params=address_of(session, session.collection, session.shown_document)
        )
    st.subheader(words("documents_heading"), anchor=False)
    try:
        if session.collections:
            looked = _looked(session)
            listing.refresh(session.client, looked, st.session_state.get(_parts_key(listing), listing.number))
    except ClientError as failure:
        show_failure(failure, words)
        st.button(words("try_again"), key="list-again")
        return
    if listing.busy != session.uploading:
        session.uploading = listing.busy
        st.rerun()  # starts or ends the polling, and counts documents anew
    tell(session)
    _list(session)


def _list(session: Session) -> None:
    words, listing = session.words, session.listing
    part = listing.part
    if not sum(part.counts.values()):
        st.text(words("documents_none"))
        return
    _show_fields(words)
    ready, busy = part.counts[FileState.COMPLETED], part.counts[FileState.IN_PROGRESS]
    failed = sum(part.counts.values()) - ready - busy
    st.caption(plain(words("documents_counts", ready=ready, busy=busy, failed=failed)))
    if not part.files:
        st.text(words("documents_no_match"))
        return
    _show_parts(session)
    known = {file.id: file for file in part.files}
    actions = RowActions(
        remove=lambda file_id: _ask_about(session, known.get(file_id)),
        open=_for_known(known, lambda file: _open(session, file)),
        retry=_for_known(known, lambda file: _retry(session, file)),
    )
    draw_documents("documents", documents_data(part.files, listing, time.monotonic(), words), actions)


def _looked(session: Session) -> Looked:
    """What is looked for: what the fields say that were drawn last, since what is found says whether there are any."""
    state = st.session_state.get(_STATE)
    return Looked(
        session.collection,
        str(st.session_state.get(_WORDS) or "").strip(),
        FileState(state) if state else None,
        Order(st.session_state.get(_ORDER) or Order.ATTENTION),
    )


def _show_fields(words: Words) -> None:
    find, by_state, by_order = st.columns([4, 3, 3], vertical_alignment="bottom")
    find.text_input(words("documents_find"), key=_WORDS, icon=":material/search:")
    by_state.selectbox(
        words("documents_state"),
        ("", *(state.value for state in _STATES)),
        format_func=lambda state: words(f"state_{state}") if state else words("filter_any"),
        key=_STATE,
    )
    by_order.selectbox(
        words("documents_order"), list(Order), format_func=lambda order: words(f"order_{order.value}"), key=_ORDER
    )


def _parts_key(listing: Listing) -> str:
    """Of the choice of a part: another one where something else is looked for, or how much there is has changed."""
    return f"rows-{listing.changed}-{listing.part.total}"


def _show_parts(session: Session) -> None:
    """The choice of the part of the list that is shown, where there are several."""
    words, listing = session.words, session.listing
    if listing.parts < 2:
        return
    count = listing.part.total
    labels = [
        words("rows", first=number * ROWS + 1, last=min(count, (number + 1) * ROWS), count=count)
        for number in range(listing.parts)
    ]
    st.selectbox(
        words("rows_label"),
        range(listing.parts),
        index=listing.number,
        format_func=labels.__getitem__,
        key=_parts_key(listing),
    )


def _for_known(known: Mapping[str, StoredFile], act: Callable[[StoredFile], None]) -> Callable[[str], None]:
    def acted(file_id: str) -> None:
        if file_id in known:
            act(known[file_id])

    return acted


def _open(session: Session, file: StoredFile) -> None:
    session.shown_document = file.document_id


def _retry(session: Session, file: StoredFile) -> None:
    """Has a file read again, with what was said of it."""
    try:
        session.client.queue_file(session.collection, file.id, file.attributes)
    except ClientError as failure:
        session.said = sentence_for(failure, session.words)
    else:
        # What fails again at once would look as if nothing had been done.
        session.said = session.words("retried", name=seen(file.title or file.name))


def _ask_about(session: Session, file: StoredFile | None) -> None:
    """Opens the dialog about a file's deletion, or closes it."""
    session.deleting = file


def _deletion(session: Session, file: StoredFile) -> None:
    words = session.words
    name = seen(file.title or file.name)
    st.text(words("delete_question", name=name, collection=session.title_of(session.collection)))
    if file.state is FileState.COMPLETED:
        st.text(removal_sentence(session, session.collection, file.document_id))
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
        session.forget_documents()
        session.said = words("deleted", name=name)
        st.rerun()
