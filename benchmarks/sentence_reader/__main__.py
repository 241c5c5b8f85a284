"""Does a model that reads question and sentence together choose better, and refuse better, than words and cosines?

    python -m benchmarks.sentence_reader train SETS --half 0 --logits FILE0    (an hour on one core)
    python -m benchmarks.sentence_reader train SETS --half 1 --logits FILE1    (both may run at once)
    python -m benchmarks.sentence_reader report SETS --logits FILE0 FILE1

It was tried and is not in the product: docs/decisions/0004-extractive-answers.md, "A model that reads both". SETS is a
folder of question sets as for `benchmarks/extractive_answers.py`. The reader learns from the questions of squad2-dev-en
whose documents are in one half by a hash of their title, and reads those of the other half, whose logits are written.

`report` weighs the logits beside the 51 features of words and meaning, and beside the evidence for an answer. What
weighs them is fitted on each half with the reader that learnt from the other, so that nothing is told of what was
learnt by heart, and measured on the half that it has not seen.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]  # has no types

from benchmarks.extractive_fitting import EVIDENCE_OF, FREE, Featured, fit_sentences, sign_of, table_of
from benchmarks.extractive_sets import Library
from benchmarks.sentence_reader.questions import Known, known_questions, of_half
from eval.metrics.risk_coverage import area_under_roc
from serving.extractive.alike import ALIKE_NAMES
from serving.extractive.evidence import EVIDENCE_NAMES
from serving.extractive.features import FEATURE_NAMES, Matrix

READ_NAMES = ("read", "read_behind", "most_read")  # the logit, how far behind the highest it is, whether it is that
BEHIND_LOWEST = 1.0  # of the lowest logit: where those lie that were not read
RIDGE = 1e-3  # as in the fit of the evidence

Read = dict[str, tuple[list[int], list[float]]]  # places and logits, by the question


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("task", choices=("train", "report"))
    parser.add_argument("sets", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), default=0, help="of the documents to learn from")
    parser.add_argument("--logits", type=Path, nargs="+", required=True)
    parser.add_argument("--sample", type=int, default=0, help="so many questions of each kind, to try it")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "ibid-benchmarks")
    arguments = parser.parse_args()
    questions = known_questions(Library(arguments.sets, arguments.cache), arguments.sample)
    if arguments.task == "report":
        report(questions, [json.loads(path.read_text(encoding="utf-8")) for path in arguments.logits])
        return
    from benchmarks.sentence_reader.training import Reader

    reader = Reader(arguments.half)
    reader.learn(of_half(questions, arguments.half))
    read = {key_of(known): reader.read(known) for known in of_half(questions, 1 - arguments.half)}
    arguments.logits[0].write_text(json.dumps(read), encoding="utf-8")


def key_of(known: Known) -> str:
    """A question may be asked twice: of passages that answer it and of others."""
    return f"{known.answerable} {known.text}"


def report(questions: Sequence[Known], logits: Sequence[Read]) -> None:
    """Prints what the logits add, for each half; `logits[h]` are those of the reader that learnt from half h."""
    read = {**logits[0], **logits[1]}
    rows = {key_of(known): reading_of(known, read[key_of(known)]) for known in questions}
    for half in (0, 1):
        fitted, held = of_half(questions, half), of_half(questions, 1 - half)
        answerable = [known for known in held if known.answerable]
        alone = {key_of(known): rows[key_of(known)][:, 0] for known in held}
        told = ", ".join(
            f"first {k} {np.mean([holds(known, alone[key_of(known)], k) for known in answerable]):.4f}" for k in (1, 2)
        )
        highest = np.array([alone[key_of(known)].max() for known in held])
        auroc = area_under_roc(highest, np.array([known.answerable for known in held]))
        print(f"half {1 - half}, the reader alone: {told}; AUROC of its highest logit {auroc or 0.0:.4f}")
        for with_reader in (False, True):
            scores = fitted_scores(fitted, held, rows, with_reader=with_reader)
            shares = {
                f"first {k}": np.mean([holds(known, scores[key_of(known)], k) for known in answerable])
                for k in (1, 2, 3)
            }
            auroc = confidence(fitted, held, rows, with_reader=with_reader)
            told = ", ".join(f"{name} {share:.4f}" for name, share in shares.items())
            label = "and read" if with_reader else "words and meaning"
            print(f"half {1 - half}, {len(answerable)} answerable, {label}: {told}; AUROC of an answer {auroc:.4f}")


def reading_of(known: Known, read: tuple[list[int], list[float]]) -> Matrix:
    """Features named by READ_NAMES for each sentence, shape (sentences, 3)."""
    places, logits = read
    filled = np.full(len(known.scores), min(logits) - BEHIND_LOWEST)
    filled[places] = logits
    behind = filled - filled.max()
    return np.column_stack([filled, behind, behind == 0.0])


def holds(known: Known, scores: Matrix, most: int) -> bool:
    """Whether one of the sentences that stand best holds a gold answer."""
    return bool(known.right[np.argsort(-scores, kind="stable")[:most]].any())


def fitted_scores(
    fitted: Sequence[Known], held: Sequence[Known], rows: dict[str, Matrix], *, with_reader: bool
) -> dict[str, Matrix]:
    """The scores of the held questions' sentences by weights fitted to the others."""
    names = (*FEATURE_NAMES, *ALIKE_NAMES, *(READ_NAMES if with_reader else ()))

    def columns(known: Known) -> Matrix:
        return np.hstack([known.features, rows[key_of(known)]]) if with_reader else known.features

    data = [Featured(columns(known), known.right) for known in fitted if known.right.any()]
    weights = table_of(fit_sentences(data, names), names)
    return {key_of(known): columns(known) @ weights + known.rules for known in held}


def confidence(fitted: Sequence[Known], held: Sequence[Known], rows: dict[str, Matrix], *, with_reader: bool) -> float:
    """How well the evidence, fitted to one half, tells answerable questions of the other from unanswerable ones."""
    names: tuple[str, ...] = EVIDENCE_OF["latin"]["latin"]
    places = [EVIDENCE_NAMES.index(name) for name in names]

    def row(known: Known) -> Matrix:
        reading = rows[key_of(known)][:, 0]
        return np.append(known.evidence[places], [reading[known.order[:2]].max(), reading.max()])

    kept = len(names) + (2 if with_reader else 0)
    before, after = (np.array([row(known) for known in part])[:, :kept] for part in (fitted, held))
    signs = np.array([1.0 if known.answerable else -1.0 for known in fitted])
    scale = before.std(axis=0) + 1e-6
    before = np.hstack([before / scale, np.ones((len(before), 1))])

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        margins = np.clip(signs * (before @ weights), -50, 50)
        slope = before.T @ (-signs / (1 + np.exp(margins))) / len(signs)
        return float(np.logaddexp(0, -margins).mean() + RIDGE * weights @ weights), slope + 2 * RIDGE * weights

    bounds: list[Any] = [*map(sign_of, names), *[(0.0, None)] * (kept - len(names)), FREE]
    weights = minimize(loss, np.zeros(kept + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    told = area_under_roc(after / scale @ weights[:-1], np.array([known.answerable for known in held]))
    return float(told or 0.0)


if __name__ == "__main__":
    main()
