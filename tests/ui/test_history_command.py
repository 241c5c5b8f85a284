"""`ibid history`, and what deleting and ingesting say of past answers, with the real parts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.making import lend_models
from ui.terminal.main import main

TEA, FEE = "When is tea served in the garden?", "花园里几点供应茶？"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def filled(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two documents."""
    folder = tmp_path_factory.mktemp("filled")
    lend_models(prepared_models, folder / "home")
    (folder / "tea.txt").write_text("Tea is served at four in the garden. Visitors pay two euros for it.")
    (folder / "茶.txt").write_text("花园里下午四点供应茶。访客每人支付两欧元。")
    assert main(["ingest", str(folder / "tea.txt"), str(folder / "茶.txt"), "--home", str(folder / "home")]) == 0
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "own")
    return tmp_path / "own"


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([*arguments, "--home", str(folder / "home")])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return status, printed.out, printed.err

    return run_command


def listed(run: Run, *arguments: str) -> list[Any]:
    answers: list[Any] = json.loads(run("history", *arguments, "--json")[1])["answers"]
    return answers


def test_what_is_asked_is_kept_and_listed_newest_first(run: Run) -> None:
    for question in (TEA, FEE):
        run("ask", question)
    run("ask", "Who pays for it?", "--after", "1")
    run("ask", TEA, "--no-history")
    assert [past["asked"] for past in listed(run)] == ["Who pays for it?", FEE, TEA]
    followed, _, first = listed(run)
    assert followed["conversation"] == first["conversation"]
    _, out, _ = run("history", "-n", "1")
    assert out.count("\n") == 1
    assert "Who pays for it?" in out
    _, out, _ = run("history", "--show", "1")
    assert f"> {TEA}" in out
    assert "Tea is served at four" in out
    assert "[1] tea.txt" in out


def test_nothing_is_kept_where_the_settings_say_no(run: Run, folder: Path) -> None:
    (folder / "home" / "ibid.toml").write_text('[history]\nkeep = "no"\n')
    run("ask", TEA)
    assert listed(run) == []
    (folder / "home" / "ibid.toml").write_text('[history]\nkeep = "maybe"\n')
    status, _, error = run("ask", TEA)
    assert status == 2
    assert 'it must be "yes" or "no"' in error


def test_a_deletion_says_which_answers_cite_what_is_gone_and_the_history_marks_them(run: Run) -> None:
    for question in (TEA, FEE):
        run("ask", question)
    _, _, error = run("delete", "tea.txt")
    assert "1 past answer cites what is no longer there or in force; `ibid history --withdrawn` shows where" in error
    (past,) = listed(run, "--withdrawn")
    assert (past["number"], past["stands"]) == (1, False)
    assert {item["state"] for item in past["standings"]} == {"deleted"}
    _, out, _ = run("history")
    marked = [line for line in out.splitlines() if "!" in line]
    assert len(marked) == 1
    assert "tea.txt was deleted on 20" in marked[0]
    assert "    ! tea.txt was deleted on 20" in run("history", "--show", "1")[1]


def test_a_replacement_says_whether_the_quoted_words_still_stand(run: Run, filled: Path) -> None:
    for question in (TEA, FEE):
        run("ask", question)
    (filled / "tea.txt").write_text("Tea is served at five in the garden. Visitors pay two euros for it.")
    (filled / "茶.txt").write_text("通知。\n花园里下午四点供应茶。访客每人支付三欧元。")
    _, out, error = run("ingest", str(filled / "tea.txt"), str(filled / "茶.txt"))
    assert "2 past answers cite what is no longer there" in error
    _, out, _ = run("history")
    tea = next(line for line in out.splitlines() if "! tea.txt" in line)
    chinese = next(line for line in out.splitlines() if "! 茶.txt" in line)
    assert "was replaced on 20" in tea
    assert "still stand" in chinese
    states = {past["asked"]: past["standings"][0] for past in listed(run)}
    assert not states[TEA]["replacement"]["quote_stands"]
    assert states[FEE]["replacement"]["quote_stands"]
    assert states[FEE]["replacement"]["document"] == "茶.txt"


def test_past_answers_are_deleted_one_by_one_or_all(run: Run) -> None:
    for question in (TEA, FEE, TEA):
        run("ask", question)
    assert run("history", "--delete", "2")[1] == "deleted 1 past answer\n"
    assert [past["number"] for past in listed(run)] == [3, 1]
    for arguments in (["--delete"], ["--all"], ["--delete", "1", "--all"], ["--delete", "7"], ["--show", "7"]):
        status, out, error = run("history", *arguments)
        assert (status, out) == (2, "")
        assert error.startswith("ibid: ")
    assert run("history", "--delete", "--all")[1] == "deleted 2 past answers\n"
    assert run("history") == (0, "", "ibid: no past answers\n")


def test_a_collection_that_is_deleted_leaves_its_answers_marked(run: Run) -> None:
    run("ask", TEA)
    assert "1 past answer cites" in run("collections", "--delete", "default")[2]
    assert "tea.txt is no longer in the collection" in run("history", "--withdrawn")[1]
