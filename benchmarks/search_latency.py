"""How long a search takes: in a new process from its start, and in one that is warm.

    python benchmarks/search_latency.py --home FOLDER --passages 20000

Makes a collection of made-up passages (about 120 words each, vectors made at random: their content does not matter for
time), then measures (1) warm searches, with and without the embedding of the question, on one thread, and (2) new
processes that import ibid, open the collection and the embedder and search once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

COLD = """
import sys, time, json
start = float(sys.argv[1])
from pathlib import Path
from kb.catalog.collections import open_collection
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
from retriever import Searcher
home = Path(sys.argv[2])
searcher = Searcher(open_collection(home, "latency"), lambda: open_embedder(EmbedderSettings(), home / "cache"))
result = searcher.search("What does the handbook say about late work and its penalties?")
assert result.hits
print(json.dumps({"total": time.time() - start, **result.timings}))
"""

WORDS = 20_000  # of vocabulary, drawn with Zipf's law as in real text
WORDS_OF_A_PASSAGE = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--cold", type=int, default=5, help="new processes to start")
    parser.add_argument("--home", type=Path, required=True, help="an empty folder, or the one of an earlier run")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"

    from kb.catalog.collections import create_collection
    from kb.embedding import open_embedder
    from kb.settings import EmbedderSettings
    from retriever import Searcher

    embedder = open_embedder(EmbedderSettings(threads=1), arguments.home / "cache")
    catalog = create_collection(arguments.home, "latency")
    if catalog.collection().passages == 0:
        began = time.perf_counter()
        fill(catalog, embedder.space, arguments.passages)
        print(f"stored {arguments.passages} passages in {time.perf_counter() - began:.1f} s")
    searcher = Searcher(catalog, embedder)
    began = time.perf_counter()
    searcher.catch_up()
    print(f"indexes ready after {time.perf_counter() - began:.2f} s")

    warm(searcher, questions_of(arguments.questions))
    print("cold, seconds from process start to the first ranked passage:")
    for _ in range(arguments.cold):
        command = [sys.executable, "-c", COLD, repr(time.time()), str(arguments.home)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print("  ", {stage: round(seconds, 3) for stage, seconds in json.loads(output).items()})


def warm(searcher, questions: list[str]) -> None:
    for question in questions[:20]:
        searcher.search(question)
    with_embedding, without = [], []
    for question in questions:
        began = time.perf_counter()
        timings = searcher.search(question).timings
        with_embedding.append(1000 * (time.perf_counter() - began))
        without.append(with_embedding[-1] - 1000 * timings["embed"])
    for name, values in (("with the question's embedding", with_embedding), ("without", without)):
        p50, p95 = statistics.median(values), statistics.quantiles(values, n=20)[-1]
        print(f"warm search {name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms")


def questions_of(count: int) -> list[str]:
    draw = random.Random(2)
    return [" ".join(word(draw) for _ in range(10)) + "?" for _ in range(count)]


def word(draw: random.Random) -> str:
    return f"w{min(int(draw.paretovariate(0.9)), WORDS)}"


def fill(catalog, space, passages: int, to_a_document: int = 50) -> None:
    from kb.catalog import PreparedDocument, Source, text_key
    from kb.records import Document, Passage, document_id_of

    draw, noise = random.Random(1), np.random.default_rng(1)
    for first in range(0, passages, 20 * to_a_document):
        prepared, vectors = [], {}
        for start in range(first, min(first + 20 * to_a_document, passages), to_a_document):
            texts = [
                " ".join(word(draw) for _ in range(WORDS_OF_A_PASSAGE)) + f" {start}-{n}" for n in range(to_a_document)
            ]
            body = "\n".join(texts)
            document = Document(document_id_of(body.encode()), f"{start}.txt", "text/plain", f"Text {start}", body)
            parts, offset = [], 0
            for order, text in enumerate(texts):
                parts.append(Passage(document.id, order, offset, offset + len(text), text))
                offset += len(text) + 1
            keys = tuple(text_key(text) for text in texts)
            drawn = noise.standard_normal((len(texts), space.dimension)).astype(np.float32)
            vectors |= dict(zip(keys, drawn / np.linalg.norm(drawn, axis=1, keepdims=True), strict=True))
            prepared.append(
                PreparedDocument(document, Source(document.name, len(body), 0, "made-up"), tuple(parts), keys)
            )
        catalog.store(prepared, space, vectors)


if __name__ == "__main__":
    main()
