"""`ibid eval --collection NAME`: a person's own questions about a collection, its recorded run and its gate."""

from __future__ import annotations

import argparse
import sys

from eval.records import Run
from kb.settings import Settings
from ui.terminal.progress import progress_of


def measure_own_questions(options: argparse.Namespace, settings: Settings) -> tuple[Run, int]:
    """Asks the collection its questions, prints the figures, keeps the run where asked to, holds it to the gate.

    Returns:
        The run, and the exit status: 1 where the gate fails.
    """
    from eval.own_questions import (
        check_comparable,
        check_gate,
        evaluate_collection,
        find_questions,
        read_gate,
        read_questions,
        read_recorded,
        record_run,
    )
    from eval.own_questions.printing import gate_lines, run_lines
    from eval.sets import take_sample
    from ui.terminal.judging import agreement_lines, judge_of, judged

    name = settings.collection
    questions = read_questions(options.questions or find_questions(settings.home, name))
    gate = read_gate(options.gate) if options.gate else None
    recorded = read_recorded(settings.home, name) if gate else None
    if gate:
        check_comparable(gate, recorded)
    judge = judge_of(options, settings)
    with progress_of(name) as progress:
        run = evaluate_collection(settings, name, take_sample(questions, options.sample), progress)
    if judge:
        run = judged(run, judge, options, settings)
    print("\n".join([*run_lines(run), *agreement_lines(run)]), flush=True)
    status = 0
    if gate:
        report = check_gate(gate, run, recorded)
        print("\n".join(gate_lines(report)))
        status = 0 if report.passed else 1
    if options.record and status:
        print("ibid: not recorded, since the gate failed", file=sys.stderr)
    elif options.record:
        print(f"ibid: recorded as {record_run(settings.home, name, run)}", file=sys.stderr)
    return run, status
