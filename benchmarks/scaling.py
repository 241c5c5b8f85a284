"""How searching grows with a collection: time, memory, files, recall, changes.

    python benchmarks/scaling.py --home FOLDER --passages 1000000 --results FILE.json
    python benchmarks/scaling.py --home FOLDER --passages 100000 --vectors PASSAGES.npy --questions QUESTIONS.npy

Makes a collection of made-up passages (60 words drawn with Zipf's law from 200,000), or uses the one of an earlier run.
Vectors are made up in clusters of clusters, or taken from a file. Every number is of one thread; "cpu" is the thread's
own time, "wall" the clock's, which on a busy machine says more about the others. The question's embedding is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from functools import cache
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

DIMENSION = 384
WORDS, EXPONENT = 200_000, 1.05  # of vocabulary, and of Zipf's law
STOP_WORDS = 50  # the most frequent ones are in no question, since real questions lose theirs
LETTERS = "bcfhjkmpqvwxz"  # no word of them alone has a stem or is a stop word
WORDS_OF_A_PASSAGE, WORDS_OF_A_QUESTION = 60, 8
TO_A_DOCUMENT, AT_ONCE = 100, 20_000  # passages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="an empty folder, or the one of an earlier run")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=200, help="questions")
    parser.add_argument("--vectors", type=Path, help="a .npy file of unit vectors of passages instead of made-up ones")
    parser.add_argument("--questions", type=Path, help="a .npy file of unit vectors of questions")
    parser.add_argument("--results", type=Path, help="a JSON file to add the figures to")
    arguments = parser.parse_args()

    from kb.catalog.collections import create_collection

    figures: dict[str, object] = {"passages": arguments.passages, "vectors": str(arguments.vectors or "made up")}
    catalog = create_collection(arguments.home, f"scaling-{arguments.passages}")
    vectors = Made(arguments.passages) if arguments.vectors is None else np.load(arguments.vectors, mmap_mode="r")
    if catalog.collection().passages == 0:
        with timed(figures, "store"):
            fill(catalog, vectors, arguments.passages)
    questions = (
        np.load(arguments.questions).astype(np.float32)[: arguments.asked]
        if arguments.questions
        else vectors.questions(arguments.asked)
    )
    figures |= measure(catalog, vectors, questions)
    print(json.dumps(figures, indent=1))
    if arguments.results:
        known = json.loads(arguments.results.read_text()) if arguments.results.exists() else []
        arguments.results.write_text(json.dumps([*known, figures], indent=1) + "\n")


def measure(catalog, vectors, questions) -> dict[str, object]:
    figures: dict[str, object] = {"rss_start_mb": resident()}
    with catalog.snapshot() as snapshot:
        space, numbers = snapshot.space, snapshot.numbers()
    measure_dense(figures, catalog, space, numbers, vectors, questions)
    searcher = measure_hybrid(figures, catalog, space, questions)
    figures |= changes(catalog, searcher, space)
    sizes: dict[str, float] = {}
    for path in catalog.cache_folder.rglob("*"):
        part = path.relative_to(catalog.cache_folder).parts[0].split("-")[0]
        sizes[part] = round(sizes.get(part, 0.0) + path.stat().st_size / 1e6, 2)
    return figures | {"files_mb": sizes}


def measure_dense(figures, catalog, space, numbers, vectors, questions) -> None:
    from retriever.dense import DenseIndex

    with timed(figures, "dense_build_or_open"), catalog.snapshot() as snapshot:
        DenseIndex(catalog.cache_folder).catch_up(snapshot)
    figures["rss_dense_built_mb"] = resident()
    dense = DenseIndex(catalog.cache_folder)
    with timed(figures, "dense_open"), catalog.snapshot() as snapshot:
        dense.catch_up(snapshot)
    figures["dense_report"] = str(dense.report())
    figures["rss_dense_open_mb"] = resident()
    found = [list(dense.search(space, question, 200)) for question in questions]
    figures["rss_dense_searched_mb"] = resident()
    figures["dense_k200"] = spent(lambda n: dense.search(space, questions[n], 200), len(questions))
    figures["dense_k10"] = spent(lambda n: dense.search(space, questions[n], 10), len(questions))
    for name, allowed in (("tenth", numbers[::10]), ("half", numbers[::2])):
        figures[f"dense_k200_{name}_allowed"] = spent(
            lambda n, allowed=allowed: dense.search(space, questions[n], 200, allowed), 50
        )
    figures |= recalls(found, numbers, vectors, questions)


def measure_hybrid(figures, catalog, space, questions):
    from retriever import Searcher, SearchMode

    with timed(figures, "lexical_build_or_open"):
        Searcher(catalog, Given(space, questions)).catch_up(SearchMode.LEXICAL)
    searcher = Searcher(catalog, Given(space, questions))
    with timed(figures, "searcher_open"):
        searcher.catch_up()
    texts = asked_texts(len(questions))
    for mode in (SearchMode.LEXICAL, SearchMode.DENSE, SearchMode.HYBRID):
        figures[str(mode)] = spent(lambda n, mode=mode: searcher.search(f"{texts[n]} {n}", mode=mode), len(questions))
    stages = [searcher.search(f"{text} {n}").timings for n, text in enumerate(texts)]
    figures["hybrid_stages_wall_p50_ms"] = {
        stage: round(1000 * statistics.median(item.get(stage, 0.0) for item in stages), 2) for stage in stages[-1]
    }
    figures["rss_all_searched_mb"] = resident()
    return searcher


def recalls(found, numbers, vectors, questions) -> dict[str, float]:
    """Against the exact answer over the same half-precision vectors, computed by numpy."""
    best = [np.zeros(0, np.int64)] * len(questions)
    scores = [np.zeros(0, np.float32)] * len(questions)
    for first in range(0, len(numbers), AT_ONCE):
        part = np.asarray(vectors[first : first + AT_ONCE]).astype(np.float16).astype(np.float32)
        part = part[: len(numbers) - first]
        for n, row in enumerate(questions @ part.T):
            joined = np.concatenate([scores[n], row])
            ids = np.concatenate([best[n], numbers[first : first + len(part)]])
            kept = np.argsort(-joined, kind="stable")[:200]
            scores[n], best[n] = joined[kept], ids[kept]
    shares = {
        k: [len(set(f[:k]) & set(b[:k].tolist())) / k for f, b in zip(found, best, strict=True)] for k in (10, 200)
    }
    return {f"recall@{k}": round(float(np.mean(values)), 4) for k, values in shares.items()} | {
        "recall@10_lowest": min(shares[10])
    }


def changes(catalog, searcher, space) -> dict[str, object]:
    """Seconds from the call that changes the catalog until the next search has found (not found) 100 passages."""
    adding, deleting, dense_only = [], [], []
    for attempt in range(5):
        made = documents(100_000_000 + attempt * 100, 100, f"okapi{LETTERS[attempt]}")
        rows = np.random.default_rng(attempt).standard_normal((100, DIMENSION)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        prepared, keys = made
        began = time.perf_counter()
        catalog.store(prepared, space, dict(zip(keys, rows, strict=True)))
        searcher.embedder.next = rows[0]
        result = searcher.search(f"okapi{LETTERS[attempt]}", k=10)
        adding.append(time.perf_counter() - began)
        assert all(f"okapi{LETTERS[attempt]}" in hit.passage.text for hit in result.hits[:1])
        dense_only.append(result.timings["catch up vectors"])
        began = time.perf_counter()
        catalog.remove([document.document.id for document in prepared])
        result = searcher.search(f"okapi{LETTERS[attempt]}", k=10)
        deleting.append(time.perf_counter() - began)
        assert not any(f"okapi{LETTERS[attempt]}" in hit.passage.text for hit in result.hits)
        dense_only.append(result.timings["catch up vectors"])
        searcher.embedder.next = None
    return {
        "add_100_s": [round(value, 3) for value in adding],
        "delete_100_s": [round(value, 3) for value in deleting],
        "of_it_dense_s": [round(value, 4) for value in dense_only],
    }


class Made:
    """Unit vectors in clusters of clusters: made anew, and the same, whenever a slice of AT_ONCE is asked for."""

    def __init__(self, count: int) -> None:
        draw = np.random.default_rng(1)
        topics = unit(draw.standard_normal((200, DIMENSION)))
        of_topic = draw.integers(0, len(topics), max(count // 200, 20))
        self._centres = unit(topics[of_topic] + 0.9 * unit(draw.standard_normal((len(of_topic), DIMENSION))))

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self._drawn(AT_ONCE, seed=1000 + rows.start // AT_ONCE)[: rows.stop - rows.start]

    def questions(self, count: int) -> np.ndarray:
        return self._drawn(count, seed=2)

    def _drawn(self, count: int, seed: int) -> np.ndarray:
        draw = np.random.default_rng(seed)
        centres = self._centres[draw.integers(0, len(self._centres), count)]
        return unit(centres + unit(draw.standard_normal((count, DIMENSION), dtype=np.float32)))


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Given:
    """Answers the nth question with the nth vector: its number is the last word."""

    def __init__(self, space, questions: np.ndarray) -> None:
        self.space, self._questions, self.next = space, questions, None

    def embed_question(self, text: str) -> np.ndarray:
        return self._questions[int(text.rsplit(maxsplit=1)[-1])] if self.next is None else self.next


def fill(catalog, vectors, count: int) -> None:
    from kb.records import EmbeddingSpace

    space = EmbeddingSpace("made up", "1", DIMENSION)
    for first in range(0, count, AT_ONCE):
        size = min(AT_ONCE, count - first)
        prepared, keys = documents(first, size)
        rows = np.asarray(vectors[first : first + size]).astype(np.float32)
        catalog.store(prepared, space, dict(zip(keys, rows, strict=True)))
        print(f"\r{first + size} stored", end="", file=sys.stderr)


def documents(first: int, count: int, marker: str = ""):
    """`count` passages in documents of TO_A_DOCUMENT, and the keys of their texts."""
    from kb.catalog import PreparedDocument, Source, text_key
    from kb.records import Document, Passage, document_id_of

    words = drawn_words(count, WORDS_OF_A_PASSAGE, seed=first)
    prepared, all_keys = [], []
    for start in range(0, count, TO_A_DOCUMENT):
        texts = [
            f"{' '.join(words[n])} {marker} {word(first + n)}" for n in range(start, min(start + TO_A_DOCUMENT, count))
        ]
        body = "\n".join(texts)
        document = Document(document_id_of(body.encode()), f"{first + start}.txt", "text/plain", f"Text {start}", body)
        parts, offset = [], 0
        for order, text in enumerate(texts):
            parts.append(Passage(document.id, order, offset, offset + len(text), text))
            offset += len(text) + 1
        keys = tuple(text_key(text) for text in texts)
        all_keys += keys
        prepared.append(PreparedDocument(document, Source(document.name, len(body), 0, "made-up"), tuple(parts), keys))
    return prepared, all_keys


def asked_texts(count: int) -> list[str]:
    return [" ".join(words) for words in drawn_words(count, WORDS_OF_A_QUESTION, seed=99, first=STOP_WORDS)]


def drawn_words(count: int, length: int, seed: int, first: int = 0) -> list[list[str]]:
    weights = np.arange(1, WORDS + 1) ** -EXPONENT
    weights[:first] = 0
    cumulated = np.cumsum(weights)
    drawn = np.searchsorted(cumulated, np.random.default_rng(seed).random((count, length)) * cumulated[-1], "right")
    return [[word(number) for number in row] for row in drawn.tolist()]


@cache
def word(number: int) -> str:
    letters = ""
    for _ in range(5):
        number, letter = divmod(number, len(LETTERS))
        letters += LETTERS[letter]
    return letters


def spent(search, count: int) -> dict[str, float]:
    for n in range(min(20, count)):
        search(n)
    cpu, wall = [], []
    for n in range(count):
        began, clock = time.thread_time(), time.perf_counter()
        search(n)
        cpu.append(1000 * (time.thread_time() - began))
        wall.append(1000 * (time.perf_counter() - clock))
    return {
        "cpu_p50_ms": round(statistics.median(cpu), 2),
        "cpu_p95_ms": round(statistics.quantiles(cpu, n=20)[-1], 2),
        "wall_p50_ms": round(statistics.median(wall), 2),
        "wall_p95_ms": round(statistics.quantiles(wall, n=20)[-1], 2),
    }


class timed:  # noqa: N801  # reads like a function
    def __init__(self, figures: dict[str, object], name: str) -> None:
        self._figures, self._name = figures, name

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *error: object) -> None:
        self._figures[f"{self._name}_s"] = round(time.perf_counter() - self._wall, 2)
        self._figures[f"{self._name}_cpu_s"] = round(time.process_time() - self._cpu, 2)
        print(f"{self._name}: {self._figures[f'{self._name}_s']} s", file=sys.stderr)


def resident() -> dict[str, float]:
    """Megabytes in memory: the process's own, and of mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) // 1000 for line in lines if line.startswith("Rss")}
    return {"own": sizes["RssAnon"], "files": sizes["RssFile"]}


if __name__ == "__main__":
    main()
