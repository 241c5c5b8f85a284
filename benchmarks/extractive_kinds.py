"""Measures "Yes." and "No." and what is shown in bold, on the passages that are annotated for each question.

    python benchmarks/extractive_kinds.py SETS

No search takes part. Yes or no: questions of three sets whose gold answer is just that. Bold: the first sentence of the
annotated passage that holds a gold answer, for a sample of the questions of three sets.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.extractive_sets import read_lines, sampled
from eval.metrics.containment import contains
from eval.metrics.exact_match import exact_match
from eval.metrics.token_f1 import token_f1
from eval.sets import read_retrieval_set
from kb.text.sentences import split_sentences
from serving.extractive.focus import focus_of
from serving.extractive.questions import read_question
from serving.extractive.yes_no import settles

YES_NO = ("bioasq-en", "pubmedqa-en", "cail2019-mrc-zh")
BOLD = ("squad2-dev-en", "cmrc2018-zh", "drcd-zhhant")
SAMPLE = 1500


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def yes_no_questions(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Question, gold answer ("yes", "no" or "maybe") and the annotated passages of each such question."""
    judged = read_retrieval_set(folder)
    texts = {passage.id: passage.text for passage in judged.passages}
    relevant: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, passage, _ = line.split("\t")
        relevant[question].append(texts[passage])
    for text in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        gold = next((a.lower() for a in line.get("answers") or () if a.lower() in ("yes", "no", "maybe")), "")
        if gold:
            yield line["text"], gold, relevant[line["_id"]]


def measure_yes_no(folder: Path) -> dict[str, int]:
    """How many questions there are, to how many yes or no is said, and how often rightly."""
    counts = {"questions": 0, "said": 0, "right": 0}
    for text, gold, passages in yes_no_questions(folder):
        question = read_question(text)
        counts["questions"] += 1
        said = {settles(question, sentence) for passage in passages for sentence in sentences_of(passage)} - {None}
        if len(said) == 1:
            counts["said"] += 1
            counts["right"] += said == {gold == "yes"}
    return counts


def measure_bold(folder: Path) -> dict[str, dict[str, float]]:
    """For each kind of question: how many, the share with bold type, its exact match and F1."""
    texts = {passage.id: passage.text for passage in read_retrieval_set(folder).passages}
    values: dict[str, list[tuple[float, float] | None]] = defaultdict(list)
    for line in sampled([line for line in read_lines(folder) if line.answerable and line.answers], SAMPLE):
        question = read_question(line.text)
        sentence = next((s for s in sentences_of(texts[line.about]) if contains([s], line.answers)), None)
        if sentence is not None:
            span = focus_of(question, sentence)
            short = sentence[slice(*span)] if span else ""
            values[question.kind].append(
                (exact_match(short, line.answers), token_f1(short, line.answers)) if span else None
            )
    return {kind: _summary(of_kind) for kind, of_kind in values.items() if any(of_kind)}


def _summary(values: list[tuple[float, float] | None]) -> dict[str, float]:
    shown = [value for value in values if value is not None]
    exact, f1 = (sum(part) / len(shown) for part in zip(*shown, strict=True))
    share = len(shown) / len(values)
    return {"questions": len(values), "shown": round(share, 4), "exact": round(exact, 4), "f1": round(f1, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("sets", type=Path)
    sets = parser.parse_args().sets
    results: dict[str, Any] = {
        "yes or no": {name: measure_yes_no(sets / name) for name in YES_NO},
        "bold": {name: measure_bold(sets / name) for name in BOLD},
    }
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
