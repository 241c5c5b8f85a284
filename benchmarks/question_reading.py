"""What reading a question before the search changes: expansions, comparisons, terms in two languages.

    python benchmarks/question_reading.py expansions --home FOLDER --sets DIR [--only NAMES] [--sample N]
    python benchmarks/question_reading.py comparisons --home FOLDER --sets DIR [--sample N]
    python benchmarks/question_reading.py languages --home FOLDER --sets DIR

`expansions` searches with and without the collection's glossary and compares nDCG@10 question by question; a question
that has no expansion is the same in both and is not searched. `comparisons` makes questions about two
things ("What is the difference between A and B?", "A和B有什么区别？") out of judged questions about one, and says how
often a passage that answers for either is among the first five. `languages` asks the Chinese exercises of a textbook
over its English edition and the other way round; the glossary is learnt from both, as in one collection with both.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eval.question_cache import RememberingEmbedder
from eval.set_collection import collection_of
from eval.sets import RetrievalSet, SetQuestion, read_retrieval_set
from kb.catalog import Catalog, Snapshot
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
from retriever.questions import Glossary, QuestionReader, QuestionVariant, read_question
from retriever.questions.pairs import find_pairs
from retriever.searcher import Searcher

SETS = (
    *("scifact-en", "bioasq-en", "medquad-en", "course-d2l-en", "course-d2l-zh", "xquad-en", "xquad-zh"),
    *("xquad-zh2en", "xquad-en2zh", "cuad-en", "legalbenchrag-en", "statutes-zh", "cmrc2018-zh", "meddialog-zh"),
)
EDITIONS = (("course-d2l-zh", "course-d2l-en"), ("course-d2l-en", "course-d2l-zh"))
# Questions about one thing, from which questions about two are made.
COMPARED = (
    ("medquad-en", re.compile(r"What is \(are\) (.{3,40}?) \?"), "What is the difference between {} and {}?"),
    ("meddialog-zh", re.compile("([\u3400-\u9fff]{2,6})(?:是什么|有哪些症状|有什么症状|的症状)"), "{}和{}有什么区别？"),
    ("cmrc2018-zh", re.compile("《?([\u3400-\u9fff]{2,8})》?的"), "{}和{}有什么区别？"),
)
Read = Callable[[Snapshot, str], tuple[QuestionVariant, ...]]


class Bench:
    """Collections of the sets and what is asked of them."""

    def __init__(self, home: Path, sets: Path) -> None:
        cache = home / "cache"
        self.cache = cache / "eval"
        self.sets = sets
        self.embedder = RememberingEmbedder(open_embedder(EmbedderSettings(), cache), self.cache)

    def open(self, name: str) -> tuple[RetrievalSet, Catalog]:
        judged = read_retrieval_set(self.sets / name)
        return judged, collection_of(judged, self.embedder, self.cache, lambda *_: None)

    def gains(self, questions: Sequence[SetQuestion], catalog: Catalog, plain: Read, full: Read) -> list[list[float]]:
        """nDCG@10 of each question, searched in both ways."""
        searchers = [Searcher(catalog, self.embedder, reword=read) for read in (plain, full)]
        rows = []
        for question in questions:
            found = [[hit.document.name for hit in s.search(question.text, k=10).hits] for s in searchers]
            rows.append([ndcg(names, question.grades) for names in found])
        self.embedder.save()
        return rows


def as_asked(_snapshot: Snapshot, question: str) -> tuple[QuestionVariant, ...]:
    return (QuestionVariant(question),)


def ndcg(names: Sequence[str], grades: Mapping[str, int]) -> float:
    gain: float = sum((2 ** grades.get(name, 0) - 1) / math.log2(place + 2) for place, name in enumerate(names[:10]))
    best = sorted(grades.values(), reverse=True)[:10]
    ideal: float = sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(best))
    return gain / (ideal or 1.0)


def told(rows: Sequence[Sequence[float]], changed: int, of: int) -> str:
    """Means before and after, the difference with its bootstrap interval, and what it makes over all questions.

    Args:
        rows: of the questions searched, both values each.
        changed: how many questions are changed, of which these are a sample.
        of: how many questions there are.
    """
    if not rows:
        return f"| 0 of {of} | | | | | |"
    before, after = np.array(rows).T
    differences = after - before
    drawn = np.random.default_rng(0).integers(0, len(rows), (4000, len(rows)))
    low, high = np.quantile(differences[drawn].mean(axis=1), (0.025, 0.975))
    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return (
        f"| {changed} of {of} | {before.mean():.3f} | {after.mean():.3f} | {differences.mean():+.4f}"
        f" [{low:+.4f}, {high:+.4f}] | {won} / {lost} | {differences.mean() * changed / of:+.4f} |"
    )


def sampled(items: Sequence[SetQuestion], count: int) -> list[SetQuestion]:
    return sorted(items, key=lambda item: hashlib.sha256(item.id.encode()).digest())[: count or None]


def expansions(bench: Bench, names: Sequence[str], sample: int) -> None:
    print(
        "| set | changed | before | after | difference [95 %] | better / worse | over all | µs to learn | µs to read |"
    )
    for name in names:
        judged, catalog = bench.open(name)
        reader = QuestionReader(catalog.cache_folder)
        catalog.cache_folder.joinpath("glossary.json").unlink(missing_ok=True)
        with catalog.snapshot() as snapshot:
            begun = time.process_time()
            reader(snapshot, "")
            learning = (time.process_time() - begun) / len(judged.passages)
            begun = time.process_time()
            read = [(question, reader(snapshot, question.text)) for question in judged.questions]
            reading = (time.process_time() - begun) / len(read)
        changed = [question for question, variants in read if len(variants) == 1 and variants[0].expansions]
        asked = sampled(changed, sample)
        rows = bench.gains(asked, catalog, as_asked, reader)
        figures = told(rows, len(changed), len(judged.questions))
        print(f"| {name} {figures} {learning * 1e6:.0f} | {reading * 1e6:.0f} |", flush=True)
        catalog.close()


def comparisons(bench: Bench, sample: int) -> None:
    print("| set | questions | both sides among the first five, before | after | difference | better / worse | |")
    for name, topic, pattern in COMPARED:
        judged, catalog = bench.open(name)
        answering: dict[str, set[str]] = {}
        for question in judged.questions:
            if (found := topic.match(question.text)) and question.grades:
                answering[found[1]] = {key for key, grade in question.grades.items() if grade > 0}
        topics = sorted(answering, key=lambda each: hashlib.sha256(each.encode()).digest())[: 2 * (sample or 200)]
        readers = (as_asked, QuestionReader(catalog.cache_folder))
        searchers = [Searcher(catalog, bench.embedder, reword=read) for read in readers]
        rows = []
        for one, two in zip(topics[::2], topics[1::2], strict=False):
            asked = pattern.format(one, two)
            names = [{hit.document.name for hit in s.search(asked, k=5).hits} for s in searchers]
            rows.append([float(bool(each & answering[one]) and bool(each & answering[two])) for each in names])
        bench.embedder.save()
        print(f"| {name} {told(rows, len(rows), len(rows))}", flush=True)
        catalog.close()


def languages(bench: Bench) -> None:
    print("| questions over documents | changed | before | after | difference [95 %] | better / worse | over all |")
    for asked_in, kept_in in EDITIONS:
        pairs = Counter(
            pair
            for name in (asked_in, kept_in)
            for passage in read_retrieval_set(bench.sets / name).passages
            for pair in find_pairs(passage.title, (), passage.text)
        )
        glossary = Glossary(pairs)
        _, catalog = bench.open(kept_in)
        questions = read_retrieval_set(bench.sets / asked_in).questions
        changed = [question for question in questions if glossary.expansions(question.text)]
        rows = bench.gains(changed, catalog, as_asked, lambda _, text, known=glossary: read_question(text, known)[:1])  # type: ignore[misc]
        print(f"| {asked_in} over {kept_in} {told(rows, len(changed), len(questions))}", flush=True)
        catalog.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("task", choices=("expansions", "comparisons", "languages"))
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--only", default=",".join(SETS), help="names of sets, separated by commas")
    parser.add_argument("--sample", type=int, default=0, help="so many changed questions of a set, 0 for all")
    arguments = parser.parse_args()
    bench = Bench(arguments.home, arguments.sets)
    if arguments.task == "expansions":
        expansions(bench, arguments.only.split(","), arguments.sample)
    elif arguments.task == "comparisons":
        comparisons(bench, arguments.sample)
    else:
        languages(bench)


if __name__ == "__main__":
    main()
