"""The drawn parts of the app: an answer with its chips, a source, lists of documents, passages and conversations.

They take plain data and put it on the page as text (see `assets/*.js`), never as HTML or Markdown. What they report
back is a number, an id that the app gave out itself, or a question, and is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent / "assets"

# What each component is written in, in the order in which its files follow each other; "elements" is shared.
_SCRIPTS = {
    "answer": ("elements", "sentences", "actions", "judging", "answer"),
    "source": ("elements", "source"),
    "documents": ("elements", "documents"),
    "passages": ("elements", "passages"),
    "outline": ("elements", "outline"),
    "records": ("elements", "records"),
    "appearance": ("elements", "appearance"),
    "results": ("elements", "results"),
    "run": ("elements", "run"),
    "judged": ("elements", "judged"),
    "history": ("elements", "history"),
    "keyboard": ("streamlit_words", "keyboard"),
}


@dataclass(frozen=True, slots=True)
class AnswerActions:
    """What is done when something of an answer is clicked."""

    select: Callable[[int], None]  # gets the number of the place
    stop: Callable[[], None]
    ask: Callable[[str], None]  # gets the question to ask in the place of this one
    judge: Callable[[str, str], None]  # gets "up", "down" or "back", and a reason, "" for none


@dataclass(frozen=True, slots=True)
class RowActions:
    """What is done with a document of the list; each gets its id."""

    remove: Callable[[str], None]
    open: Callable[[str], None]
    retry: Callable[[str], None]


def draw_answer(key: str, data: dict[str, Any], actions: AnswerActions) -> None:
    """One question and its answer."""

    def selected() -> None:
        _with_number(key, "select", actions.select)

    def stopped() -> None:
        if st.session_state[key].get("stop"):
            actions.stop()

    def asked() -> None:
        _with_text(key, "ask", actions.ask)

    def judged() -> None:
        _with_text(key, "judge", lambda said: _judge(said, actions.judge))

    _component("answer")(
        key=key,
        data=data,
        on_select_change=selected,
        on_stop_change=stopped,
        on_ask_change=asked,
        on_judge_change=judged,
    )


def draw_source(key: str, data: dict[str, Any]) -> None:
    """One place in a document."""
    _component("source")(key=key, data=data)


def draw_documents(key: str, data: dict[str, Any], actions: RowActions) -> None:
    """The documents of a collection."""
    _component("documents")(
        key=key,
        data=data,
        on_remove_change=lambda: _with_text(key, "remove", actions.remove),
        on_open_change=lambda: _with_text(key, "open", actions.open),
        on_retry_change=lambda: _with_text(key, "retry", actions.retry),
    )


def draw_passages(key: str, data: dict[str, Any]) -> None:
    """Passages of a document as they were cut."""
    _component("passages")(key=key, data=data)


def draw_outline(key: str, data: dict[str, Any], on_go: Callable[[int], None]) -> None:
    """The headings of a document; `on_go` gets the offset of the one that was clicked."""
    _component("outline")(key=key, data=data, on_go_change=lambda: _with_number(key, "go", on_go))


def draw_records(key: str, data: dict[str, Any], on_act: Callable[[str], None] = lambda _: None) -> None:
    """Rows about the server; `on_act` gets the id of the one that something is to be done with."""
    _component("records")(key=key, data=data, on_act_change=lambda: _with_text(key, "act", on_act))


def draw_appearance(key: str, data: dict[str, Any]) -> None:
    """The choice between light and dark, which stays in the browser."""
    _component("appearance")(key=key, data=data)


def draw_results(key: str, data: dict[str, Any], on_select: Callable[[int], None]) -> None:
    """Passages that were found; `on_select` gets the number of the one that was clicked."""
    _component("results")(key=key, data=data, on_select_change=lambda: _with_number(key, "select", on_select))


def draw_run(key: str, data: dict[str, Any]) -> None:
    """What came of an evaluation."""
    _component("run")(key=key, data=data)


def draw_judged(key: str, data: dict[str, Any], on_adopt: Callable[[], None]) -> None:
    """One judged answer; `on_adopt` is called when it is to become a question of the collection."""

    def adopted() -> None:
        if st.session_state[key].get("adopt"):
            on_adopt()

    _component("judged")(key=key, data=data, on_adopt_change=adopted)


def draw_history(
    key: str, data: dict[str, Any], on_open: Callable[[str], None], on_forget: Callable[[str], None]
) -> None:
    """The past conversations that this browser knows; both callbacks get the name of one."""
    _component("history")(
        key=key,
        data=data,
        on_open_change=lambda: _with_text(key, "open", on_open),
        on_forget_change=lambda: _with_text(key, "forget", on_forget),
    )


def draw_keyboard(words: Mapping[str, str], *, unsaved: bool = False) -> None:
    """Nothing to see: the keys that work on every page, and a word before what is `unsaved` is left with the app.

    `words` stand in the place of Streamlit's own, which are English only.
    """
    _component("keyboard")(key="keyboard", data={"words": dict(words), "unsaved": unsaved})


def _judge(said: str, act: Callable[[str, str], None]) -> None:
    """What was said of an answer: a word, and on the lines after it the reason."""
    verdict, _, reason = said.partition("\n")
    if verdict in ("up", "down", "back"):
        act(verdict, reason.strip())


def _with_number(key: str, name: str, act: Callable[[int], None]) -> None:
    value = st.session_state[key].get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        act(value)


def _with_text(key: str, name: str, act: Callable[[str], None]) -> None:
    value = st.session_state[key].get(name)
    if isinstance(value, str) and value.strip():
        act(value.strip())


@cache
def _component(name: str) -> Callable[..., object]:
    """The mounting function of a component, registered once in a process."""
    sheets = [_FOLDER / f"{sheet}.css" for sheet in ("base", name)]
    css = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())
    js = "\n".join((_FOLDER / f"{script}.js").read_text(encoding="utf-8") for script in _SCRIPTS[name])
    return st.components.v2.component(f"ibid_{name}", css=css, js=js)
