"""Evaluations that wait are measured, kept in their collection, compared, cancelled and taken again after a crash."""

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eval.own_questions.evaluating import work_off
from eval.own_questions.figures import figures_json, risk_curve_points
from eval.records import QuestionResult, Run
from eval.runs import read_run
from eval.statistics.intervals import Interval
from kb.catalog.collections import delete_collection, open_collection
from kb.errors import NotFoundError
from kb.home.evaluations import (
    add_evaluation,
    cancel_evaluation,
    does_evaluation_wait,
    forget_evaluations,
    get_evaluation,
    list_evaluations,
    take_evaluation,
)
from kb.home.home import Home
from kb.home.jobs import MAX_ATTEMPTS, SILENT_SECONDS
from kb.questions import OwnQuestion, evaluation_folder, replace_questions
from kb.questions.run_files import figures_path, read_run_json, run_name, run_names, run_path
from kb.questions.writing import questions_as_bytes
from kb.records import JobState
from kb.settings import Settings
from retriever import Searcher
from tests.fakes import HashEmbedder
from tests.serving.library import make_collection

FEE = OwnQuestion("fee", "What is the fee for a resit?", ("40 euros",), "handbook.txt")
WRONG = OwnQuestion("wrong", "出租人应当在多少日内退还押金？", ("九十日",), "handbook.txt")
PAINTER = OwnQuestion("painter", "Who painted the ceiling of the Sistine Chapel?", must_refuse=True)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    make_collection(tmp_path, HashEmbedder()).close()
    home = Home(tmp_path)
    expect(home, FEE, WRONG, PAINTER)
    return home


def expect(home: Home, *questions: OwnQuestion) -> None:
    replace_questions(home, "default", lambda file: questions_as_bytes(file.path, questions), None)


def measure(home: Home, stopped: threading.Event | None = None, meanwhile: Any = None) -> None:
    """Works off what waits; `meanwhile` is called when the collection is opened, before anything is asked."""

    def opened(name: str) -> Searcher:
        if meanwhile:
            meanwhile()
        return Searcher(open_collection(home.folder, name), HashEmbedder())

    work_off(home, Settings(home=home.folder), stopped or threading.Event(), opened)


def fall_silent(home: Home) -> None:
    with home.writing() as connection:
        connection.execute("UPDATE evaluations SET heartbeat = ?", (time.time() - SILENT_SECONDS - 1,))


def test_an_evaluation_becomes_a_run_in_its_collection(home: Home) -> None:
    waiting = add_evaluation(home, "default")
    assert add_evaluation(home, "default") == waiting, "one at a time is enough"
    assert does_evaluation_wait(home)
    measure(home)
    done = get_evaluation(home, waiting.id)
    assert (done.state, done.done, done.total) == (JobState.DONE, 3, 3)
    assert run_names(home.folder, "default") == [done.run]
    run = read_run(run_path(home.folder, "default", done.run))
    assert [query.id for query in run.queries] == ["fee", "wrong", "painter"]
    figures = read_run_json(figures_path(home.folder, "default", done.run))
    assert figures["metrics"]["answer contains"]["mean"] == 0.5
    assert figures["metrics"]["right refusal"]["questions"] == 1
    assert figures["ordered_by"] == "answer contains"
    (worst,) = figures["worst"]
    assert worst["question"] == WRONG.question
    assert worst["top"][0]["text"]
    assert figures["comparison"] is None
    assert not does_evaluation_wait(home)


def test_the_next_run_is_compared_with_the_one_before(home: Home) -> None:
    add_evaluation(home, "default")
    measure(home)
    (first,) = run_names(home.folder, "default")
    run_path(home.folder, "default", first).rename(run_path(home.folder, "default", "run-20200101T000000Z-abcdef"))
    figures_path(home.folder, "default", first).rename(
        figures_path(home.folder, "default", "run-20200101T000000Z-abcdef")
    )
    add_evaluation(home, "default")
    measure(home)
    newest, oldest = run_names(home.folder, "default")
    comparison = read_run_json(figures_path(home.folder, "default", newest))["comparison"]
    assert comparison["with"] == oldest == "run-20200101T000000Z-abcdef"
    assert comparison["questions"] == 3
    assert comparison["metrics"]["answer contains"]["difference"]["mean"] == 0
    assert (comparison["better"], comparison["worse"]) == ([], [])


