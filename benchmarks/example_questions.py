"""Asks every question of examples/questions.yaml and says how many answers hold the expected words.

Usage: python benchmarks/example_questions.py [--home DIR] [--failures]

The collection `default` of the home folder must hold examples/documents (`ibid ingest examples/documents`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from eval.own_questions import OwnQuestion, read_questions
from eval.own_questions.scoring import is_document
from kb.records import Answer, AnswerStatus, Finished
from kb.settings import read_settings
from retriever import open_searcher
from serving.answering import answer_question
from serving.verifiers import verifier_of

QUESTIONS = Path(__file__).parent.parent / "examples" / "questions.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--failures", action="store_true", help="print the answers that miss")
    options = parser.parse_args()
    settings = read_settings(home=options.home)
    searcher = open_searcher(settings, "default")
    verifier = verifier_of(settings, open_embedder=lambda: searcher.embedder)
    right, refused, seconds = [], [], []
    for own in read_questions(QUESTIONS):
        begun = time.perf_counter()
        events = answer_question(own.question, searcher=searcher, catalog=searcher.catalog, verifier=verifier)
        answer = next(event.answer for event in events if isinstance(event, Finished))
        seconds.append(time.perf_counter() - begun)
        if own.must_refuse:
            refused.append(answer.status is AnswerStatus.REFUSED)
            ok = refused[-1]
        else:
            right.append(holds(answer, own))
            ok = right[-1]
        if options.failures and not ok:
            print(f"- {own.question}\n    wanted {own.answers or 'a refusal'!r}, got {answer.text!r}")
    print(f"answers with the expected words: {sum(right)} of {len(right)}")
    print(f"refusals of what must be refused: {sum(refused)} of {len(refused)}")
    print(f"median {statistics.median(seconds) * 1000:.0f} ms an answer")


def holds(answer: Answer, own: OwnQuestion) -> bool:
    """Whether a citation of the expected document holds the expected words."""
    cited = "".join(citation.quote for citation in answer.citations if is_document(citation.document, own.document))
    quotes = "".join(cited.lower().split())
    return any("".join(phrase.lower().split()) in quotes for phrase in own.answers)


if __name__ == "__main__":
    main()
