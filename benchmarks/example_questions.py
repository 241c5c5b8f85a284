"""Asks every question of examples/questions.yaml and says how many answers hold the expected words.

Usage: python benchmarks/example_questions.py [--home DIR] [--failures]

The collection `default` of the home folder must hold examples/documents (`ibid ingest examples/documents`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import yaml

from kb.records import Answer, AnswerStatus, Finished
from kb.settings import read_settings
from retriever import open_searcher
from serving.answering import answer_question
from serving.verification import LexicalVerifier

QUESTIONS = Path(__file__).parent.parent / "examples" / "questions.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--failures", action="store_true", help="print the answers that miss")
    options = parser.parse_args()
    searcher = open_searcher(read_settings(home=options.home), "default")
    questions = yaml.safe_load(QUESTIONS.read_text("utf-8"))
    items = questions["questions"] if isinstance(questions, dict) else questions
    right, refused, seconds = [], [], []
    for item in items:
        begun = time.perf_counter()
        events = answer_question(
            item["question"], searcher=searcher, catalog=searcher.catalog, verifier=LexicalVerifier()
        )
        answer = next(event.answer for event in events if isinstance(event, Finished))
        seconds.append(time.perf_counter() - begun)
        if item.get("refuse"):
            refused.append(answer.status is AnswerStatus.REFUSED)
            ok = refused[-1]
        else:
            right.append(holds(answer, item))
            ok = right[-1]
        if options.failures and not ok:
            print(f"- {item['question']}\n    wanted {item.get('answer', 'a refusal')!r}, got {answer.text!r}")
    print(f"answers with the expected words: {sum(right)} of {len(right)}")
    print(f"refusals of what must be refused: {sum(refused)} of {len(refused)}")
    print(f"median {statistics.median(seconds) * 1000:.0f} ms an answer")


def holds(answer: Answer, item: dict[str, object]) -> bool:
    """Whether a citation of the expected document holds the expected words."""
    document = str(item.get("document", ""))
    quotes = "".join("".join(c.quote for c in answer.citations if c.document.endswith(document)).lower().split())
    also = item.get("also", [])
    phrases = [item["answer"], *(also if isinstance(also, list) else [])]
    return any("".join(str(phrase).lower().split()) in quotes for phrase in phrases)


if __name__ == "__main__":
    main()
