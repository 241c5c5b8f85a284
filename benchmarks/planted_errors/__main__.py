"""How many planted errors the verifier catches, and how many true sentences it flags.

    python -m benchmarks.planted_errors SETS [--each 115] [--seed 1] [--show KIND] [--json FILE]

SETS holds question sets (folders with corpus.jsonl). For each kind of error and each language, `--each` true sentences
are drawn with their neighbours as the cited words; half of them are written otherwise first (numbers in words, dates
turned round …). The true sentence and the one with a single thing altered are both judged. Flagged is every verdict but
"supported".
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from benchmarks.planted_errors.alterations import KINDS, names_in
from benchmarks.planted_errors.restyling import restyle
from benchmarks.planted_errors.sentences import Source, draw
from kb.records import Verdict
from kb.settings import read_settings
from serving.verifiers import verifier_of

_NAMES = 400  # names from other sentences that can stand for a true one
_TRIED = 40_000  # sentences looked at for each language at most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--each", type=int, default=115)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", default="", help="a kind of error: prints what was missed and what was flagged")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cases = [case for language in ("en", "zh") for case in plant(options.sets, language, options.each, options.seed)]
    verifier = verifier_of(read_settings())
    counts: Counter[tuple[str, str, str]] = Counter()
    for kind, source, true, wrong in cases:
        for label, claim in (("flagged", true), ("caught", wrong)):
            judgement = verifier.verify(claim, [source.cited])
            hit = judgement.verdict is not Verdict.SUPPORTED
            counts[kind, source.language, label] += hit
            if options.show in (kind, "all") and hit is (label == "flagged"):
                print(f"--- {kind} {source.set} {label}: {hit} {judgement.verdict}: {judgement.why}")
                print(f"{claim}\n  << {source.cited}")
        counts[kind, source.language, "cases"] += 1
    report(counts, options.json)


def plant(sets: Path, language: str, each: int, seed: int) -> list[tuple[str, Source, str, str]]:
    """Kind, source, the true claim, the claim with one error."""
    generator = random.Random(f"{seed} {language}")
    wanted = Counter(dict.fromkeys(KINDS, each))
    names: list[str] = []
    cases = []
    for tried, source in enumerate(draw(sets, language, generator)):
        kinds = [kind for kind in wanted if wanted[kind] > 0]
        if not kinds or tried > _TRIED:
            break
        true = restyle(source.sentence, generator) if generator.random() < 0.5 else source.sentence
        generator.shuffle(kinds)
        for kind in kinds:
            wrong = KINDS[kind](true, names, generator)
            if wrong is not None and wrong != true and (kind == "exception" or wrong.strip(" .。") not in source.cited):
                cases.append((kind, source, true, wrong))
                wanted[kind] -= 1
                break
        names = (names + names_in(source.sentence))[-_NAMES:]
    return cases


def report(counts: Counter[tuple[str, str, str]], file: Path | None) -> None:
    rows = {}
    for kind in (*KINDS, "all"):
        for language in ("en", "zh", "both"):
            some = [key for key in counts if kind in (key[0], "all") and language in (key[1], "both")]
            cases, caught, flagged = (
                sum(counts[k] for k in some if k[2] == label) for label in ("cases", "caught", "flagged")
            )
            rows[f"{kind} {language}"] = {
                "cases": cases,
                "caught": caught / max(cases, 1),
                "flagged": flagged / max(cases, 1),
            }
    print("| altered | cases | caught | true ones flagged |\n|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | {row['cases']} | {row['caught']:.1%} | {row['flagged']:.1%} |")
    if file:
        file.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
