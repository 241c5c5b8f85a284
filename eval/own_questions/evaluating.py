"""Works off the evaluations that wait in a home folder, and keeps each run in its collection's folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from eval.own_questions.figures import Earlier, figures_json
from eval.own_questions.measuring import Progress, evaluate_collection
from eval.records import Run
from eval.runs.files import read_run, run_json, write_json
from kb.errors import IbidError
from kb.home.evaluations import (
    Evaluation,
    fail_evaluation,
    finish_evaluation,
    release_evaluation,
    report_asked,
    take_evaluation,
)
from kb.home.home import Home
from kb.questions import find_questions, read_questions
from kb.questions.run_files import figures_path, remove_run, run_name, run_names, run_path
from kb.settings import Settings
from retriever import Searcher

_BEAT_SECONDS = 5.0  # far within the silence after which another runner takes an evaluation

OpenSearcher = Callable[[str], Searcher]


class _CutOffError(Exception):
    """The evaluation was cancelled, or this process is to end."""


def work_off(
    home: Home, settings: Settings, stopped: threading.Event, open_searcher: OpenSearcher | None = None
) -> None:
    """Measures what waits, one after the other, until nothing does or `stopped` is set.

    Args:
        home: whose evaluations.
        settings: of that home: which model answers, if any.
        stopped: ends at the next question; what is under way waits again.
        open_searcher: opens a collection, by its name, instead of as the settings say.
    """
    while not stopped.is_set() and (evaluation := take_evaluation(home)) is not None:
        _evaluate(home, settings, evaluation, stopped, open_searcher)


def _evaluate(
    home: Home,
    settings: Settings,
    evaluation: Evaluation,
    stopped: threading.Event,
    open_searcher: OpenSearcher | None,
) -> None:
    name = evaluation.collection
    try:
        questions = read_questions(find_questions(settings.home, name))
        with _heartbeat(home, evaluation, stopped, len(questions)) as progress:
            searcher = open_searcher(name) if open_searcher else None
            run = evaluate_collection(settings, name, questions, progress, searcher=searcher)
        kept = _keep(settings, name, run)
        if not finish_evaluation(home, evaluation.id, kept):
            remove_run(settings.home, name, kept)
    except _CutOffError:
        release_evaluation(home, evaluation.id)  # which leaves a cancelled one as it is
    except IbidError as error:
        fail_evaluation(home, evaluation.id, str(error))


@contextmanager
def _heartbeat(home: Home, evaluation: Evaluation, stopped: threading.Event, total: int) -> Iterator[Progress]:
    """Yields the function that reports progress, and repeats its last word meanwhile: a model may take minutes."""
    asked = 0
    ended = threading.Event()

    def report(_stage: str, done: int, _of: int) -> None:
        nonlocal asked
        asked = done
        if stopped.is_set() or not report_asked(home, evaluation.id, done, total):
            raise _CutOffError

    def repeat() -> None:
        while not ended.wait(_BEAT_SECONDS):
            report_asked(home, evaluation.id, asked, total)

    report("asking", 0, total)
    thread = threading.Thread(target=repeat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield report
    finally:
        ended.set()
        thread.join()


def _keep(settings: Settings, collection: str, run: Run) -> str:
    """Writes a run and its figures, compared with the run before; returns its name."""
    earlier = _latest(settings, collection)
    name = run_name(datetime.now(UTC))
    write_json(run_path(settings.home, collection, name), run_json(run))
    # Last: only what has figures is a run of the collection.
    write_json(figures_path(settings.home, collection, name), figures_json(run, earlier))
    return name


def _latest(settings: Settings, collection: str) -> Earlier | None:
    """The newest run that can be read."""
    for name in run_names(settings.home, collection):
        try:
            return Earlier(name, read_run(run_path(settings.home, collection, name)))
        except IbidError:  # damaged, or removed by hand
            continue
    return None
