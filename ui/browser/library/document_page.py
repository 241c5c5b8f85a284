"""The page of one document: outline, passages as they were cut, what is known of it, versions, replacing, deleting."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ui.browser.api.document_replies import DocumentFacts
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.components import draw_outline, draw_passages
from ui.browser.labels import warning_sentence
from ui.browser.library.document_drawing import facts_line, outline_data, passages_data
from ui.browser.library.document_forms import show_details_form, show_replacing_form
from ui.browser.library.removing import removal_sentence
from ui.browser.notices import sentence_for, show_failure
from ui.browser.plain import plain, seen
from ui.browser.session import Session, current_session

# Passages on one page of the list: some screens of text.
_PASSAGES = 20

_COLLECTION, _DOCUMENT, _LANGUAGE = "collection", "document", "lang"  # in the address, so that a bookmark opens it


def address_of(session: Session, collection: str, document_id: str) -> Mapping[str, str]:
    """What the address says when this page shows a document."""
    return {_COLLECTION: collection, _DOCUMENT: document_id, _LANGUAGE: session.words.language}


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    if session.shown_document:  # another one than the address names was asked for on this page
        wanted, session.shown_document = session.shown_document, ""
        st.query_params[_DOCUMENT] = wanted
        st.query_params[_COLLECTION] = session.collection
    st.page_link(session.pages["library"], label=words("back_to_library"), icon=":material/arrow_back:")
    collection = st.query_params.get(_COLLECTION, "")
    try:
        facts = session.client.facts(collection, st.query_params.get(_DOCUMENT, "") or "none")
    except ClientError as failure:
        if failure.kind is FailureKind.NOT_FOUND:
            st.warning(words("source_gone"))
        else:
            show_failure(failure, words)
            st.button(words("try_again"), key="document-again")
        return
    session.collection = collection
    _draw(session, collection, facts)


def _draw(session: Session, collection: str, facts: DocumentFacts) -> None:
    words = session.words
    st.header(plain(facts.title or facts.name), anchor=False)
    st.caption(plain(facts_line(facts, words)))
    for warning in facts.warnings:
        st.caption(plain(warning_sentence(warning, words)))
    _versions(session, collection, facts)
    about, text = st.columns([4, 7], gap="large")
    with about:
        if facts.headings:
            st.subheader(words("outline"), anchor=False)
            draw_outline("outline", outline_data(facts, words), lambda start: _go(facts, start))
        show_details_form(session, collection, facts)
        show_replacing_form(session, collection, facts)
        with st.container(horizontal=True):
            _download(session, collection, facts)
            if st.button(words("delete"), key="document-delete", icon=":material/delete:"):
                st.dialog(words("delete_heading"))(_deletion)(session, collection, facts)
    with text:
        st.subheader(words("passages_heading"), anchor=False)
        try:
            _passages(session, collection, facts)
        except ClientError as failure:
            show_failure(failure, words)


def _versions(session: Session, collection: str, facts: DocumentFacts) -> None:
    """The documents that this one replaces, and those that replace it, each with the way to it."""
    for key, others in (("replaced_by", facts.replaced_by), ("replaces", facts.replaces)):
        for other in others:
            try:
                found = session.client.facts(collection, other)
            except ClientError:
                continue  # it went this very moment, and says so when it is asked for
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(session.words(key, name=seen(found.title or found.name)))
                label = session.words("open_version")
                st.button(label, key=f"{key}-{other}", type="tertiary", on_click=_open, args=(session, other))


def _open(session: Session, document_id: str) -> None:
    session.shown_document = document_id


def _first_key(facts: DocumentFacts) -> str:
    return f"first-{facts.id}"


def _go(facts: DocumentFacts, start: int) -> None:
    st.session_state[_first_key(facts)] = ("at", start)


def _turn(facts: DocumentFacts, first: int) -> None:
    st.session_state[_first_key(facts)] = ("first", first)


def _passages(session: Session, collection: str, facts: DocumentFacts) -> None:
    words = session.words
    kind, number = st.session_state.get(_first_key(facts), ("first", 0))
    at = number if kind == "at" else None
    page = session.client.passages(collection, facts.id, 0 if at is not None else number, _PASSAGES, at)
    if not page.passages:
        st.text(words("passages_none"))
        return
    first, last = page.passages[0].order, page.passages[-1].order
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(words("passages_part", first=first + 1, last=last + 1, count=page.total), width="stretch")
        steps = (("previous", max(0, first - _PASSAGES), first > 0), ("next", last + 1, last + 1 < page.total))
        for key, start, possible in steps:
            icon = f":material/chevron_{'left' if key == 'previous' else 'right'}:"
            st.button(
                words(f"passages_{key}"),
                key=f"passages-{key}",
                type="tertiary",
                icon=icon,
                disabled=not possible,
                on_click=_turn,
                args=(facts, start),
            )
    draw_passages("passages", passages_data(page.passages, words))


def _download(session: Session, collection: str, facts: DocumentFacts) -> None:
    st.download_button(
        session.words("download"),
        lambda: session.client.original(collection, facts.id),  # fetched when it is asked for
        file_name=seen(facts.name).rpartition("/")[2],
        mime="application/octet-stream",  # saved, never opened as a page of the app
        key="download",
        icon=":material/download:",
        on_click="ignore",
    )


def _deletion(session: Session, collection: str, facts: DocumentFacts) -> None:
    words = session.words
    name = seen(facts.title or facts.name)
    st.text(words("delete_question", name=name, collection=session.title_of(collection)))
    st.text(removal_sentence(session, collection, facts.id))
    if st.button(words("delete_confirm"), type="primary", key="delete-confirm"):
        try:
            session.client.delete_file(collection, facts.id)
        except ClientError as failure:
            st.error(plain(sentence_for(failure, words)))
            return
        session.forget_documents()
        session.said = words("deleted", name=name)
        st.switch_page(session.pages["library"])
