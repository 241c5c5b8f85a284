"""The drawn parts of the app: an answer with its chips, a source, lists of documents, passages and conversations.

They take plain data and put it on the page as text (see `assets/*.js`), never as HTML or Markdown. What they report
back is a number, an id that the app gave out itself, or a question, and is checked before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent / "assets"

_Heard = Callable[[object], None]  # gets whatever a browser sent, and checks it before it is used

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

    def stop(value: object) -> None:
        if value:
            actions.stop()

    heard = {
        "select": _number(actions.select),
        "stop": stop,
        "ask": _text(actions.ask),
        "judge": _text(lambda said: _judge(said, actions.judge)),
    }
    _mount("answer", key, data, heard)


def draw_source(key: str, data: dict[str, Any]) -> None:
    """One place in a document."""
    _mount("source", key, data)


def draw_documents(key: str, data: dict[str, Any], actions: RowActions) -> None:
    """The documents of a collection."""
    heard = {"remove": _text(actions.remove), "open": _text(actions.open), "retry": _text(actions.retry)}
    _mount("documents", key, data, heard)


def draw_passages(key: str, data: dict[str, Any]) -> None:
    """Passages of a document as they were cut."""
    _mount("passages", key, data)


def draw_outline(key: str, data: dict[str, Any], on_go: Callable[[int], None]) -> None:
    """The headings of a document; `on_go` gets the offset of the one that was clicked."""
    _mount("outline", key, data, {"go": _number(on_go)})


def draw_records(key: str, data: dict[str, Any], on_act: Callable[[str], None] = lambda _: None) -> None:
    """Rows about the server; `on_act` gets the id of the one that something is to be done with."""
    _mount("records", key, data, {"act": _text(on_act)})


def draw_appearance(key: str, data: dict[str, Any]) -> None:
    """The choice between light and dark, which stays in the browser."""
    _mount("appearance", key, data)


def draw_results(key: str, data: dict[str, Any], on_select: Callable[[int], None]) -> None:
    """Passages that were found; `on_select` gets the number of the one that was clicked."""
    _mount("results", key, data, {"select": _number(on_select)})


def draw_run(key: str, data: dict[str, Any]) -> None:
    """What came of an evaluation."""
    _mount("run", key, data)


def draw_judged(key: str, data: dict[str, Any], on_adopt: Callable[[], None]) -> None:
    """One judged answer; `on_adopt` is called when it is to become a question of the collection."""

    def adopt(value: object) -> None:
        if value:
            on_adopt()

    _mount("judged", key, data, {"adopt": adopt})


def draw_history(
    key: str, data: dict[str, Any], on_open: Callable[[str], None], on_forget: Callable[[str], None]
) -> None:
    """The past conversations that this browser knows; both callbacks get the name of one."""
    _mount("history", key, data, {"open": _text(on_open), "forget": _text(on_forget)})


def draw_keyboard(words: Mapping[str, str], *, unsaved: bool = False) -> None:
    """Nothing to see: the keys that work on every page, and a word before what is `unsaved` is left with the app.

    `words` stand in the place of Streamlit's own, which are English only.
    """
    _mount("keyboard", "keyboard", {"words": dict(words), "unsaved": unsaved})


def _judge(said: str, act: Callable[[str, str], None]) -> None:
    """What was said of an answer: a word, and on the lines after it the reason."""
    verdict, _, reason = said.partition("\n")
    if verdict in ("up", "down", "back"):
        act(verdict, reason.strip())


def _number(act: Callable[[int], None]) -> _Heard:
    def heard(value: object) -> None:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            act(value)

    return heard


def _text(act: Callable[[str], None]) -> _Heard:
    def heard(value: object) -> None:
        if isinstance(value, str) and value.strip():
            act(value.strip())

    return heard


def _mount(name: str, key: str, data: dict[str, Any], heard: Mapping[str, _Heard] | None = None) -> None:
    """Draws a component; each of `heard` gets what the browser reports under its name, once.

    What was reported is known before anything is drawn, so that the page is drawn once and with what came of it. But
    Streamlit now and then has lost what it knew of a component (after a part of the page had the whole drawn again),
    and knows what was reported only when it is drawn: then the page is drawn once more.
    """
    heard = heard or {}
    noted = f"heard-{key}"

    def reported(event: str) -> None:
        if key in st.session_state:
            st.session_state[noted] = True
            heard[event](st.session_state[key].get(event))

    calls = {f"on_{event}_change": partial(reported, event) for event in heard}
    result = _component(name)(key=key, data=data, **calls)
    before = st.session_state.pop(noted, None)
    late = {event: value for event in heard if (value := getattr(result, event, None)) is not None}
    if late and not before:
        for event, value in late.items():
            heard[event](value)
        st.rerun()


@cache
def _component(name: str) -> Callable[..., object]:
    """The mounting function of a component, registered once in a process."""
    sheets = [_FOLDER / f"{sheet}.css" for sheet in ("base", name)]
    css = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())
    js = "\n".join((_FOLDER / f"{script}.js").read_text(encoding="utf-8") for script in _SCRIPTS[name])
    return st.components.v2.component(f"ibid_{name}", css=css, js=js)
