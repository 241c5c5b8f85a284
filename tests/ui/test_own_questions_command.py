"""`ibid eval -c NAME`: a person's own questions, the recorded run, the gate, made questions, judges."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.own_questions import read_questions
from kb.catalog.collections import open_collection
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
from serving.deciding import read_calibration
from tests.making import lend_models
from tests.serving.library import DOCUMENTS, make_collection
from tests.serving.model_server import Reply, model_server
from ui.terminal.main import main

QUESTIONS = """questions:
  - question: What is the fee for a resit?
    answer: 40 euros
    document: handbook.txt
  - question: Who painted the ceiling of the Sistine Chapel?
    must_refuse: true
"""
RULES = {
    "terms.txt": """Lending agreement

1.1 Each reader shall hand the books in within thirty days after the loan began.

1.2 The library shall answer every complaint in writing within five working days.

1.3 A reader who loses a book shall pay its price and a charge of ten euros."""
}
GATE = '[metrics."answer contains"]\nmay_fall = 0.02\nminimum = {}\n'

Eval = Callable[..., int]


@pytest.fixture(scope="module")
def home(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small collection, embedded as the settings say."""
    home = tmp_path_factory.mktemp("home")
    lend_models(prepared_models, home)
    make_collection(home, open_embedder(EmbedderSettings(), home / "models"), documents={**DOCUMENTS, **RULES}).close()
    return home


@pytest.fixture
def evaluate(home: Path) -> Eval:
    def run_command(*arguments: object) -> int:
        return main(["eval", "-c", "default", "--home", str(home), *map(str, arguments)])

    return run_command


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    return path


def test_confidence_is_fitted_to_ones_own_questions_and_kept_in_the_collection(
    evaluate: Eval, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["questions:"]
    for number in range(12):  # more or less sure, since each names something else as well
        lines += [f"  - question: What is the fee for a resit in room {number}?", "    answer: 40 euros"]
        lines += [f"  - question: Which painter of room {number} was born in Paris?", "    must_refuse: true"]
    many = tmp_path / "many.yaml"
    many.write_text("\n".join(lines), encoding="utf-8")
    assert evaluate("--questions", many, "--calibrate") == 0
    printed = capsys.readouterr()
    assert "24 questions of the questions of default, answered by extractive" in printed.out
    assert "answers.risk = 0.2: answers" in printed.out
    with open_collection(home, "default").snapshot() as snapshot:
        kept = snapshot.calibration()
    assert kept is not None
    assert kept.chance_of(0.95) > 0.5 > kept.chance_of(0.02)
    assert evaluate("--questions", many, "--calibrate", tmp_path / "rates.json") == 0
    assert read_calibration(tmp_path / "rates.json") == kept
    open_collection(home, "default").set_calibration(None)
    assert main(["eval", "--calibrate", "--home", str(home)]) == 2
    assert "no collection is named" in capsys.readouterr().err


def test_own_questions_are_asked_recorded_and_held_to_a_gate(
    evaluate: Eval, questions: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = tmp_path / "gate.toml"
    gate.write_text(GATE.format(0.5))
    assert evaluate("--questions", questions, "--gate", gate) == 2
    assert "Record one with --record" in capsys.readouterr().err
    assert evaluate("--questions", questions, "--record", "--json", tmp_path / "run.json") == 0
    assert "answer contains    1.000" in capsys.readouterr().out
    assert (home / "collections" / "default" / "evaluation" / "recorded.json").is_file()
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["task"] == "own questions"
    assert evaluate("--questions", questions, "--gate", gate) == 0
    assert "gate passed" in capsys.readouterr().out
    gate.write_text(GATE.format(1.5))
    assert evaluate("--questions", questions, "--gate", gate, "--record") == 1
    captured = capsys.readouterr()
    assert "below the minimum" in captured.out
    assert "not recorded" in captured.err


def test_a_collection_without_questions_says_where_they_belong(
    evaluate: Eval, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate() == 2
    assert "evaluation/questions.yaml" in capsys.readouterr().err


def test_questions_are_made_once(evaluate: Eval, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "made.yaml"
    assert evaluate("--synthesise", 5) == 2
    assert evaluate("--synthesise", 3, "--questions", made) == 0
    assert all(own.synthetic for own in read_questions(made))
    assert "3 questions in" in capsys.readouterr().out
    before = made.read_bytes()
    assert evaluate("--synthesise", 5, "--questions", made) == 2
    assert made.read_bytes() == before


def test_a_judge_that_was_never_measured_is_said_to_be_one(
    evaluate: Eval, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--questions", questions, "--judge") == 2
    assert "no model to judge" in capsys.readouterr().err
    replies = [Reply(('{"claims": ["a"]}',)), Reply(('{"verdicts": [1, 1]}',)), Reply(("I would rather not.",))]
    with model_server(*replies) as server:
        assert evaluate("--questions", questions, "--judge", "m", "--judge-url", server.base_url) == 0
    said = capsys.readouterr().out
    assert "was never measured against people" in said
    assert "faithfulness" not in said  # two verdicts for one claim, then a refusal: not judged, and never 0
