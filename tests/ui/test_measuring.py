"""`ibid eval` as a person types it."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest

from eval.runs import read_run, read_runs, write_run
from tests.eval.making_runs import make_run
from tests.making import lend_models
from ui.terminal.main import main
from ui.terminal.progress import progress_of

CORPUS = [
    {"_id": "a", "title": "Library", "text": "The library opens at eight."},
    {"_id": "b", "title": "Library", "text": "It closes at ten in the evening."},
    {"_id": "c", "title": "考试", "text": "迟交作业扣百分之十。"},
]
QUERIES = [
    {"_id": "1", "text": "When does the library open?"},
    {"_id": "2", "text": "迟交作业扣多少？"},
    {"_id": "3", "text": "遲交作業扣多少？"},
]


@pytest.fixture(scope="module")
def home(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    lend_models(prepared_models, home)
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, lines in (("corpus", CORPUS), ("queries", QUERIES)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n2\tc\t1\n3\tc\t1\n")
    return folder


def run_eval(home: Path, *arguments: object) -> int:
    return main(["eval", *map(str, arguments), "--home", str(home)])


def error_of(capsys: pytest.CaptureFixture[str], home: Path, *arguments: object) -> str:
    """The one line on stderr of a command that ends with 2."""
    assert run_eval(home, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("ibid: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_set_is_measured_compared_and_reported(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, report = tmp_path / "first.json", tmp_path / "second.json", tmp_path / "report.html"
    assert run_eval(home, folder, "--mode", "lexical", "--json", first) == 0
    captured = capsys.readouterr()
    assert "nDCG@10" in captured.out
    assert "tiny: embedding 0 of 3" in captured.err
    run = read_run(first)
    assert (run.set, run.task, run.config["mode"]) == ("tiny", "retrieval", "lexical")
    assert run.metrics["MRR@10"].mean == 1
    assert run.machine["python"]
    assert run.started < read_run(first).started + "Z"

    assert run_eval(home, folder, "--compare", first, "--json", second, "--report", report, "--language", "zh") == 0
    printed = capsys.readouterr().out
    assert "mode: lexical → hybrid" in printed
    assert "3 questions in both runs" in printed
    assert "评测报告" in report.read_text(encoding="utf-8")

    compared = tmp_path / "compared.json"
    assert run_eval(home, "--compare", first, second, "--json", compared) == 0
    assert "no difference shown" in capsys.readouterr().out
    found = json.loads(compared.read_text())
    assert (found["questions"], found["metrics"]["nDCG@10"]["verdict"]) == (3, "no difference shown")
    assert run_eval(home, "--runs", first, second, "--report", report, "--language", "en") == 0
    assert "A · tiny" in report.read_text(encoding="utf-8")


def test_the_set_may_also_stand_after_the_run(home: Path, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    assert run_eval(home, folder, "--mode", "lexical", "--json", path) == 0
    assert run_eval(home, "--compare", path, folder) == 0


def test_several_sets_stand_in_one_file_and_are_compared_each_with_its_own(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    path = tmp_path / "runs.json"
    assert run_eval(home, folder, other, "--mode", "lexical", "--json", path) == 0
    assert [run.set for run in read_runs(path)] == ["tiny", "other"]
    capsys.readouterr()
    assert run_eval(home, "--compare", path, path) == 0
    assert capsys.readouterr().out.count("questions in both runs") == 2


def test_a_sample_is_drawn_and_recorded(home: Path, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    assert run_eval(home, folder, "--mode", "lexical", "--sample", 2, "--json", path) == 0
    run = read_run(path)
    assert (len(run.queries), run.config["sample"]) == (2, 2)


def test_what_was_measured_is_kept_when_the_next_set_fails(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "qrels.tsv").write_text("nonsense\n")
    path = tmp_path / "run.json"
    assert run_eval(home, folder, broken, "--mode", "lexical", "--json", path) == 2
    assert read_run(path).set == "tiny"
    assert "line 1" in capsys.readouterr().err


def test_bad_usage_is_one_clear_line(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run.json"
    write_run(run, make_run({"F1": [1.0]}))
    for arguments, said in (
        ([], "nothing is named"),
        ([folder, "--task", "poetry"], "no task 'poetry'"),
        ([tmp_path / "absent"], "is not a question set"),
        ([tmp_path], "corpus.jsonl"),
        ([folder, "--sample", "-3"], "sample of -3"),
        ([folder, "--task", "answers", "--mode", "dense"], "answers has no search mode"),
        ([folder, "--compare", tmp_path / "absent.json"], "no run file"),
        ([folder, "--compare", run, run], "2 runs are named"),
        (["--compare", run], "one run is named"),
        (["--compare", run, folder / "qrels.tsv"], "is not a run file"),
        (["--runs", run], "no report"),
        ([folder, "--runs", run, "--report", tmp_path / "r.html"], "Leave --runs or SET away"),
        ([folder, "--json", tmp_path / "absent" / "run.json"], "its folder is not there"),
        ([folder, "--report", tmp_path], "it is a folder"),
        ([folder, "--out-of-scope", folder], "retrieval mixes no sets"),
        (["-c", "law", "--task", "answers"], "a task of their own"),
        ([folder, "--record"], "no collection is named"),
        ([folder, "-c", "law"], "a set and a collection"),
        (["-c", "absent"], "no collection 'absent'"),
        (["--gate", tmp_path / "gate.toml"], "no collection is named"),
    ):
        assert said in error_of(capsys, home, *arguments), arguments


def test_runs_of_other_sets_are_not_compared(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("law", "course"):
        write_run(tmp_path / f"{name}.json", make_run({"F1": [1.0]}, name=name))
    assert "sets 'law' and 'course'" in error_of(
        capsys, home, "--compare", tmp_path / "law.json", tmp_path / "course.json"
    )
    write_run(tmp_path / "both.json", [make_run({"F1": [1.0]}, name=name) for name in ("law", "clinic")])
    assert "no set and task is in both" in error_of(
        capsys, home, "--compare", tmp_path / "both.json", tmp_path / "course.json"
    )


def test_a_collections_own_questions_are_recorded_and_held_to_a_gate(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text("Visitors park behind the gymnasium and pay four euros a day.\n押金應當在三十日內退還。\n")
    assert main(["ingest", str(rules), "-c", "rules", "--home", str(home)]) == 0
    questions = tmp_path / "questions.csv"
    questions.write_text(
        "question,answer,document\n"
        "Where do visitors park?,behind the gymnasium,rules.txt\n"
        "押金多少日内退还？,,rules.txt\n"
    )
    named = ["-c", "rules", "--questions", questions]
    path = tmp_path / "run.json"
    assert run_eval(home, *named, "--record", "--json", path) == 0
    captured = capsys.readouterr()
    assert "found@5" in captured.out
    assert "recorded as" in captured.err
    assert len(read_run(path).queries) == 2

    gate = tmp_path / "gate.toml"
    gate.write_text('[metrics."found@5"]\nmay_fall = 0.0\nminimum = 0.5\n')
    assert run_eval(home, *named, "--gate", gate, "--compare", path) == 0
    assert "gate passed" in capsys.readouterr().out
    gate.write_text('[metrics."seconds"]\nmaximum = 0.0\n')
    assert run_eval(home, *named, "--gate", gate, "--report", tmp_path / "report.html") == 1
    assert "gate failed" in capsys.readouterr().out
    assert "found@5" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_off_a_terminal_progress_is_a_line_for_each_stage() -> None:
    out = StringIO()
    with progress_of("tiny", out) as show:
        for done in range(0, 300, 100):
            show("embedding", done, 300)
        show("searching", 0, 9)
    assert out.getvalue() == "tiny: embedding 0 of 300\ntiny: searching 0 of 9\n"


def test_on_a_terminal_progress_is_a_bar() -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with progress_of("tiny", out) as show:
        show("embedding", 0, 300)
        show("embedding", 300, 300)
        show("searching", 9, 9)
    assert "tiny: searching" in out.getvalue()
    assert "9/9" in out.getvalue()
