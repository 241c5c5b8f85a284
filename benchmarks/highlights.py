"""How much a citation highlights beyond the words that bear a claim out.

    python -m benchmarks.highlights SETS [--each 300] [--seed 1] [--json FILE]

SETS holds question sets (folders with corpus.jsonl). A passage of two sentences or more is cited for one clause of a
long sentence in it, said as a sentence of its own. Measured are the characters of the highlight, as sentences alone
would make it and cut to clauses, as multiples of the clause's; whether it holds the clause; whether the verdict by
words is the same.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.planted_errors.sentences import SETS, passages_of
from kb.records import DocumentEntry, Hit, HitSource, Passage
from kb.text.sentences import split_sentences
from serving.citations import Span, narrow, quotes_of
from serving.tightening import tighten
from serving.verification import LexicalVerifier

_LONG = 60  # characters of a sentence that is worth cutting
_SHORTEST = {"en": 30, "zh": 10}  # characters of a clause that says something
_CLAUSE = re.compile(r"[，；;]|, |: ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--each", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = {}
    for language, names in SETS.items():
        for name in names:
            claims = _claims(options.sets / name, language, random.Random(options.seed))
            measured = [_measured(*claim) for _, claim in zip(range(options.each), claims, strict=False)]
            by_sentence, by_clause, holds, same = (list(column) for column in zip(*measured, strict=True))
            report[name] = {
                "claims": len(measured),
                "sentences_over_clause": round(statistics.mean(by_sentence), 2),
                "cut_over_clause": round(statistics.mean(by_clause), 2),
                "holds_the_clause": round(statistics.mean(holds), 3),
                "same_verdict": round(statistics.mean(same), 3),
            }
            print(name, report[name])
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _claims(folder: Path, language: str, generator: random.Random) -> Iterator[tuple[str, str]]:
    """Passage and clause, one for each passage that has a long sentence of several clauses."""
    for text in passages_of(folder, generator):
        sentences = split_sentences(text)
        long = [text[start:end] for start, end in sentences if end - start >= _LONG and "\n" not in text[start:end]]
        clauses = [clause.strip(" .。") for sentence in long for clause in _CLAUSE.split(sentence)]
        clauses = [clause for clause in clauses if len(clause) >= _SHORTEST[language]]
        if len(sentences) > 1 and len(clauses) > 1:
            yield text, generator.choice(clauses)


def _measured(text: str, clause: str) -> tuple[float, float, bool, bool]:
    hit = _hit(text)
    before = narrow(clause, hit)
    (after,) = tighten(clause, [before])
    return (
        len(before.quote) / len(clause),
        len(after.quote) / len(clause),
        clause in after.quote,
        _alike(clause, before, after),
    )


def _alike(claim: str, before: Span, after: Span) -> bool:
    judge = LexicalVerifier()
    return judge.verify(claim, quotes_of([before])).verdict is judge.verify(claim, quotes_of([after])).verdict


def _hit(text: str) -> Hit:
    entry = DocumentEntry("d" * 64, "a.txt", "", "text/plain", "", 0, 1, len(text), "2026-11-22T00:00:00+00:00")
    return Hit(Passage("d" * 64, 0, 0, len(text), text), entry, 1.0, HitSource.FUSED)


if __name__ == "__main__":
    main()
