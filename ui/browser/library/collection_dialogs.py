"""The Library's menu for collections, and the dialog that each of its entries opens."""

from __future__ import annotations

import shlex
from urllib.parse import quote

import streamlit as st

from kb.records import Policy
from ui.browser.api.failures import ClientError
from ui.browser.figures import size_in
from ui.browser.library.removing import removal_sentence
from ui.browser.library.uploading import translate_uploader
from ui.browser.notices import sentence_for
from ui.browser.plain import plain, seen
from ui.browser.session import Session

_ICONS = {
    "new": ":material/create_new_folder:",
    "edit": ":material/edit:",
    "export": ":material/download:",
    "import": ":material/drive_folder_upload:",
    "remove": ":material/delete:",
}
# The browser's way leads through the app's memory, twice; what is larger is saved from the server itself.
_MOST_THROUGH_THE_APP = 500_000_000  # bytes of original files; passages and vectors come on top
_FOR_ALL = ("new", "import")  # what needs no collection


def show_collection_menu(session: Session) -> None:
    """Draws the menu; its entries open a dialog."""
    # A menu of another name is another one, and closed: it must not stay open over the dialog.
    key = f"collection-menu-{session.managed}"
    with st.popover(session.words("collection_menu"), icon=":material/more_horiz:", key=key):
        for what, icon in _ICONS.items():
            st.button(
                session.words(f"collection_{what}"),
                key=f"collection-{what}",
                icon=icon,
                type="tertiary",
                disabled=what not in _FOR_ALL and session.chosen is None,
                on_click=_manage,
                args=(session, what),
            )


def show_collection_dialog(session: Session) -> None:
    """Draws the dialog that was asked for."""
    what = session.managing
    draw = {"new": _new, "edit": _edit, "export": _export, "import": _import, "remove": _remove}[what]
    heading = session.words(f"collection_{what}")
    st.dialog(heading, on_dismiss=lambda: _manage(session, ""))(draw)(session)


def _manage(session: Session, what: str) -> None:
    session.managing = what
    session.managed += bool(what)


def _done(session: Session, collection: str, notice: str) -> None:
    """Closes the dialog and shows a collection."""
    _manage(session, "")
    session.collection = collection
    session.forget_documents()
    session.said = session.words(notice, name=collection)
    st.rerun()


def _new(session: Session) -> None:
    words = session.words
    name = st.text_input(words("collection_name"), max_chars=64, key="new-name", help=words("collection_name_why"))
    description, policy = _described(session, "", Policy.FLAG)
    if st.button(words("collection_make"), type="primary", key="new-make", disabled=not (name or "").strip()):
        try:
            made = session.client.create_collection(name.strip(), description, policy)
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        _done(session, made, "collection_made")


def _edit(session: Session) -> None:
    words, collection = session.words, session.chosen
    if collection is None:
        return
    title = st.text_input(words("collection_title"), collection.title, max_chars=256, key="edit-title")
    current = Policy.STRICT if collection.strict else Policy.FLAG
    description, policy = _described(session, collection.description, current)
    if st.button(words("save"), type="primary", key="edit-save"):
        try:
            session.client.describe_collection(collection.name, (title or "").strip(), description, policy)
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        _done(session, collection.name, "collection_saved")


def _described(session: Session, description: str, policy: Policy) -> tuple[str, str]:
    words = session.words
    said = st.text_area(words("collection_description"), description, max_chars=4096, key="description")
    chosen = st.radio(
        words("collection_policy"),
        list(Policy),
        index=list(Policy).index(policy),
        format_func=lambda one: words(f"policy_is_{one.value}"),
        captions=[words(f"policy_{one.value}") for one in Policy],
        key="policy",
    )
    return (said or "").strip(), (chosen or policy).value


def _export(session: Session) -> None:
    words, collection = session.words, session.collection
    st.text(words("collection_export_what", name=session.title_of(collection)))
    try:
        size = session.client.removal(collection).size
    except ClientError as failure:
        st.error(plain(sentence_for(failure, words)))
        return
    if size <= _MOST_THROUGH_THE_APP:
        st.download_button(
            words("collection_export_save"),
            lambda: session.client.exported(collection),  # made when it is asked for
            file_name=f"{seen(collection)}.ibid",
            mime="application/octet-stream",
            key="export",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        st.caption(words("collection_export_memory"))
    else:
        st.text(words("collection_export_large", size=size_in(size), most=size_in(_MOST_THROUGH_THE_APP)))
    st.code(export_command(session, collection), language=None, wrap_lines=True)


def export_command(session: Session, collection: str) -> str:
    """What saves a collection from the server itself, in any shell: nothing passes through the app."""
    key = '-H "Authorization: Bearer $IBID_API_KEY" ' if session.client.has_key else ""
    address = f"{session.client.base_url}/ibid/collections/{quote(collection, safe='')}/export"
    return f"curl --fail {key}--output {shlex.quote(f'{seen(collection)}.ibid')} {shlex.quote(address)}"


def _import(session: Session) -> None:
    words = session.words
    st.text(words("collection_import_what"))
    st.caption(words("collection_import_large", size=size_in(session.most_import_mb * 1_000_000)))
    st.code("ibid import FILE", language=None)
    translate_uploader(words, "imported", session.most_import_mb)
    file = st.file_uploader(
        words("collection_file"), type=["ibid"], key="imported", max_upload_size=session.most_import_mb
    )
    name = st.text_input(words("collection_import_name"), max_chars=64, key="import-name")
    if not st.button(words("collection_import_take"), type="primary", key="import-take", disabled=file is None):
        return
    assert file is not None
    try:
        with st.spinner(words("collection_importing")):
            made = session.client.import_collection(file, file.size, (name or "").strip())
    except ClientError as failure:
        st.error(plain(sentence_for(failure, words)))
        return
    _done(session, made, "collection_imported")


def _remove(session: Session) -> None:
    words, collection = session.words, session.collection
    name = session.title_of(collection)
    st.text(words("collection_remove_question", name=seen(name)))
    st.text(removal_sentence(session, collection))
    with st.container(horizontal=True):
        confirmed = st.button(words("delete_confirm"), type="primary", key="remove-confirm")
        if st.button(words("cancel"), key="remove-cancel"):
            _manage(session, "")
            st.rerun()
    if confirmed:
        try:
            session.client.delete_collection(collection)
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        # The one that is left is chosen by the next look at the collections, and this is no surprise to be told of.
        session.collections = tuple(item for item in session.collections if item.name != collection)
        _done(session, "default", "collection_removed")
