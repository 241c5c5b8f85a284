"""Two versions of a handbook as a person keeps them, with the real parts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.making import lend_models
from ui.terminal.main import main

Run = Callable[..., Any]
QUESTION = "Within how many days must the final report be handed in?"


@pytest.fixture(scope="module")
def home(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    lend_models(prepared_models, home)
    folder = tmp_path_factory.mktemp("documents")
    for year, days in (("2023", "fourteen"), ("2024", "ten")):
        text = f"# Course handbook\n\nThe final report must be handed in within {days} days of the last lecture.\n"
        (folder / f"handbook-{year}.md").write_text(text)
    old = ("--set", "effective_from=2023年9月1日")
    assert main(["ingest", str(folder / "handbook-2023.md"), *old, "--home", str(home)]) == 0
    new = ("--set", "effective_from=2024-09-01", "--replaces", "handbook-2023.md")
    assert main(["ingest", str(folder / "handbook-2024.md"), *new, "--home", str(home)]) == 0
    return home


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> Any:
        assert main([*arguments, "--home", str(home), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run_command


@pytest.mark.parametrize(
    ("options", "days"), [((), "ten"), (("--as-of", "2024-08-31"), "fourteen"), (("--as-of", "2024年9月1日"), "ten")]
)
def test_an_answer_is_from_the_version_in_force(run: Run, options: tuple[str, ...], days: str) -> None:
    answer = run("ask", QUESTION, *options)
    assert f"within {days} days" in answer["text"]
    assert {citation["document"] for citation in answer["citations"]} == {
        "handbook-2024.md" if days == "ten" else "handbook-2023.md"
    }


def test_all_versions_can_be_searched_but_not_as_of_a_day(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {hit["document"] for hit in run("search", QUESTION, "--all-versions")["hits"]}
    assert found == {"handbook-2023.md", "handbook-2024.md"}
    assert main(["ask", QUESTION, "--all-versions", "--as-of", "2024", "--home", str(home)]) == 2
    assert "contradict each other" in capsys.readouterr().err


def test_documents_and_show_say_which_version_replaces_which(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = {entry["name"]: entry for entry in run("documents")["documents"]}
    assert entries["handbook-2024.md"]["version"] == 2
    assert entries["handbook-2024.md"]["replaces"] == [entries["handbook-2023.md"]["id"]]
    assert main(["documents", "--home", str(home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("2023-09-01 to 2024-08-31  version 1, replaced by handbook-2024.md")
    assert lines[1].endswith("from 2024-09-01  version 2, replaces handbook-2023.md")
    assert main(["show", "handbook-2023.md", "--home", str(home)]) == 0
    assert "in force: 2023-09-01 to 2024-08-31" in capsys.readouterr().err


def test_a_file_cannot_replace_what_was_read_from_itself(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The first notes.")
    arguments = ["ingest", str(notes), "--home", str(home), "-c", "notes"]
    assert main(arguments) == 0
    notes.write_text("The second notes.")
    assert main([*arguments, "--replaces", "notes.txt"]) == 2
    assert "cannot replace itself" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("replaced", "words"), [("handbook-1999.md", "no document"), ("handbook-2024.md", "one file, not 2")]
)
def test_what_cannot_be_replaced_is_refused_before_anything_is_stored(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], replaced: str, words: str
) -> None:
    (tmp_path / "a.txt").write_text("one")
    if words.startswith("one file"):
        (tmp_path / "b.txt").write_text("two")
    assert main(["ingest", str(tmp_path), "--replaces", replaced, "--home", str(home)]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
