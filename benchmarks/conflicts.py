"""How often documents are said to disagree where they do not, and how often where they do.

    python -m benchmarks.conflicts SETS [--sample 300] [--show] [--json FILE]

SETS is a folder of question sets. Each line of a set's corpus is a document of its own; paragraphs of one article have
the same title, so that nothing but their words tells their subjects apart. Found by words alone (no model is needed);
what is measured begins after the search.

As they are: the share of questions whose answer is said to be in conflict with another document. Planted: the answer's
sentence stands in a second document of the same title, with its number or date altered; it must be found. Decoys: the
same, with a name or subject altered, too; it must not be. RGB: news snippets with the right and with a false answer,
where the answer is a number or date; and the right ones alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.planted_errors.alterations import KINDS, names_in
from eval.set_collection import collection_of, say_nothing
from eval.sets import read_retrieval_set
from kb.ports import Vectors
from kb.records import DocumentEntry, EmbeddingSpace, Hit, HitSource, Passage
from retriever import Searcher, SearchMode
from serving.citations import Span
from serving.conflicts import Side, sides_of
from serving.extractive import Extraction, extract
from serving.values import read_values

SETS = ("squad2-dev-en", "cmrc2018-zh", "drcd-zhhant", "medquad-en", "statutes-zh")
RGB = ("rgb-en-fact", "rgb-zh-fact")
HITS = 10
SEED = 7
YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


class NoVectors:
    """An embedder for collections that are only searched by words."""

    space = EmbeddingSpace("no vectors", "1", 1)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 1), np.float32)

    def embed_question(self, text: str) -> Vectors:  # noqa: ARG002
        return np.ones(1, np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def found_sides(question: str, hits: Sequence[Hit], extraction: Extraction) -> list[Side]:
    quotes = []
    for quote in extraction.quotes:
        start, end = quote.focus or (quote.start, quote.end)
        quotes.append((Span(quote.hit, quote.start, quote.end), quote.text[start - quote.start : end - quote.start]))
    return sides_of(quotes, hits, question)


def answers(folder: Path, sample: int, cache: Path) -> Iterator[tuple[str, tuple[Hit, ...], Extraction]]:
    """Questions that are answered, with their hits."""
    judged = read_retrieval_set(folder, sample=sample)
    embedder = NoVectors()
    searcher = Searcher(collection_of(judged, embedder, cache, say_nothing), embedder)
    for question in judged.questions:
        hits = searcher.search(question.text, k=HITS, mode=SearchMode.LEXICAL).hits
        extraction = extract(question.text, hits, trust_cosines=False)
        if extraction.quotes:
            yield question.text, hits, extraction


def planted(extraction: Extraction, others: Sequence[str], rng: random.Random, *, decoy: bool) -> Hit | None:
    """The first quote in a document of its own, another value in it; as a decoy also another name."""
    quote = extraction.quotes[0]
    values = read_values(quote.text)
    if quote.focus is None or not (values.dates or values.quantities):
        return None
    short = quote.text[quote.focus[0] - quote.start : quote.focus[1] - quote.start]
    year = YEAR.search(short)
    if year is not None:
        altered = short.replace(year[0], str(int(year[0]) - rng.randint(1, 9)), 1)
    else:
        found = KINDS["number" if read_values(short).quantities else "date"](short, others, rng)
        if found is None:
            return None
        altered = found
    text = quote.text.replace(short, altered, 1)
    if decoy:
        renamed = KINDS["name"](text, others, rng)
        if renamed is None:
            return None
        text = renamed
    entry = replace(quote.hit.document, id="planted", name="planted", effective_from="2024-01-01")
    return Hit(Passage(entry.id, 0, 0, len(text), text, quote.hit.passage.headings), entry, 1.0, HitSource.LEXICAL)


def measure_set(folder: Path, sample: int, cache: Path, *, show: bool) -> dict[str, float | int]:
    rng = random.Random(SEED)
    asked = list(answers(folder, sample, cache))
    names = [name for _, _, extraction in asked for name in names_in(extraction.quotes[0].text)]
    counts = {"questions": len(asked), "alarms": 0, "planted": 0, "found": 0, "decoys": 0, "decoy alarms": 0}
    seconds = 0.0
    for question, hits, extraction in asked:
        started = time.process_time()
        sides = found_sides(question, hits, extraction)
        seconds += time.process_time() - started
        counts["alarms"] += bool(sides)
        if sides and show:
            print(f"  alarm: {question}", *(f"{side.value} :: {side.span.quote}" for side in sides), sep="\n    ")
        for total, seen, decoy in (("planted", "found", False), ("decoys", "decoy alarms", True)):
            other = planted(extraction, names, rng, decoy=decoy)
            if other is None:
                continue
            counts[total] += 1
            sides = found_sides(question, (*hits[:1], other, *hits[1 : HITS - 1]), extraction)
            is_found = any(side.span.hit is other for side in sides)
            counts[seen] += is_found
            if show and is_found is decoy:
                print(f"  {seen} {is_found}: {question}\n    {extraction.quotes[0].text}\n    {other.passage.text}")
    return {**counts, "CPU ms a question": round(1000 * seconds / max(len(asked), 1), 2)}


def measure_rgb(folder: Path, *, show: bool) -> dict[str, float | int]:
    counts = {"questions": 0, "found": 0, "alarms": 0}
    for text in (folder / "data.jsonl").read_text("utf-8").splitlines():
        line = json.loads(text)
        answer, fake = str(line["answer"]), str(line["fakeanswer"])
        if not (read_values(answer).in_order() and read_values(fake).in_order()):
            continue
        counts["questions"] += 1
        right = [snippet(index, part) for index, part in enumerate(line["positive"])]
        wrong = [snippet(100 + index, part) for index, part in enumerate(line["positive_wrong"])]
        noise = [snippet(200 + index, part) for index, part in enumerate(line["negative"])]
        for key, hits in (("found", [*right, *wrong, *noise]), ("alarms", [*right, *noise])):
            sides = found_sides(line["query"], hits[:HITS], extract(line["query"], hits[:HITS], trust_cosines=False))
            counts[key] += bool(sides)
            if show and bool(sides) is (key == "alarms"):
                print(f"  {key} {bool(sides)}: {line['query']}", *(side.span.quote for side in sides), sep="\n    ")
    return dict(counts)


def snippet(number: int, text: str) -> Hit:
    name = f"snippet {number}"
    entry = DocumentEntry(name, name, "", "text/plain", "", 0, 1, len(text), "2024-01-01")
    return Hit(Passage(name, 0, 0, len(text), text), entry, 1.0 / (1 + number), HitSource.LEXICAL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--only", nargs="+", default=[*SETS, *RGB])
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--show", action="store_true", help="print every wrong one")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    results: dict[str, dict[str, float | int]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        for name in options.only:
            folder = options.sets / name
            if name.startswith("rgb"):
                results[name] = measure_rgb(folder, show=options.show)
            else:
                results[name] = measure_set(folder, options.sample, cache, show=options.show)
            print(name, results[name], flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
