"""How well a verifier tells claims made of questions and their answers from ones that are wrong: Chinese and English.

Usage: python -m benchmarks.made_claims --sets DIR [--verifier KIND] [--each 200] [--seed 1]

People's judgements of sentences (benchmarks/verifiers.py) are in English. For Chinese, and for both languages alike,
claims are made here of question sets: the answer in the place of the question's wh-word. True: beside its own passage.
Wrong: beside another passage on the same title that shares most words with it; and with another question's answer from
the same passage in it, beside that passage, where every word of the claim may stand.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from kb.records import Verdict
from kb.settings import read_settings
from serving.extractive.terms import read_terms
from serving.verifiers import verifier_of

_SETS = ("squad2-dev-en", "xquad-en", "cmrc2018-zh", "drcd-zhhant", "xquad-zh")
# "Who leads" and "What is" can be turned by putting the answer first; "What did she" cannot.
_ENGLISH = re.compile(
    r"^(?:what|who|which (?:\w+ ){1,2}?)(?= ?(?:is|was|are|were|has|had|can|\w+ed|\w+s)\b)", re.IGNORECASE
)
_CHINESE = re.compile(r"(?:什[么麼]|甚[么麼]|谁|誰|哪[里裡裏]|何[处處时時]|哪[一]?[个個位年些]|多少(?=[^\w]*$))")
_NEIGHBOURS = 30  # passages looked at for the nearest of the same title, or of the neighbourhood where each has its own


class Claim(NamedTuple):
    """A claim beside a passage; `kind` is "true", "other passage" or "other answer"."""

    kind: str
    text: str
    passage: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--verifier", default="", help="a kind of verifier; the settings' one where not given")
    parser.add_argument("--each", type=int, default=200, help="questions of each set")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    settings = read_settings()
    chosen = replace(settings.verifier, kind=options.verifier or settings.verifier.kind)
    verifier = verifier_of(replace(settings, verifier=chosen))
    print("| set | claims of each kind | supported: true | other passage | other answer | balanced accuracy |")
    print("|---|---|---|---|---|---|")
    for name in _SETS:
        claims = list(make_claims(options.sets / name, options.each, options.seed))
        supported = [verifier.verify(one.text, [one.passage]).verdict is Verdict.SUPPORTED for one in claims]
        shares = [
            sum(said for said, one in zip(supported, claims, strict=True) if one.kind == kind) * 3 / len(claims)
            for kind in ("true", "other passage", "other answer")
        ]
        balanced = (shares[0] + 1 - (shares[1] + shares[2]) / 2) / 2
        print(f"| {name} | {len(claims) // 3} | " + " | ".join(f"{share:.3f}" for share in (*shares, balanced)) + " |")


def make_claims(folder: Path, each: int, seed: int) -> Iterator[Claim]:
    """Three claims of each of at most `each` questions, drawn always alike."""
    passages = {line["_id"]: line for line in _lines(folder / "corpus.jsonl")}
    places = {name: place for place, name in enumerate(passages)}
    questions = [line for line in _lines(folder / "queries.jsonl") if line["answerable"] and line["answers"]]
    answers: dict[str, list[str]] = {}
    for line in questions:
        answers.setdefault(line["about"], []).append(line["answers"][0])
    random.Random(seed).shuffle(questions)
    made = 0
    for line in questions:
        answer, own = line["answers"][0], passages[line["about"]]
        true = _claim(line["text"], answer)
        others = [other for other in answers[line["about"]] if other not in answer and answer not in other]
        if not true or not others or made == each:
            continue
        made += 1
        place = places[line["about"]]
        around = list(passages.values())[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
        same = [other for other in around if other is not own and other["title"] == own["title"]]
        near = [other for other in same or around if other is not own and answer not in other["text"]]
        if not near:
            near = [other for other in around if other is not own]
        words = read_terms(true).exact
        nearest = max(near, key=lambda other: len(words & read_terms(other["text"]).exact))
        yield Claim("true", true, own["text"])
        yield Claim("other passage", true, nearest["text"])
        yield Claim("other answer", _claim(line["text"], others[0]), own["text"])


def _claim(question: str, answer: str) -> str:
    """The statement that the answer makes of the question; "" where its form is not known."""
    for pattern in (_ENGLISH, _CHINESE):
        if found := pattern.search(question):
            said = question[: found.start()] + answer + question[found.end() :]
            chinese = pattern is _CHINESE
            return said.strip().rstrip("?？ ").removesuffix("呢") + ("。" if chinese else ".")
    return ""


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