def test_runs_of_the_same_second_stand_in_their_order(tmp_path: Path) -> None:
    moments = [datetime(2026, 11, 30, 9, 6, 17, part, UTC) for part in (0, 9, 16, 4_095, 65_536, 999_999)]
    names = [run_name(moment) for moment in (*moments, datetime(2026, 11, 30, 9, 6, 18, 0, UTC))]
    assert names == sorted(set(names))
    assert {run_path(tmp_path, "default", name).stem for name in names} == set(names)  # which takes none but run names


def test_a_cancelled_evaluation_leaves_no_run(home: Home) -> None:
    waiting = add_evaluation(home, "default")
    measure(home, meanwhile=lambda: cancel_evaluation(home, waiting.id))
    assert get_evaluation(home, waiting.id).state is JobState.CANCELLED
    assert run_names(home.folder, "default") == []


def test_an_evaluation_that_is_interrupted_waits_again(home: Home) -> None:
    waiting, stopped = add_evaluation(home, "default"), threading.Event()
    measure(home, stopped, meanwhile=stopped.set)
    assert get_evaluation(home, waiting.id).state is JobState.QUEUED
    measure(home)
    assert get_evaluation(home, waiting.id).state is JobState.DONE


def test_one_whose_runner_died_is_taken_again_and_given_up_in_the_end(home: Home) -> None:
    waiting = add_evaluation(home, "default")
    for _ in range(MAX_ATTEMPTS):
        taken = take_evaluation(home)
        assert taken is not None
        assert take_evaluation(home) is None, "its runner lives"
        fall_silent(home)
        assert does_evaluation_wait(home)
    assert take_evaluation(home) is None
    given_up = get_evaluation(home, waiting.id)
    assert given_up.state is JobState.FAILED
    assert "3 times" in given_up.reason


def test_what_cannot_be_measured_says_why(home: Home) -> None:
    waiting = add_evaluation(home, "default")
    (evaluation_folder(home.folder, "default") / "questions.yaml").write_text("- question: When?\n  page: x\n")
    measure(home)
    failed = get_evaluation(home, waiting.id)
    assert failed.state is JobState.FAILED
    assert "line 2: page is 'x'" in failed.reason


def test_a_collection_deleted_meanwhile_is_not_brought_back(home: Home) -> None:
    waiting = add_evaluation(home, "default")

    def delete() -> None:
        delete_collection(home.folder, "default")
        forget_evaluations(home, "default")

    measure(home, meanwhile=delete)
    assert list_evaluations(home, "default", 10) == []
    with pytest.raises(NotFoundError):
        get_evaluation(home, waiting.id)
    assert not (home.folder / "collections" / "default").exists()


def test_a_damaged_run_before_is_passed_over(home: Home) -> None:
    folder = evaluation_folder(home.folder, "default")
    for ending in (".json", ".figures.json"):
        (folder / f"run-20200101T000000Z-abcdef{ending}").write_text("{", encoding="utf-8")
    add_evaluation(home, "default")
    measure(home)
    newest = run_names(home.folder, "default")[0]
    assert read_run_json(figures_path(home.folder, "default", newest))["comparison"] is None


def test_the_curve_puts_refusals_last_and_counts_them_as_wrong() -> None:
    def result(name: str, confidence: float, status: str, **values: float) -> QuestionResult:
        return QuestionResult(name, name, {"confidence": confidence, **values}, {"status": status})

    run = Run(
        "default",
        "own questions",
        {},
        {"answer contains": Interval(float("nan"), 0, 1)},
        (
            result("sure and right", 0.9, "answered", **{"answer contains": 1}),
            result("doubtful and wrong", 0.5, "answered", **{"answer contains": 0}),
            result("refused", 0.95, "refused", **{"right refusal": 1}),
            QuestionResult("failed", "failed", {"answer contains": 0}),
        ),
    )
    assert risk_curve_points(run) == [[0.3333, 0.0], [0.6667, 0.5], [1.0, 0.6667]]
    assert json.dumps(figures_json(run), allow_nan=False)
