"""The panel beside the pages Ask and Find: one place in a document, with the way to the ones before and after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from ui.browser.api.answer_replies import Place
from ui.browser.components import draw_source
from ui.browser.notices import sentence_for
from ui.browser.plain import plain, seen
from ui.browser.session import Session
from ui.browser.sources.drawing import source_data
from ui.browser.sources.opening import View, is_gone

# How many places after the shown one are fetched before they are asked for; the one before it is, too.
_AHEAD = 2

Select = Callable[[int | None], None]  # another place by its number, None closes the panel


def show_source(session: Session, collection: str, places: Sequence[Place], number: int, select: Select) -> None:
    """Draws `places[number]`."""
    words = session.words
    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        st.text(words("source_position", number=number + 1, count=len(places)), width="stretch")
        _step(select, number - 1, len(places), words("previous"), ":material/chevron_left:", "previous")
        _step(select, number + 1, len(places), words("next"), ":material/chevron_right:", "next")
        label = words("close_source")
        st.button(label, icon=":material/close:", key="close", type="tertiary", on_click=select, args=(None,))
    view = session.sources.view(collection, places[number])
    if view.failure is not None:
        _explain(view, session)
    draw_source("source-view", source_data(view, words))
    if view.failure is None:
        _download(session, collection, view.place)
    session.sources.fetch_ahead(collection, neighbours(places, number))


def neighbours(places: Sequence[Place], number: int) -> Sequence[Place]:
    """The places that are likely to be opened next, the likeliest first."""
    return (*places[number + 1 : number + 1 + _AHEAD], *places[max(0, number - 1) : number])


def _step(select: Select, number: int, count: int, label: str, icon: str, key: str) -> None:
    possible = 0 <= number < count
    st.button(label, icon=icon, key=key, type="tertiary", disabled=not possible, on_click=select, args=(number,))


def _download(session: Session, collection: str, place: Place) -> None:
    st.download_button(
        session.words("download"),
        lambda: session.client.original(collection, place.document_id),  # fetched when it is asked for
        file_name=seen(place.document).rpartition("/")[2],
        mime="application/octet-stream",  # saved, never opened as a page of the app
        key="download",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _explain(view: View, session: Session) -> None:
    words = session.words
    assert view.failure is not None
    if is_gone(view):
        st.warning(words("source_gone"))
    else:
        ours = words("picture_failed") if view.before or view.after else words("source_failed")
        st.warning(plain(f"{ours} {sentence_for(view.failure, words)}"))
