"""Evaluations and runs: measure with a button, see how far it is, look at what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from kb.records import JobState
from ui.browser.api.failures import ClientError
from ui.browser.api.run_replies import Evaluation, RunSummary
from ui.browser.check.drawing import moment_in, run_data
from ui.browser.components import draw_run
from ui.browser.notices import sentence_for, show_failure
from ui.browser.plain import plain, seen
from ui.browser.session import Session
from ui.browser.wording import Words

_POLL_SECONDS = 1.0  # a question takes longer than this


def show_runs(session: Session) -> None:
    """Draws the button, the progress and the run that is chosen.

    Raises:
        ClientError: the server does not tell of its runs.
    """
    latest = session.requests.latest_evaluation()
    session.check.latest = _known(latest)
    running = latest is not None and latest.running
    st.fragment(_evaluation, run_every=_POLL_SECONDS if running else None)(session)
    _run(session, session.requests.runs())


def _evaluation(session: Session) -> None:
    words = session.words
    try:
        latest = session.requests.latest_evaluation()
        if _known(latest) != session.check.latest:
            session.check.run = ""  # the newest, which may just have come
            st.rerun()
        if latest is not None and latest.running:
            _under_way(session, latest)
            return
        if st.button(words("measure"), type="primary", key="measure", icon=":material/speed:"):
            session.requests.begin_evaluation()
            st.rerun()
    except ClientError as failure:
        show_failure(failure, words)
        return
    if latest is not None and latest.state is JobState.FAILED:
        st.error(plain(words("evaluation_failed", why=latest.reason)))
    elif latest is not None and latest.state is JobState.CANCELLED:
        st.caption(words("evaluation_cancelled"))


def _known(latest: Evaluation | None) -> tuple[str, str]:
    """What the page must know of an evaluation: as soon as this changes, all of it is drawn anew."""
    return (latest.id, "running" if latest.running else latest.state) if latest is not None else ("", "")


def _under_way(session: Session, latest: Evaluation) -> None:
    share = latest.done / latest.total if latest.total else 0.0
    st.progress(share, text=plain(_progress(session, latest)))
    if st.button(session.words("cancel"), key="cancel-evaluation"):
        session.requests.cancel_evaluation(latest)
        st.rerun()


def _progress(session: Session, latest: Evaluation) -> str:
    if latest.state is JobState.QUEUED:
        return session.words("evaluation_waits")
    return session.words("evaluation_runs", done=latest.done, total=latest.total)


def _run(session: Session, runs: tuple[RunSummary, ...]) -> None:
    words = session.words
    if not runs:
        st.text(words("runs_none"))
        return
    names = _names(runs, words)
    key = f"run-{runs[0].id}"  # a new run makes a new list, with nothing chosen in it yet
    st.session_state[key] = session.check.run if session.check.run in names else runs[0].id
    shown, other = st.columns(2)
    chosen = shown.selectbox(
        words("run_shown"),
        list(names),
        key=key,
        format_func=lambda name: names.get(name, name),
        on_change=_choose,
        args=(session, key),
    )
    others = {"": words("compare_before"), **{run: name for run, name in names.items() if run != chosen}}
    with other:
        compared_with = _compared_with(session, chosen, others) if len(others) > 1 else ""
    try:
        figures = session.requests.figures(chosen, compared_with)
    except ClientError as failure:
        show_failure(failure, words)
        return
    quoted = figures.answered_by == "extractive"  # as the server calls it when no model answers
    model = words("run_answered_quoting") if quoted else words("run_answered_by", model=seen(figures.answered_by))
    st.caption(plain(model))
    before = figures.comparison.run_before if figures.comparison else ""
    if compared_with and figures.comparison is None:
        st.info(words("compare_nothing"))
    draw_run("run-view", run_data(figures, names.get(before, seen(before)), words))
    with st.popover(words("run_delete"), icon=":material/delete:"):
        st.text(words("run_delete_why"))
        st.button(words("delete_confirm"), key="delete-run", on_click=_delete, args=(session, chosen))


def _compared_with(session: Session, chosen: str, others: Mapping[str, str]) -> str:
    """The run that the chosen one is compared with. Each run has a list of its own: it lacks that run."""
    key = f"compared-{chosen}-{len(others)}"
    st.session_state[key] = session.check.compared_with if session.check.compared_with in others else ""
    return st.selectbox(
        session.words("run_compared_with"),
        list(others),
        key=key,
        format_func=lambda name: others.get(name, name),
        on_change=_choose_other,
        args=(session, key),
    )


def _choose_other(session: Session, key: str) -> None:
    session.check.compared_with = st.session_state[key]


def _delete(session: Session, run: str) -> None:
    try:
        session.requests.delete_run(run)
    except ClientError as failure:
        session.said = sentence_for(failure, session.words)


def _names(runs: Sequence[RunSummary], words: Words) -> dict[str, str]:
    """What each run is called; no two alike, since the list tells them apart by that."""
    names: dict[str, str] = {}
    for run in runs:
        name = words.count("run_label", run.questions, moment=moment_in(run.started, words))
        names[run.id] = f"{name} · {run.id[-6:]}" if name in names.values() else name
    return names


def _choose(session: Session, key: str) -> None:
    session.check.run = st.session_state[key]
