"""How well the default search finds the judged passages of question sets, by set and mode.

    python benchmarks/retrieval.py --home FOLDER --sets DIR [--only scifact-en,medquad-en] [--json FOLDER]

`--sets` holds one folder for each set (corpus.jsonl, queries.jsonl, qrels.tsv). The sets' collections are kept under
the home's cache, so that a second run embeds nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from eval.runs import stamped, write_run
from eval.tasks.retrieval import evaluate_retrieval
from kb.settings import Settings
from retriever import SearchMode

MEASURES = ("nDCG@10", "Recall@100", "MRR@10", "Success@5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--only", default="", help="names of sets, separated by commas")
    parser.add_argument("--modes", default="lexical,dense,hybrid")
    parser.add_argument("--part", default="", help="only questions of this part, such as dev")
    parser.add_argument("--json", type=Path, help="a folder for each run's figures, question by question")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else found_in(arguments.sets)
    print(f"| set | mode | {' | '.join(MEASURES)} |\n|---|---|{'---|' * len(MEASURES)}")
    for name in names:
        for mode in arguments.modes.split(","):
            run = evaluate_retrieval(
                arguments.sets / name,
                Settings(home=arguments.home),
                cache=arguments.home / "cache",
                mode=SearchMode(mode),
                part=arguments.part,
            )
            values = " | ".join(
                f"{run.metrics[m].mean:.3f} ({run.metrics[m].low:.3f}-{run.metrics[m].high:.3f})" for m in MEASURES
            )
            print(f"| {name} | {mode} | {values} |", flush=True)
            if arguments.json:
                arguments.json.mkdir(parents=True, exist_ok=True)
                write_run(arguments.json / f"{name}.{mode}.json", stamped(run))


def found_in(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/qrels.tsv"))


if __name__ == "__main__":
    main()
