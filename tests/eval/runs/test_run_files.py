import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from eval.records import QuestionResult, Run
from eval.runs import describe_machine, read_run, read_runs, run_json, stamped, write_run
from eval.statistics.intervals import Interval
from kb.errors import IbidError, NotFoundError, UsageError
from tests.eval.making_runs import make_run


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    details = {"top": ["a", "b"], "answer": "八点。「圖書館」", "group": "course"}
    run = make_run({"nDCG@10": [1, 0.5], "confidence": [0.9, 0.1]}, details=details, without_mean=["confidence"])
    run = stamped(run, "2026-11-22T12:00:00+00:00")
    write_run(tmp_path / "run.json", run)
    assert read_run(tmp_path / "run.json") == run
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_run_file_has_what_the_interface_promises() -> None:
    content = run_json(make_run({"nDCG@10": [1, 0.5]}, details={"top": ["a"]}))
    assert {"set", "task", "config", "metrics", "queries"} <= content.keys()
    assert content["metrics"]["nDCG@10"].keys() == {"mean", "low", "high"}
    assert content["queries"][1] == {
        "id": "q1",
        "question": "When does the library open?",
        "nDCG@10": 0.5,
        "top": ["a"],
    }


def test_a_metric_that_no_question_defines_stays_undefined(tmp_path: Path) -> None:
    run = replace(make_run({"F1": [1.0]}), metrics={"F1": Interval(1, 1, 1), "EM": Interval(*[math.nan] * 3)})
    write_run(tmp_path / "run.json", run)
    assert "NaN" not in (tmp_path / "run.json").read_text()
    assert math.isnan(read_run(tmp_path / "run.json").metrics["EM"].mean)


def test_half_a_surrogate_pair_in_a_question_does_no_harm(tmp_path: Path) -> None:
    write_run(tmp_path / "run.json", make_run({"F1": [1.0]}, question="broken \ud83d"))
    assert read_run(tmp_path / "run.json").queries[0].question.startswith("broken ")


def test_several_runs_stand_in_one_file(tmp_path: Path) -> None:
    runs = [make_run({"F1": [1.0]}, name=name) for name in ("one", "two")]
    write_run(tmp_path / "runs.json", runs)
    assert [run.set for run in read_runs(tmp_path / "runs.json")] == ["one", "two"]
    with pytest.raises(UsageError, match="holds 2 runs"):
        read_run(tmp_path / "runs.json")


def test_a_run_file_of_an_earlier_ibid_is_read(tmp_path: Path) -> None:
    old = {
        "set": "tiny",
        "task": "retrieval",
        "config": {"mode": "hybrid"},
        "metrics": {"MRR@10": {"mean": 1.0, "low": 1.0, "high": 1.0}},
        "queries": [{"id": "1", "MRR@10": 1.0, "top": ["a"]}],
    }
    (tmp_path / "old.json").write_text(json.dumps(old))
    run = read_run(tmp_path / "old.json")
    assert run.queries == (QuestionResult("1", "", {"MRR@10": 1.0}, {"top": ["a"]}),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not a run file"),
        ("{broken", "is not a run file"),
        ("3", "is not a run file"),
        ('{"set": "tiny"}', "'metrics' is missing"),
        ('{"set": "s", "task": "t", "config": {}, "metrics": {"a": 3}, "queries": []}', "is not a run file"),
        ('{"set": "s", "task": "t", "config": {}, "metrics": {"a": {"mean": 1}}, "queries": []}', "'low' is missing"),
        ('{"set": "s", "task": "t", "config": {}, "metrics": {}, "queries": [{"text": 1}]}', "'id' is missing"),
        ('{"set": "s", "task": "t", "config": {}, "metrics": {}, "queries": [{"id": 1}, {"id": "1"}]}', "same id"),
        ('{"set": "s", "task": "t", "config": 7, "metrics": {}, "queries": []}', "is not a run file"),
    ],
)
def test_what_is_wrong_with_a_run_file_is_said(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError, match=said):
        read_runs(tmp_path / "run.json")


def test_a_file_that_is_no_text_and_one_that_is_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"run\.json is not a run file"):
        read_run(tmp_path / "run.json")
    with pytest.raises(NotFoundError, match=r"no run file .*absent\.json"):
        read_run(tmp_path / "absent.json")
    with pytest.raises(IbidError, match="cannot read"):
        read_run(tmp_path)


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_run(tmp_path / "absent" / "run.json", make_run({"F1": [1.0]}))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        write_run(tmp_path / "folder", make_run({"F1": [1.0]}))
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_detail_with_the_name_of_a_value_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="F1"):
        run_json(make_run({"F1": [1.0]}, details={"F1": "?"}))


def test_a_stamp_says_when_and_on_what_and_is_not_given_twice() -> None:
    run: Run = make_run({"F1": [1.0]})
    first = stamped(run)
    assert first.machine == describe_machine()
    assert {"system", "processor", "cores", "memory_gib", "python", "ibid"} == first.machine.keys()
    assert first.started.endswith("+00:00")
    assert stamped(replace(first, machine={"system": "another"}), "later").started == first.started
    assert stamped(replace(first, machine={"system": "another"})).machine == {"system": "another"}
