"""The three drawn parts of the app: an answer with its chips, a source, a list of documents.

They take plain data and put it on the page as text (see `assets/*.js`), never as HTML or Markdown. What they report
back is a number or an id that the app gave out itself, and is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent / "assets"


def draw_answer(key: str, data: dict[str, Any], on_select: Callable[[int], None]) -> None:
    """One question and its answer; `on_select` gets the number of the place that was clicked."""

    def selected() -> None:
        value = st.session_state[key].get("select")
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            on_select(value)

    _component("answer")(key=key, data=data, on_select_change=selected)


def draw_source(key: str, data: dict[str, Any]) -> None:
    """One place in a document."""
    _component("source")(key=key, data=data)


def draw_documents(key: str, data: dict[str, Any], on_remove: Callable[[str], None]) -> None:
    """The documents of a collection; `on_remove` gets the id of the one whose deletion was asked for."""

    def remove() -> None:
        value = st.session_state[key].get("remove")
        if isinstance(value, str):
            on_remove(value)

    _component("documents")(key=key, data=data, on_remove_change=remove)


@cache
def _component(name: str) -> Callable[..., object]:
    """The mounting function of a component, registered once in a process."""
    css = (_FOLDER / "base.css").read_text(encoding="utf-8") + (_FOLDER / f"{name}.css").read_text(encoding="utf-8")
    js = (_FOLDER / f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"ibid_{name}", css=css, js=js)
