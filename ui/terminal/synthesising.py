"""`ibid eval --collection NAME --synthesise N --questions FILE`: questions from a collection's own passages."""

from __future__ import annotations

import argparse
import sys

from kb.errors import UsageError
from kb.settings import Settings
from ui.terminal.progress import progress_of


def synthesise_questions(options: argparse.Namespace, settings: Settings) -> int:
    """Makes questions and writes them to the named file, which must not be there yet; 1 where none could be made."""
    from eval.own_questions import write_questions
    from eval.synthetic import synthesise

    path = options.questions
    if path is None:
        raise UsageError("it is not said where the questions go", advice="Add --questions FILE.yaml")
    if path.exists():
        raise UsageError(f"{path} is there already", "somebody may have worked on it", "Name another file")
    with progress_of(settings.collection) as progress:
        made = synthesise(settings, settings.collection, options.synthesise, seed=options.seed, progress=progress)
    for reason, number in made.fallen.items():
        print(f"ibid: candidates left out, {reason}: {number}", file=sys.stderr)
    if not made.questions:
        print("ibid: no question could be made of this collection", file=sys.stderr)
        return 1
    write_questions(path, made.questions)
    by_kind: dict[str, int] = {}
    for own in made.questions:
        by_kind[own.tags[0]] = by_kind.get(own.tags[0], 0) + 1
    kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(by_kind.items()))
    print(f"{len(made.questions)} questions in {path} ({kinds})")
    return 0
