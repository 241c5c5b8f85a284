"""The page Find: plain search over a collection, with filters, and beside it the place that was opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from ui.browser.api.failures import ClientError
from ui.browser.api.file_replies import FilterChoices
from ui.browser.api.finding import Found, Wanted
from ui.browser.components import draw_results
from ui.browser.find.drawing import results_data
from ui.browser.labels import kind_name, language_name
from ui.browser.notices import show_failure
from ui.browser.plain import plain, seen
from ui.browser.session import Session, current_session
from ui.browser.sources.panel import show_source

# Passages shown: three screens of them. Who finds nothing there asks otherwise.
_MOST = 30

# Documents to choose from at once: more are looked for by a part of their names, since the browser is sent all of them
# each time something on the page changes.
_MOST_NAMED = 200

# The first results, fetched before one of them is clicked.
_FETCHED_AHEAD = 3


def show() -> None:
    """Draws the page."""
    session = current_session()
    words = session.words
    if not session.documents:
        st.header(words("find_heading"), anchor=False)
        st.text(words("ask_empty"))
        st.page_link(session.pages["library"], label=words("open_library"), icon=":material/library_books:")
        return
    results, source = st.columns(2, gap="large")
    with results, st.container(key="chat"):
        st.header(words("find_heading"), anchor=False)
        try:
            _search(session, _form(session))
        except ClientError as failure:
            show_failure(failure, words)
            st.button(words("try_again"), key="find-again")
            return
        _results(session)
    with source, st.container(key="source"):
        _source(session)


def _form(session: Session) -> Wanted:
    """The field and the filters; what they are set to."""
    words = session.words
    text = st.text_input(
        words("find_label"),
        key="wanted",
        icon=":material/search:",
        placeholder=words("find_placeholder"),
        label_visibility="collapsed",
    )
    with st.expander(words("filters"), icon=":material/filter_list:", key="filters"):
        return _filters(session, (text or "").strip())


def _filters(session: Session, text: str) -> Wanted:
    words = session.words
    part = _part_of_a_name(session)
    choices = session.client.choices(session.collection, part, _MOST_NAMED)

    def several(name: str, options: Mapping[str, str]) -> tuple[str, ...]:
        chosen = st.multiselect(
            words(f"filter_{name}"),
            list(options),
            key=_key(session, name),
            placeholder=words("filter_any"),
            select_all=False,  # Streamlit says it in English only
            disabled=not options,
            format_func=lambda value: options.get(value, value),
        )
        return tuple(chosen)

    if choices.total > _MOST_NAMED:
        st.caption(words("filter_document_some", shown=_MOST_NAMED, count=choices.total))
    named = _named(session, choices)
    documents = several("document", named)
    session.filtered_by = {document: named[document] for document in documents}
    first, second = st.columns(2)
    with first:
        kinds = several("kind", {kind: kind_name(kind, words) for kind in choices.kinds})
        tags = several("tag", {tag: seen(tag) for tag in choices.tags})
    with second:
        languages = several("language", {code: language_name(code, words) for code in choices.languages})
        day = st.date_input(
            words("filter_date"), value=None, key="filter-date", format="YYYY-MM-DD", help=words("filter_date_why")
        )
    as_of = day if isinstance(day, date) else None
    return Wanted(session.collection, text, documents, kinds, tags, languages, as_of)


def _key(session: Session, name: str) -> str:
    return f"filter-{name}-{session.collection}"  # another collection has other choices


def _part_of_a_name(session: Session) -> str:
    """What the names of the documents to choose from hold: asked for where there are too many for one list."""
    if session.documents <= _MOST_NAMED:
        return ""
    words = session.words
    part = st.text_input(words("filter_document_find"), key=_key(session, "find"), icon=":material/search:")
    return (part or "").strip()


def _named(session: Session, choices: FilterChoices) -> dict[str, str]:
    """The documents to choose from by their ids: those that are chosen stay, whatever others are looked for."""
    found = {document.id: seen(document.label) for document in choices.documents}
    if session.documents <= _MOST_NAMED:
        return found
    chosen = st.session_state.get(_key(session, "document")) or ()
    kept = {key: session.filtered_by[key] for key in chosen if key in session.filtered_by and key not in found}
    return {**kept, **found}


def _search(session: Session, wanted: Wanted) -> None:
    """Searches, unless this is what was searched for already.

    Raises:
        ClientError: the server could not search.
    """
    if not wanted.words:
        session.found, session.found_opened = None, None
    elif session.found is None or session.found.wanted != wanted:
        session.found = None
        session.found = Found(wanted, session.client.search(wanted, _MOST))
        session.sources.fetch_ahead(wanted.collection, session.found.places[:_FETCHED_AHEAD])


def _results(session: Session) -> None:
    words = session.words
    found = session.found
    if found is None:
        st.text(words("find_lead"))
        return

    def select(number: int) -> None:
        if number < len(found.places):
            session.found_opened = found.places[number]

    st.caption(plain(words.count("found", len(found.places), collection=found.wanted.collection)))
    if not found.places:
        st.text(words("find_advice_filters" if found.wanted.filters() else "find_advice"))
    draw_results("results", results_data(found, _opened(session, found), words), select)


def _opened(session: Session, found: Found) -> int | None:
    """Which of the passages is open. What was clicked in the list before, while a search was under way, is here too."""
    return found.places.index(session.found_opened) if session.found_opened in found.places else None


def _source(session: Session) -> None:
    found = session.found
    if found is None:
        return
    number = _opened(session, found)
    if number is None:
        if found.places:
            st.caption(session.words("source_nearest"))
        return

    def select(place: int | None) -> None:
        session.found_opened = None if place is None else found.places[place]

    show_source(session, found.wanted.collection, found.places, number, select)
