"""Evaluations and runs over HTTP: queued, looked at, cancelled, and read as they were written, whatever wrote them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.own_questions.evaluating import work_off
from kb.catalog.collections import open_collection
from kb.home.evaluations import list_evaluations
from kb.home.keys import Right, create_key
from kb.questions import evaluation_folder
from retriever import Searcher
from tests.serving.http_server import RunningServer, running_server
from tests.serving.test_http_questions import FEE, PAINTER

PLACE = "/ibid/collections/default"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def begin(server: RunningServer) -> dict[str, Any]:
    stored = server.http().get(f"{PLACE}/questions").json()
    if not stored["questions"]:
        body = {"version": stored["version"], "questions": [FEE, PAINTER]}
        assert server.http().put(f"{PLACE}/questions", json=body).status_code == 200
    reply = server.http().post(f"{PLACE}/evaluations")
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def measure(server: RunningServer) -> None:
    home = server.settings.home

    def opened(name: str) -> Searcher:
        return Searcher(open_collection(home, name), server.embedder)

    work_off(server.services.home, server.settings, threading.Event(), opened)


def test_an_evaluation_is_queued_measured_and_its_run_read(server: RunningServer) -> None:
    begun = begin(server)
    assert (begun["status"], begun["run"]) == ("queued", None)
    measure(server)
    done = server.http().get(f"{PLACE}/evaluations/{begun['id']}").json()
    assert (done["status"], done["done"], done["total"]) == ("done", 2, 2)
    assert server.http().get(f"{PLACE}/evaluations").json()["data"] == [done]
    (listed,) = server.http().get(f"{PLACE}/runs").json()["data"]
    assert listed["id"] == done["run"]
    assert listed["metrics"]["answer contains"]["mean"] == 1
    run = server.http().get(f"{PLACE}/runs/{done['run']}").json()
    assert [query["question"] for query in run["queries"]] == [FEE["question"], PAINTER["question"]]
    figures = server.http().get(f"{PLACE}/runs/{done['run']}/figures").json()
    assert figures["curve"]
    assert figures["comparison"] is None


def test_a_collection_without_questions_is_not_measured(server: RunningServer) -> None:
    reply = server.http().post(f"{PLACE}/evaluations")
    assert reply.status_code == 400
    assert "carries no questions" in reply.json()["error"]["message"]


def test_an_evaluation_is_cancelled_and_asked_for_anew(server: RunningServer) -> None:
    begun = begin(server)
    assert begin(server)["id"] == begun["id"], "one at a time"
    assert server.http().post(f"{PLACE}/evaluations/{begun['id']}/cancel").json()["status"] == "cancelled"
    measure(server)
    assert server.http().get(f"{PLACE}/runs").json()["data"] == []
    assert begin(server)["id"] != begun["id"]


def test_a_run_is_deleted_with_all_that_it_quotes(server: RunningServer) -> None:
    begin(server)
    measure(server)
    (run,) = server.http().get(f"{PLACE}/runs").json()["data"]
    assert server.http().delete(f"{PLACE}/runs/{run['id']}").status_code == 200
    left = [path.name for path in evaluation_folder(server.settings.home, "default").iterdir()]
    assert left == ["questions.yaml"]
    assert server.http().delete(f"{PLACE}/runs/{run['id']}").status_code == 404


def test_evaluations_go_with_their_collection(server: RunningServer) -> None:
    begin(server)
    assert server.http().delete("/v1/vector_stores/default").status_code == 200
    assert list_evaluations(server.services.home, "default", 10) == []


def test_a_run_is_compared_with_another_that_is_named(server: RunningServer) -> None:
    for _ in range(3):
        begin(server)
        measure(server)
    newest, middle, oldest = (run["id"] for run in server.http().get(f"{PLACE}/runs").json()["data"])
    figures = f"{PLACE}/runs/{newest}/figures"
    assert server.http().get(figures).json()["comparison"]["with"] == middle
    compared = server.http().get(figures, params={"with": oldest}).json()["comparison"]
    assert (compared["with"], compared["questions"], compared["worse"]) == (oldest, 2, [])
    later = server.http().get(f"{PLACE}/runs/{oldest}/figures", params={"with": newest}).json()
    assert later["comparison"]["with"] == newest, "also with a later one"
    missing = server.http().get(figures, params={"with": "run-20200101T000000Z-abcdef"})
    assert missing.status_code == 404
    assert str(server.settings.home) not in missing.text
    assert server.http().get(figures, params={"with": "../questions"}).status_code == 404
    folder = evaluation_folder(server.settings.home, "default")
    (folder / f"{oldest}.json").write_text("[]")
    assert server.http().get(figures, params={"with": oldest}).json()["error"]["code"] == "storage"


def test_runs_without_a_question_in_common_are_not_compared(server: RunningServer) -> None:
    begin(server)
    measure(server)
    stored = server.http().get(f"{PLACE}/questions").json()
    other = {**PAINTER, "question": "Who painted the other bridge?"}
    body = {"version": stored["version"], "questions": [other]}
    assert server.http().put(f"{PLACE}/questions", json=body).status_code == 200
    begin(server)
    measure(server)
    newest, oldest = (run["id"] for run in server.http().get(f"{PLACE}/runs").json()["data"])
    figures = server.http().get(f"{PLACE}/runs/{newest}/figures", params={"with": oldest}).json()
    assert figures["comparison"] is None


@pytest.mark.parametrize("content", ["{", "[]", '{"metrics": NaN}', "[" * 100_000, "\x00"])
def test_damaged_files_are_told_and_hide_no_others(server: RunningServer, content: str) -> None:
    begin(server)
    measure(server)
    name = "run-29990101T000000Z-abcdef"
    (evaluation_folder(server.settings.home, "default") / f"{name}.figures.json").write_text(content)
    assert len(server.http().get(f"{PLACE}/runs").json()["data"]) == 1
    assert server.http().get(f"{PLACE}/runs/{name}/figures").json()["error"]["code"] == "storage"


@pytest.mark.parametrize("name", ["questions", "recorded", "..%2f..%2fibid", "run-20200101T000000Z-abcdef", "run-x"])
def test_no_other_file_is_a_run(server: RunningServer, name: str) -> None:
    for path in (name, f"{name}/figures"):
        assert server.http().get(f"{PLACE}/runs/{path}").status_code == 404


def test_keys_measure_with_the_right_to_write_and_look_with_that_to_read(server: RunningServer) -> None:
    begun = begin(server)

    def client(right: Right, collection: str = "default") -> Any:
        secret = create_key(server.services.home, f"{right} {collection}", rights={right}, collections={collection})[1]
        return server.http(Authorization=f"Bearer {secret}")

    place = f"{PLACE}/evaluations"
    assert client(Right.READ).get(place).json()["data"][0]["id"] == begun["id"]
    assert client(Right.READ).post(place).status_code == 403
    assert client(Right.READ).post(f"{place}/{begun['id']}/cancel").status_code == 403
    assert client(Right.ASK).get(place).status_code == 403
    other = client(Right.WRITE, "other")
    assert other.post(f"{place}/{begun['id']}/cancel").status_code == 404
    assert client(Right.WRITE).post(f"{place}/{begun['id']}/cancel").json()["status"] == "cancelled"
