"""The page Ask: the chat, and beside it the source of what was cited."""

from __future__ import annotations

import streamlit as st

from ui.browser import conversation
from ui.browser.components import draw_answer, draw_source
from ui.browser.conversation import Exchange
from ui.browser.drawing import answer_data, source_data
from ui.browser.notices import sentence_for, show_failure
from ui.browser.plain import plain
from ui.browser.replies import Place
from ui.browser.session import Session, current_session
from ui.browser.source import View, is_gone, look_at
from ui.browser.suggestions import example_questions

# Sentences are released one by one; three looks a second show each as it comes and cost next to nothing.
_POLL_SECONDS = 0.35

# Fetched sources are kept for going back and forth; a page's picture is some 200 KB.
_KEPT_SOURCES = 12


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    question = st.chat_input(words("ask_placeholder"), disabled=not session.documents, key="question")
    if question and question.strip():
        _ask(session, question.strip())
    session.polling = session.running
    st.fragment(_conversation, run_every=_POLL_SECONDS if session.polling else None)(session)


def _ask(session: Session, question: str) -> None:
    for exchange in session.exchanges:
        exchange.stop()  # whoever asks anew no longer waits for the answer before
    before = [exchange for exchange in session.exchanges if exchange.collection == session.collection]
    keep_in = session.conversation_name if session.keeps_answers else ""
    session.exchanges.append(conversation.start(session.client, session.collection, question, before, keep_in))
    session.selected = None


def _conversation(session: Session) -> None:
    if session.polling and not session.running:
        session.polling = False
        st.rerun()  # the whole page once more, now without redrawing itself
    if not session.exchanges:
        _welcome(session)
        return
    _select_first(session)
    if not session.running:  # every click then sees what was deleted meanwhile; while an answer comes in, it would wait
        conversation.look_up_citations(session.client, session.exchanges)
    chat, source = st.columns(2, gap="large")
    with chat, st.container(key="chat", gap="medium"):
        for number, exchange in enumerate(session.exchanges):
            _exchange(session, number, exchange)
    with source, st.container(key="source"):
        _source(session)


def _select_first(session: Session) -> None:
    """Opens the first citation of an answer that has just been finished."""
    last = session.exchanges[-1]
    if session.selected is None and not last.running and last.citations:
        session.selected = (len(session.exchanges) - 1, 0)


def _welcome(session: Session) -> None:
    words = session.words
    with st.container(key="welcome"):
        st.header(words("ask_heading"), anchor=False)
        st.text(words("ask_lead") if session.documents else words("ask_empty"))
        if not session.documents:
            st.page_link(session.pages["library"], label=words("open_library"), icon=":material/library_books:")
            return
        kept = f"{session.collection} {words.language} {session.documents}"
        if kept not in session.examples:
            session.examples[kept] = example_questions(session.client, session.collection, words)
        st.caption(words("try_asking" if session.examples[kept] else "ask_advice"))
        for number, question in enumerate(session.examples[kept]):
            if st.button(plain(question), key=f"example-{number}", icon=":material/chat_bubble:"):
                _ask(session, question)
                st.rerun()


def _exchange(session: Session, number: int, exchange: Exchange) -> None:
    def select(place: int) -> None:
        if place < len(exchange.places()):
            session.selected = (number, place)

    words = session.words
    chosen = session.selected[1] if session.selected is not None and session.selected[0] == number else None
    documents = sum(item.documents for item in session.collections if item.name == exchange.collection)
    draw_answer(
        f"answer-{session.conversation}-{number}", answer_data(exchange, chosen, documents, words), on_select=select
    )
    if exchange.running:
        st.button(words("stop"), key="stop", icon=":material/stop_circle:", on_click=exchange.stop)
    if exchange.failure is not None:
        show_failure(exchange.failure, words)
    last = number == len(session.exchanges) - 1
    if last and exchange.reply is None and not exchange.running and st.button(words("ask_again"), key="again"):
        session.exchanges.pop()
        _ask(session, exchange.question)
        st.rerun()


def _source(session: Session) -> None:
    words = session.words
    if session.selected is None:
        if session.exchanges[-1].places():
            st.caption(words("source_nearest" if session.exchanges[-1].refused else "source_empty"))
        return
    number, place = session.selected
    places = session.exchanges[number].places()
    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        st.text(words("source_position", number=place + 1, count=len(places)), width="stretch")
        _step(session, place - 1, len(places), words("previous"), ":material/chevron_left:", "previous")
        _step(session, place + 1, len(places), words("next"), ":material/chevron_right:", "next")
    view = _view(session, session.exchanges[number].collection, places[place])
    if view.failure is not None:
        _explain(view, session)
    draw_source("source-view", source_data(view, words))
    if view.failure is None:
        _download(session, session.exchanges[number].collection, view.place)


def _step(session: Session, place: int, count: int, label: str, icon: str, key: str) -> None:
    def go() -> None:
        assert session.selected is not None
        session.selected = (session.selected[0], place)

    st.button(label, icon=icon, key=key, type="tertiary", disabled=not 0 <= place < count, on_click=go)


def _download(session: Session, collection: str, place: Place) -> None:
    st.download_button(
        session.words("download"),
        lambda: session.client.original(collection, place.document_id),  # fetched when it is asked for
        file_name=place.document.rpartition("/")[2],
        mime="application/octet-stream",  # saved, never opened as a page of the app
        key="download",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _view(session: Session, collection: str, place: Place) -> View:
    """What is shown of a place; fetched once, unless it failed."""
    key = (collection, place)
    if key in session.shown:
        return session.shown[key]
    view = look_at(session.client, collection, place)
    if view.failure is None:
        if len(session.shown) >= _KEPT_SOURCES:
            session.shown.pop(next(iter(session.shown)))
        session.shown[key] = view
    return view


def _explain(view: View, session: Session) -> None:
    words = session.words
    assert view.failure is not None
    if is_gone(view):
        st.warning(words("source_gone"))
    else:
        ours = words("picture_failed") if view.before or view.after else words("source_failed")
        st.warning(plain(f"{ours} {sentence_for(view.failure, words)}"))
