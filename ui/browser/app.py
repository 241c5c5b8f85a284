"""The app's entry, run by Streamlit: the frame around the pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.browser.answers import ask_page
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.care import care_page
from ui.browser.check import check_page
from ui.browser.components import draw_history, draw_keyboard
from ui.browser.find import find_page
from ui.browser.library import document_page, library_page
from ui.browser.notices import sentence_for, show_failure, tell
from ui.browser.plain import plain
from ui.browser.session import Session, current_session
from ui.browser.wording import LANGUAGES, streamlit_words

_SIDEBAR_WIDTH = 240  # pixels: room for a collection's name, the rest for answers and sources; phones hide it anyway
_STYLE = Path(__file__).parent / "assets" / "app.css"

# The mark of the app: a grey blue that reads on light and on dark.
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="92" height="40" viewBox="0 0 92 40">'
    '<text x="2" y="30" font-family="Georgia, serif" font-style="italic" font-size="34" fill="#5b7fa8">ibid.</text>'
    "</svg>"
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">'
    '<rect width="64" height="64" rx="14" fill="#5b7fa8"/>'
    '<text x="11" y="48" font-family="Georgia, serif" font-style="italic" font-size="46" fill="#fff">ib</text></svg>'
)


def main() -> None:
    """Draws the page that was asked for."""
    st.set_page_config(page_title="ibid", page_icon=_ICON, layout="wide", initial_sidebar_state=_SIDEBAR_WIDTH)
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")  # our own constant file, nothing from outside
    session = current_session()
    words = session.words
    session.pages = {
        "ask": st.Page(ask_page.show, title=words("page_ask"), icon=":material/forum:", url_path="ask", default=True),
        "find": st.Page(find_page.show, title=words("page_find"), icon=":material/search:", url_path="find"),
        "library": st.Page(
            library_page.show, title=words("page_library"), icon=":material/library_books:", url_path="library"
        ),
        "check": st.Page(check_page.show, title=words("page_check"), icon=":material/fact_check:", url_path="check"),
        "care": st.Page(care_page.show, title=words("page_care"), icon=":material/tune:", url_path="look-after"),
        "document": st.Page(document_page.show, title="ibid", url_path="document", visibility="hidden"),
    }
    st.logo(_LOGO, size="large")
    page = st.navigation(list(session.pages.values()))
    draw_keyboard(streamlit_words(words.language), unsaved=session.check.unsaved)
    failure = _refresh(session)
    with st.sidebar:
        _sidebar(session)
    if failure is not None:
        show_failure(failure, words)
        st.button(words("try_again"), key="reconnect")
    elif session.vanished:
        st.warning(plain(words("collection_gone", name=session.vanished, now=session.collection)))
    if failure is None or session.collections:  # what was answered can be read without the server, too
        page.run()
    tell(session)


def _refresh(session: Session) -> ClientError | None:
    if session.collections and st.session_state.get("question"):
        # A question is on its way, and must not wait for a list: the server says itself whether its collection is gone.
        session.vanished = ""
        return None
    try:
        session.refresh_collections()
    except ClientError as failure:
        return failure
    return None


def _sidebar(session: Session) -> None:
    words = session.words
    names = [item.name for item in session.collections]
    if names:
        st.session_state["collection"] = session.collection
        st.selectbox(
            words("collection"),
            names,
            key="collection",
            format_func=session.title_of,
            on_change=_choose_collection,
            args=(session,),
        )
    st.button(
        words("new_conversation"), icon=":material/add_comment:", width="stretch", on_click=session.new_conversation
    )
    st.session_state["keep"] = session.keeps_answers
    st.toggle(
        words("keep_answers"), key="keep", help=words("keep_answers_why"), on_change=_choose_keeping, args=(session,)
    )
    _history(session)
    st.session_state["language"] = words.language
    st.segmented_control(
        words("language"),
        list(LANGUAGES),
        key="language",
        format_func=LANGUAGES.__getitem__,
        label_visibility="collapsed",
        on_change=_choose_language,
        args=(session,),
    )


def _history(session: Session) -> None:
    """The past conversations that this browser knows; this one is among them once the server keeps any of it."""
    words = session.words
    own = [
        item for item in session.exchanges if item.keeping and item.keeping.conversation == session.conversation_name
    ]
    data = {
        "lang": words("html_language"),
        "heading": words("past_conversations"),
        "forget": words("forget"),
        "current": session.conversation_name,
        "question": own[0].question if own else "",
        "keep": session.keeps_answers,
        "forgotten": sorted(session.forgotten),
    }
    draw_history("history", data, lambda name: _open(session, name), lambda name: _forget(session, name))


def _open(session: Session, name: str) -> None:
    try:
        session.open_conversation(name)
    except ClientError as failure:
        _say_not_opened(session, name, failure)


def _forget(session: Session, name: str) -> None:
    try:
        session.client.forget_conversation(name)
    except ClientError as failure:
        if failure.kind is not FailureKind.NOT_FOUND:
            session.said = sentence_for(failure, session.words)
            return
    session.forgotten.add(name)
    if name == session.conversation_name:
        session.new_conversation()
    session.said = session.words("forgotten")


def _say_not_opened(session: Session, name: str, failure: ClientError) -> None:
    if failure.kind is FailureKind.NOT_FOUND:
        session.forgotten.add(name)
        session.said = session.words("not_kept_any_more")
    else:
        session.said = sentence_for(failure, session.words)


def _choose_collection(session: Session) -> None:
    session.collection = st.session_state["collection"]


def _choose_keeping(session: Session) -> None:
    session.keeps_answers = st.session_state["keep"]


def _choose_language(session: Session) -> None:
    # None: the chosen language was clicked again, which changes nothing.
    session.switch_language(st.session_state["language"] or session.words.language)


main()
