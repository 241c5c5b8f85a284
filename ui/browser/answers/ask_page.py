"""The page Ask: the chat, and beside it the source of what was cited."""

from __future__ import annotations

import time

import streamlit as st

from ui.browser.answers import conversation
from ui.browser.answers.conversation import Exchange
from ui.browser.answers.drawing import answer_data
from ui.browser.answers.suggestions import example_questions
from ui.browser.api.failures import ClientError
from ui.browser.components import AnswerActions, draw_answer
from ui.browser.notices import sentence_for, show_failure, tell
from ui.browser.plain import plain
from ui.browser.session import Session, current_session
from ui.browser.sources.panel import show_source

# While an answer comes in the browser asks this often for more, and is answered as soon as there is more, or after the
# wait: what comes stands on the page within 300 ms, and a click waits no longer than that.
_POLL_SECONDS = 0.15
_WAIT_SECONDS = 0.12

# Streamlit throws away what a run has drawn and not yet sent when the next run begins, and the browser's next look may
# have come already. So a run that drew something new gives it time to leave, and what was drawn but once is drawn again
# without a wait: on a busy machine the first words stood there 200 ms later otherwise, one time in three.
_LEAVING_SECONDS = 0.03
_SURELY_SENT = 2

# Citations of a finished answer that are fetched before one of them is clicked: those that stand in view.
_FETCHED_AHEAD = 4


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    question = st.chat_input(words("ask_placeholder"), disabled=not session.documents, key="question")
    if question and question.strip():
        ask(session, question.strip())
    _open_wanted(session)
    session.polling, session.drawn_last = session.running, session.last
    st.fragment(_conversation, run_every=_POLL_SECONDS if session.polling else None)(session)


def ask(session: Session, question: str) -> None:
    """Asks `question` of the chosen collection, after what was said before about it."""
    for exchange in session.exchanges:
        exchange.stop()  # whoever asks anew no longer waits for the answer before
    before = [exchange for exchange in session.exchanges if exchange.collection == session.collection]
    keeping = session.keep_next() if session.keeps_answers else None
    exchange = conversation.start(session.client, session.collection, question, before, keeping)
    session.exchanges.append(exchange)
    session.selected = None
    if keeping is not None:
        session.latest_kept = exchange


def _open_wanted(session: Session) -> None:
    """Opens the conversation that the address names, once."""
    wanted, session.wanted = session.wanted, None
    if wanted is None:
        return
    try:
        session.open_conversation(wanted.name, shared=wanted.answer >= 0)
    except ClientError as failure:
        show_failure(failure, session.words, "link_failed")
        return
    if 0 <= wanted.answer < len(session.exchanges):
        session.revealed = wanted.answer
        session.selected = (wanted.answer, 0) if session.exchanges[wanted.answer].places() else None
    for exchange in session.exchanges:
        exchange.opened = True  # nothing but what the link names opens by itself


def _conversation(session: Session) -> None:
    if session.polling != session.running or session.drawn_last is not session.last:
        # The whole page once more, which begins or ends to redraw itself. An answer that was asked for again may be
        # there already; the list of past conversations is to have it all the same.
        st.rerun()
    tell(session)
    if not session.exchanges:
        _welcome(session)
        return
    last = session.exchanges[-1]
    if last.drawn >= _SURELY_SENT:
        last.wait(_WAIT_SECONDS)
    last.drawn += 1
    _open_first(session)
    if not session.running:  # every click then sees what was deleted meanwhile; while an answer comes in, it would wait
        conversation.look_up_citations(session.client, session.exchanges)
    chat, source = st.columns(2, gap="large")
    with chat, st.container(key="chat", gap="medium"):
        for number, exchange in enumerate(session.exchanges):
            _exchange(session, number, exchange)
    with source, st.container(key="source"):
        _source(session)
    if last.running and last.drawn == 1:
        time.sleep(_LEAVING_SECONDS)


def _open_first(session: Session) -> None:
    """Opens the first citation of an answer that has just been finished, and fetches the next ones."""
    last = session.exchanges[-1]
    if last.opened or last.running or not last.citations:
        return
    last.opened = True
    session.selected = session.selected or (len(session.exchanges) - 1, 0)
    session.sources.fetch_ahead(last.collection, last.places()[:_FETCHED_AHEAD])


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
                ask(session, question)
                st.rerun()


def _exchange(session: Session, number: int, exchange: Exchange) -> None:
    words = session.words
    chosen = session.selected[1] if session.selected is not None and session.selected[0] == number else None
    documents = sum(item.documents for item in session.collections if item.name == exchange.collection)
    last = number == len(session.exchanges) - 1
    data = answer_data(exchange, chosen, documents, words) | {
        "may_ask": last and not exchange.running,
        "link": _link(exchange),
        "revealed": session.revealed == number,
    }
    draw_answer(f"answer-{session.conversation}-{number}-{exchange.attempt}", data, _actions(session, number, exchange))
    if exchange.failure is not None:
        show_failure(exchange.failure, words)
    if last and exchange.reply is None and not exchange.running and st.button(words("ask_again"), key="again"):
        _ask_instead(session, exchange.question)
        st.rerun()


def _link(exchange: Exchange) -> str:
    """The part of an address that opens this answer; "" where it is not kept."""
    keeping = exchange.keeping
    return f"conversation={keeping.conversation}&answer={keeping.position}" if keeping is not None else ""


def _actions(session: Session, number: int, exchange: Exchange) -> AnswerActions:
    def select(place: int) -> None:
        if place < len(exchange.places()):
            session.selected = (number, place)

    def ask_instead(question: str) -> None:
        if number == len(session.exchanges) - 1:
            _ask_instead(session, question)

    def judge(verdict: str, reason: str) -> None:
        try:
            session.judge(exchange, verdict, reason)
        except ClientError as failure:
            session.said = sentence_for(failure, session.words)
        else:
            session.said = session.words("judged_back" if verdict == "back" else "judged_thanks")

    return AnswerActions(select=select, stop=exchange.stop, ask=ask_instead, judge=judge)


def _ask_instead(session: Session, question: str) -> None:
    """Asks in the place of the last question."""
    before = session.exchanges.pop()
    before.stop()
    ask(session, question)
    session.exchanges[-1].attempt = before.attempt + 1


def _source(session: Session) -> None:
    words = session.words
    if session.selected is None:
        if session.exchanges[-1].places():
            st.caption(words("source_nearest" if session.exchanges[-1].refused else "source_empty"))
        return
    number, chosen = session.selected
    exchange = session.exchanges[number]
    places = exchange.places()
    if chosen < len(exchange.became) and not exchange.became[chosen].stands:
        session.sources.forget(exchange.collection, places[chosen])  # what is gone is not shown from memory

    def select(place: int | None) -> None:
        session.selected = None if place is None else (number, place)

    show_source(session, exchange.collection, places, chosen, select)
