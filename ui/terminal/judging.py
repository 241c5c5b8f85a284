"""`ibid eval … --judge`: a language model's verdicts on the answers, with how far it agrees with people."""

from __future__ import annotations

import argparse
from dataclasses import replace

from eval.judging import Judge, judge_run, keep_agreements, measure_judge, open_judge, read_agreements
from eval.records import Run
from kb.settings import Settings
from ui.terminal.progress import progress_of


def judge_of(options: argparse.Namespace, settings: Settings) -> Judge | None:
    """The judge that was asked for, if any.

    Raises:
        SettingsError: no model server is named.
    """
    return None if options.judge is None else open_judge(settings, options.judge, options.judge_url)


def judged(run: Run, judge: Judge, options: argparse.Namespace, settings: Settings) -> Run:
    """The run with the judge's scores; the judge's agreement with people is in its configuration."""
    lines = _agreement_lines(judge, options, settings)
    with progress_of(judge.name) as progress:
        run = judge_run(run, judge, progress)
    return replace(run, config={**run.config, "judge agreement": lines})


def agreement_lines(run: Run) -> list[str]:
    """What to print next to the scores."""
    return [f"judge: {line}" for line in run.config.get("judge agreement", ())]


def _agreement_lines(judge: Judge, options: argparse.Namespace, settings: Settings) -> list[str]:
    if options.judge_sets:
        with progress_of(judge.name) as progress:
            measured = measure_judge(settings, options.judge_sets, options.judge_sample, judge=judge, progress=progress)
        if any(agreement.judged for agreement in measured):
            keep_agreements(settings.home, measured)
        return [agreement.line() for agreement in measured]
    known = read_agreements(settings.home, judge.name)
    if not known:
        return [f"{judge.name} was never measured against people; measure it with --judge-sets DIR before you trust it"]
    return [agreement.line() for agreement in known]
