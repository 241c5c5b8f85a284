"""`ibid eval … --calibrate`: from the confidence of answers to the chance that they are right."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from eval.calibrating import Fit
from kb.errors import UsageError
from kb.settings import Settings
from ui.terminal.progress import progress_of

_RISKS = (0.02, 0.05, 0.1, 0.2)  # shares of wrong answers that people ask for


def calibrate(options: argparse.Namespace, settings: Settings, file: Path | None) -> int:
    """Fits a calibration to a set's questions or a collection's own; into `file` or, without one, the collection."""
    fit = _fit_of_collection(options, settings) if options.own else _fit_of_sets(options, settings)
    print("\n".join(fit_lines(fit)))
    if file is not None:
        from eval.runs import write_json

        write_json(file, asdict(fit.calibration))
        print(f"ibid: written to {file}; answers.calibration names it", file=sys.stderr)
    else:
        from kb.catalog.collections import open_collection

        with closing(open_collection(settings.home, settings.collection)) as catalog:
            catalog.set_calibration(fit.calibration)
        print(f"ibid: kept in {settings.collection!r}; its answers tell this chance from now on", file=sys.stderr)
    return 0


def fit_lines(fit: Fit) -> list[str]:
    """How good confidence was and is, and what each risk would cost."""
    known = fit.calibration
    wrong = "" if fit.auroc is None else f"; AUROC {fit.auroc:.3f}"
    lines = [
        f"{known.questions} questions of {known.fitted_on}, answered by {known.answered_by}",
        f"calibration error {fit.error_before:.3f} → {fit.error:.3f}, Brier {fit.brier_before:.3f} →"
        f" {fit.brier:.3f}{wrong} (on parts that were not fitted on)",
    ]
    for risk in _RISKS:
        least = known.answer_from(risk)
        steps = [step for step in known.steps if step.chance >= least]
        told = f"answers {steps[-1].coverage:.0%}, from a chance of {least:.2f} on" if steps else "answers nothing"
        lines.append(f"answers.risk = {risk:g}: {told}")
    return lines


def _fit_of_sets(options: argparse.Namespace, settings: Settings) -> Fit:
    from eval.calibration_runs import fit_outcomes, outcomes_of_set
    from kb.chat.openai_compatible import open_chat_model

    model = open_chat_model(settings.model)
    outcomes = []
    for folder in options.sets:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a question set", "it is no folder", "Name a folder with queries.jsonl")
        chosen = {"part": options.part, "sample": options.sample, "out_of_scope": options.out_of_scope}
        with progress_of(folder.name) as progress:
            outcomes += outcomes_of_set(
                folder, settings, cache=settings.home / "cache", model=model, progress=progress, **chosen
            )
    names = ", ".join(folder.name for folder in options.sets)
    return fit_outcomes(outcomes, fitted_on=names, **({"answered_by": model.name} if model else {}))


def _fit_of_collection(options: argparse.Namespace, settings: Settings) -> Fit:
    from eval.calibration_runs import fit_outcomes, outcomes_of_collection
    from eval.own_questions import find_questions, read_questions
    from eval.sets import take_sample

    name = settings.collection
    questions = take_sample(read_questions(options.questions or find_questions(settings.home, name)), options.sample)
    with progress_of(name) as progress:
        outcomes, answered_by = outcomes_of_collection(settings, name, questions, progress)
    return fit_outcomes(outcomes, answered_by=answered_by, fitted_on=f"the questions of {name}")
