"""`ibid ask --packet FILE`, then `ibid replay FILE`, with the real parts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.making import lend_models
from tests.serving.model_server import Reply, model_server
from ui.terminal.main import main

QUESTION = "When is tea served in the garden?"
FRAGE = "花园里几点供应茶？"

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def home(prepared_models: Path, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    lend_models(prepared_models, home)
    (tmp_path / "tea.txt").write_text("Tea is served at four in the garden. Visitors pay two euros for it.")
    (tmp_path / "茶.txt").write_text("花园里下午四点供应茶。访客每人支付两欧元。")
    assert main(["ingest", str(tmp_path / "tea.txt"), str(tmp_path / "茶.txt"), "--home", str(home)]) == 0
    return home


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main([*arguments, "--home", str(home)])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return status, printed.out or printed.err

    return run_command


def replayed(run: Run, *arguments: str) -> Any:
    return json.loads(run("replay", *arguments, "--json")[1])


@pytest.mark.parametrize("question", [QUESTION, FRAGE])
def test_the_same_question_again_gives_the_same_answer(run: Run, tmp_path: Path, question: str) -> None:
    packet = tmp_path / "answer.json"
    assert run("ask", question, "--packet", str(packet))[0] == 0
    assert run("replay", str(packet)) == (0, "The same answer, from the same passages.\n")
    assert run("replay", str(packet), "--frozen") == (0, "The same answer, from the same passages.\n")


def test_a_replaced_document_gives_another_answer_and_a_frozen_replay_does_not(run: Run, tmp_path: Path) -> None:
    packet, tea = tmp_path / "answer.json", tmp_path / "tea.txt"
    run("ask", QUESTION, "--packet", str(packet))
    tea.write_text("Tea is served at five in the garden. Visitors pay two euros for it.")
    run("ingest", str(tea))
    status, report = run("replay", str(packet))
    assert status == 1
    assert report.startswith("Another answer:\n  - “Tea is served at four in the garden.”\n  + “Tea is served at five")
    assert "  document tea.txt: " in report
    assert "replaced by " in report
    assert "  collection version: 2 → 3" in report or "  collection version: 1 → 2" in report
    assert "gone, " in report
    found = replayed(run, str(packet))
    assert not found["same"]
    assert {"kind", "where", "before", "after"} == found["differences"][0].keys()
    assert found["before"]["format"] == found["now"]["format"] == "ibid-packet/1"
    assert run("replay", str(packet), "--frozen")[0] == 0


def test_a_model_that_answers_otherwise_is_told_from_a_changed_collection(run: Run, tmp_path: Path) -> None:
    packet = tmp_path / "answer.json"
    said, otherwise = "Tea is served at four in the garden [1].", "Tea is served at nine in the garden [1]."
    with model_server(Reply((said,)), Reply((said,)), Reply((otherwise,))) as server:
        model = ["--model", "m", "--base-url", server.base_url]
        run("ask", QUESTION, *model, "--packet", str(packet))
        assert run("replay", str(packet), *model) == (0, "The same answer, from the same passages.\n")
        status, report = run("replay", str(packet), *model, "--frozen")
        assert server.requests[0]["messages"] == server.requests[2]["messages"]
    assert status == 1
    assert "  - Tea is served at four in the garden.\n  + Tea is served at nine in the garden.\n" in report
    status, report = run("replay", str(packet))
    assert "  model: m → extractive" in report


def test_a_collection_that_is_gone_is_named_with_the_ways_out(run: Run, tmp_path: Path) -> None:
    packet = tmp_path / "answer.json"
    run("ask", QUESTION, "--packet", str(packet))
    run("collections", "--delete", "default")
    status, error = run("replay", str(packet))
    assert status == 2
    assert "no collection 'default'" in error
    assert "--frozen" in error
    assert run("replay", str(packet), "--frozen")[0] == 0


def test_bad_files_and_places_end_with_2_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"format": "ibid-packet/1", "question"')
    for arguments, reason in (
        (["replay", str(tmp_path / "absent.json")], "no such file"),
        (["replay", str(tmp_path / "broken.json")], "not valid JSON"),
        (["ask", QUESTION, "--packet", str(tmp_path)], "it is a folder"),
    ):
        status, error = run(*arguments)
        assert status == 2
        assert error.startswith("ibid: ")
        assert reason in error
