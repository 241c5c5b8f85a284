"""How long the last verdict of an answer takes once the model has fallen silent, without a verifying model.

    python -m benchmarks.verdict_latency --home DIR [--answers 200] [--seed 1] [--json FILE]

Measured are the verifiers that need no model of their own: "packaged", which is the default, and "words".

DIR is a home folder whose default collection holds the example documents (`ibid ingest examples/documents`). The
questions of examples/questions.yaml are asked in turn, through the one answer path. The model behind it replies with
ten sentences of the passages that it was given, half of them written otherwise or with one thing altered, each with
its marker; shorter answers are not counted. Two ways of arriving are measured, from the last piece that the model
hands over to the verdict on its last sentence (what other documents say otherwise is looked for after that):

- streamed: a few characters at a time, so that all but the last sentences are judged while the model still writes;
- at once: the whole reply in one piece, so that ten sentences are narrowed, judged and placed after it.

Both are given by the clock and in CPU time of the process, which other programs on the machine hardly change.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.example_questions import QUESTIONS
from benchmarks.planted_errors.alterations import KINDS
from benchmarks.planted_errors.restyling import restyle
from eval.own_questions import read_questions
from kb.ports import JsonSchema
from kb.records import Claimed, Turn
from kb.settings import read_settings
from kb.text.sentences import split_sentences
from retriever import open_searcher
from serving.answering import answer_question
from serving.markers import without_markers
from serving.verifiers import open_early, verifier_of

_SENTENCES = 10
_PIECE = 4  # characters, as models stream them
_SHORTEST, _LONGEST = 12, 320  # characters of a sentence
_PASSAGE = re.compile(r'<passage-\w+ number="(?P<number>\d+)"[^>]*>\n(?P<text>.*?)\n</passage-', re.DOTALL)


class Replying:
    """A model that replies with sentences of its passages, and knows when it fell silent."""

    name = "replying"

    def __init__(self, generator: random.Random, *, at_once: bool) -> None:
        self._generator = generator
        self._at_once = at_once
        self.reply = ""
        self.silent_at = _now()

    def stream(
        self,
        system: str,  # noqa: ARG002
        turns: Sequence[Turn],
        *,
        max_tokens: int | None = None,  # noqa: ARG002
        schema: JsonSchema | None = None,  # noqa: ARG002
    ) -> Iterator[str]:
        self.reply = self._made_of(turns[-1].text)
        size = max(1, len(self.reply)) if self._at_once else _PIECE
        for start in range(0, len(self.reply), size):
            self.silent_at = _now()  # the last one stays
            yield self.reply[start : start + size]

    def _made_of(self, prompt: str) -> str:
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
    for kind in ("packaged", "words"):
        for way in ("streamed", "at once"):
            figures = measure(options.home, kind, options.answers, options.seed, at_once=way == "at once")
            report[f"{kind}, {way}"] = figures
            print(f"{kind}, {way}: {figures}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure(home: Path, kind: str, answers: int, seed: int, *, at_once: bool) -> dict[str, float]:
    """Milliseconds from the model's last piece to the verdict on its last sentence."""
    settings = read_settings(home=home)
    searcher = open_searcher(settings, "default")
    verifier = verifier_of(replace(settings, verifier=replace(settings.verifier, kind=kind)))
    open_early(verifier)
    model = Replying(random.Random(seed), at_once=at_once)
    spent: list[_Moment] = []
    for question in itertools.cycle([own.question for own in read_questions(QUESTIONS)]):
        judged = 0
        last = _now()
        model.reply = ""
        for event in answer_question(
            question, searcher=searcher, catalog=searcher.catalog, verifier=verifier, model=model
        ):
            if isinstance(event, Claimed) and without_markers(event.claim.text).strip() in without_markers(model.reply):
                judged += 1
                last = _now()
        if judged >= _SENTENCES:
            spent.append(_Moment(*(1000 * (end - start) for end, start in zip(last, model.silent_at, strict=True))))
        if len(spent) == answers:
            break
    return {
        "answers": len(spent),
        **_figures("ms", [one.clock for one in spent]),
        **_figures("cpu_ms", [one.cpu for one in spent]),
    }


def _figures(unit: str, values: list[float]) -> dict[str, float]:
    return {
        f"p50_{unit}": round(statistics.median(values), 1),
        f"p95_{unit}": round(statistics.quantiles(values, n=20)[18], 1),
        f"max_{unit}": round(max(values), 1),
    }


class _Moment(NamedTuple):
    """Seconds by the clock, and those that this process has computed."""

    clock: float
    cpu: float


def _now() -> _Moment:
    return _Moment(time.perf_counter(), time.process_time())


if __name__ == "__main__":
    main()
