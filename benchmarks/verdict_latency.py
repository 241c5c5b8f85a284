"""How long the last verdict of an answer takes once the model has fallen silent, without a verifying model.

    python -m benchmarks.verdict_latency --home DIR [--answers 200] [--seed 1] [--json FILE]

DIR is a home folder whose default collection holds the example documents (`ibid ingest examples/documents`). Every
question of examples/questions.yaml is asked in turn, through the one answer path. The model behind it replies with ten
sentences of the passages that it was given, half of them written otherwise or with one thing altered, each with its
marker. Two ways of arriving are measured, from the last piece that the model hands over to the last event of the
answer:

- streamed: a few characters at a time, so that all but the last sentences are judged while the model still writes;
- at once: the whole reply in one piece, so that ten sentences are narrowed, judged and placed after it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.example_questions import QUESTIONS
from benchmarks.planted_errors.alterations import KINDS
from benchmarks.planted_errors.restyling import restyle
from eval.own_questions import read_questions
from kb.ports import JsonSchema
from kb.records import Finished, Turn
from kb.settings import read_settings
from kb.text.sentences import split_sentences
from retriever import open_searcher
from serving.answering import answer_question
from serving.verification import LexicalVerifier

_SENTENCES = 10
_PIECE = 4  # characters, as models stream them
_SHORTEST, _LONGEST = 20, 320  # characters of a sentence
_PASSAGE = re.compile(r'<passage-\w+ number="(?P<number>\d+)"[^>]*>\n(?P<text>.*?)\n</passage-', re.DOTALL)


class Replying:
    """A model that replies with sentences of its passages, and knows when it fell silent."""

    name = "replying"

    def __init__(self, generator: random.Random, *, at_once: bool) -> None:
        self._generator = generator
        self._at_once = at_once
        self.silent_at = 0.0

    def stream(
        self,
        system: str,  # noqa: ARG002
        turns: Sequence[Turn],
        *,
        max_tokens: int | None = None,  # noqa: ARG002
        schema: JsonSchema | None = None,  # noqa: ARG002
    ) -> Iterator[str]:
        reply = self._reply(turns[-1].text)
        size = max(1, len(reply)) if self._at_once else _PIECE
        for start in range(0, len(reply), size):
            self.silent_at = time.perf_counter()  # the last one stays
            yield reply[start : start + size]

    def _reply(self, prompt: str) -> str:
        sentences = [
            (match["number"], match["text"][start:end])
            for match in _PASSAGE.finditer(prompt)
            for start, end in split_sentences(match["text"])
            if _SHORTEST <= end - start <= _LONGEST and "\n" not in match["text"][start:end]
        ]
        chosen = self._generator.sample(sentences, min(_SENTENCES, len(sentences)))
        return "\n".join(f"{self._said(text)} [{number}]" for number, text in chosen)

    def _said(self, sentence: str) -> str:
        if self._generator.random() < 0.5:
            return sentence
        altered = self._generator.choice(list(KINDS.values()))(sentence, (), self._generator)
        return altered or restyle(sentence, self._generator)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report: dict[str, object] = {
        "command": f"python -m benchmarks.verdict_latency --home DIR --answers {options.answers} --seed {options.seed}",
        "sentences": _SENTENCES,
        "cpus": os.cpu_count(),
    }
    for way in ("streamed", "at once"):
        report[way] = measure(options.home, options.answers, options.seed, at_once=way == "at once")
        print(f"{way}: {report[way]}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure(home: Path, answers: int, seed: int, *, at_once: bool) -> dict[str, float]:
    """Milliseconds from the model's last piece to the end of the answer."""
    settings = read_settings(home=home)
    searcher, verifier = open_searcher(settings, "default"), LexicalVerifier()
    model = Replying(random.Random(seed), at_once=at_once)
    questions = [own.question for own in read_questions(QUESTIONS)]
    spent, claims = [], 0
    place = 0
    while len(spent) < answers:
        model.silent_at = 0.0
        question = questions[place % len(questions)]
        place += 1
        events = answer_question(question, searcher=searcher, catalog=searcher.catalog, verifier=verifier, model=model)
        answer = next(event.answer for event in events if isinstance(event, Finished))
        if model.silent_at:  # else the question was refused before the model was asked
            spent.append(1000 * (time.perf_counter() - model.silent_at))
            claims += len(answer.claims)
    cuts = statistics.quantiles(spent, n=20)
    return {
        "answers": len(spent),
        "claims_an_answer": round(claims / len(spent), 1),
        "p50_ms": round(statistics.median(spent), 1),
        "p95_ms": round(cuts[18], 1),
        "max_ms": round(max(spent), 1),
    }


if __name__ == "__main__":
    main()
