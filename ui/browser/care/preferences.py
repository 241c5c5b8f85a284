"""The section of the page Look after about how the app looks here, and what each collection withholds."""

from __future__ import annotations

import streamlit as st

from kb.records import Policy
from ui.browser.api.failures import ClientError
from ui.browser.api.file_replies import CollectionSummary
from ui.browser.care.drawing import appearance_data
from ui.browser.components import draw_appearance
from ui.browser.notices import sentence_for
from ui.browser.plain import plain, seen
from ui.browser.session import Session
from ui.browser.wording import LANGUAGES

_WIDTH = 420  # pixels: the longest policy in words, and what a phone has


def show_preferences(session: Session) -> None:
    """Draws the section."""
    words = session.words
    st.session_state["care-language"] = words.language
    st.segmented_control(
        words("language"),
        list(LANGUAGES),
        key="care-language",
        format_func=LANGUAGES.__getitem__,
        on_change=_choose_language,
        args=(session,),
    )
    paths = [page.url_path for page in session.pages.values()]
    draw_appearance("appearance", appearance_data(paths, words, losing=session.has_unkept_answers))
    st.subheader(words("collection_policy"), anchor=False)
    for collection in session.collections:
        _policy(session, collection)


def _choose_language(session: Session) -> None:
    # None: the chosen language was clicked again, which changes nothing.
    session.switch_language(st.session_state["care-language"] or session.words.language)


def _policy(session: Session, collection: CollectionSummary) -> None:
    key = f"policy-of-{collection.name}"
    st.session_state[key] = (Policy.STRICT if collection.strict else Policy.FLAG).value
    st.selectbox(
        plain(seen(collection.title or collection.name)),
        [policy.value for policy in Policy],
        key=key,
        format_func=lambda policy: session.words(f"policy_is_{policy}"),
        width=_WIDTH,
        on_change=_choose_policy,
        args=(session, collection, key),
    )


def _choose_policy(session: Session, collection: CollectionSummary, key: str) -> None:
    try:
        session.client.describe_collection(
            collection.name, collection.title, collection.description, st.session_state[key]
        )
    except ClientError as failure:
        session.said = sentence_for(failure, session.words)
    else:
        session.said = session.words("collection_saved", name=collection.title or collection.name)
