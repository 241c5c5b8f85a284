"""`ibid eval`: question sets or a person's own questions measured, runs compared, reports written."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.records import Run
from eval.runs import (
    Comparison,
    compare_runs,
    comparison_json,
    comparison_table,
    moment,
    read_runs,
    run_table,
    stamped,
    write_json,
    write_run,
)
from kb.errors import UsageError
from kb.settings import Settings
from ui.terminal.progress import progress_of

TASKS = ("retrieval", "answers", "citations", "abstention", "parsing", "latency")

_IN_THE_COLLECTION = Path()  # --calibrate without a file

_HELP = "`ibid eval --help` says the rest"


def evaluate(options: argparse.Namespace, settings: Settings) -> int:
    """Measures what was named, compares and reports as asked; 1 where a gate fails, otherwise 0."""
    _settle(options)
    if options.synthesise is not None:
        from ui.terminal.synthesising import synthesise_questions

        return synthesise_questions(options, settings)
    if options.calibrate is not None:
        from ui.terminal.calibrating import calibrate

        return calibrate(options, settings, None if options.calibrate == _IN_THE_COLLECTION else options.calibrate)
    earlier = [run for path in options.compare for run in read_runs(path)]  # read first: measuring may take an hour
    status = 0
    if options.sets:
        runs = _measure_sets(options, settings)
        comparisons = _compare_with(runs, earlier) if options.compare else []
    elif options.own:
        from ui.terminal.own_questions import measure_own_questions

        run, status = measure_own_questions(options, settings)
        runs, comparisons = [run], _compare_with([run], earlier) if options.compare else []
    else:
        runs = [run for path in options.runs for run in read_runs(path)]
        first, second = (read_runs(path) for path in options.compare) if options.compare else ((), ())
        comparisons = _compare_with(second, first) if options.compare else []
        runs = runs or [*first, *second]
    _write_files(options, runs, comparisons)
    for comparison in comparisons:
        print(comparison_table(comparison), flush=True)
    return status


def _settle(options: argparse.Namespace) -> None:
    """Puts folders among the runs where they belong, and refuses what makes no sense before anything is measured."""
    options.sets = [*options.sets, *(path for path in options.compare if path.is_dir())]
    options.compare = [path for path in options.compare if not path.is_dir()]
    options.own = options.collection is not None
    for path in (options.json, options.report, options.calibrate):
        if path not in (None, _IN_THE_COLLECTION) and (path.is_dir() or not path.absolute().parent.is_dir()):
            why = "it is a folder" if path.is_dir() else "its folder is not there"
            raise UsageError(f"cannot write {path}", why, "Name a file in a folder that is there")
    for wrong, why, advice in _contradictions(options):
        if wrong:
            raise UsageError("ibid eval cannot do this", why, advice)


def _contradictions(options: argparse.Namespace) -> list[tuple[bool, str, str]]:
    measured = bool(options.sets) or options.own
    owned = options.gate or options.record or options.questions or options.synthesise is not None
    owned = owned or options.judge is not None
    owned = owned or options.calibrate == _IN_THE_COLLECTION
    mixed = options.out_of_scope is not None and options.calibrate is None
    task, compared = options.task, len(options.compare)
    return [
        (task not in TASKS, f"there is no task {task!r}", f"Tasks: {', '.join(TASKS)}"),
        (options.sample < 0, f"a sample of {options.sample} questions cannot be drawn", "Use a positive number"),
        (bool(options.sets) and options.own, "a set and a collection are named", "Measure one after the other"),
        (bool(owned) and not options.own, "no collection is named", "Add --collection NAME"),
        (bool(options.mode) and task != "retrieval", f"{task} has no search mode", "Leave --mode away"),
        (mixed and task != "abstention", f"{task} mixes no sets", "Add --task abstention"),
        (options.own and task != TASKS[0], "own questions are a task of their own", "Leave --task away"),
        (bool(options.runs) and measured, "runs are named and something to measure", "Leave --runs or SET away"),
        (bool(options.runs) and not options.report, "runs are named and no report", "Add --report FILE.html"),
        (measured and compared > 1, f"{compared} runs are named to compare with", "Name one"),
        (not measured and compared not in (0, 2), "one run is named to compare", "Name two runs, or a SET as well"),
        (not (measured or compared or options.runs), "nothing is named", f"Name a SET or a collection; {_HELP}"),
    ]


def _measure_sets(options: argparse.Namespace, settings: Settings) -> list[Run]:
    for folder in options.sets:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a question set", "it is no folder", "Name a folder with queries.jsonl")
    measure = _task_function(options.task)
    runs = []
    for folder in options.sets:
        chosen = {"part": options.part, "sample": options.sample, **_of_this_task(options)}
        started = moment()
        with progress_of(folder.name) as progress:
            run = measure(folder, settings, cache=settings.home / "cache", progress=progress, **chosen)
        runs.append(stamped(run, started))
        _write_json(options, runs)  # after each set: what is measured is kept, whatever happens to the next one
        print(run_table(run), flush=True)
    return runs


def _task_function(task: str) -> Callable[..., Run]:
    """The function that measures `task`; only its own module is imported."""
    function: Callable[..., Run] = getattr(importlib.import_module(f"eval.tasks.{task}"), f"evaluate_{task}")
    return function


def _of_this_task(options: argparse.Namespace) -> dict[str, object]:
    """Arguments that one task alone understands."""
    if options.task == "retrieval":
        from retriever import SearchMode

        return {"mode": SearchMode(options.mode or "hybrid")}
    return {"out_of_scope": options.out_of_scope} if options.out_of_scope else {}


def _compare_with(runs: Sequence[Run], earlier: Sequence[Run]) -> list[Comparison]:
    """Each run against the one of the same set and task among the earlier ones."""
    if len(runs) == len(earlier) == 1:
        return [compare_runs(earlier[0], runs[0])]
    before = {(run.set, run.task): run for run in earlier}
    pairs = [(before[run.set, run.task], run) for run in runs if (run.set, run.task) in before]
    if not pairs:
        raise UsageError("the runs cannot be compared", "no set and task is in both", f"Both have: {_named(earlier)}")
    return [compare_runs(one, other) for one, other in pairs]


def _named(runs: Sequence[Run]) -> str:
    return ", ".join(f"{run.set} ({run.task})" for run in runs) or "nothing"


def _write_json(options: argparse.Namespace, runs: Sequence[Run]) -> None:
    if options.json:
        write_run(options.json, runs[0] if len(runs) == 1 else runs)


def _write_files(options: argparse.Namespace, runs: Sequence[Run], comparisons: Sequence[Comparison]) -> None:
    if options.json and comparisons and not (options.sets or options.own):
        found = [comparison_json(comparison) for comparison in comparisons]
        write_json(options.json, found[0] if len(found) == 1 else found)
    else:
        _write_json(options, runs)
    if options.report:
        from eval.report import write_report

        write_report(options.report, runs, comparisons, language=options.language)
