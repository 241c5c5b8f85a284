"""The embedder against `SentenceTransformer.encode(batch_size=32)` on torch in float32, and from a cold start.

    python benchmarks/embedding.py compare texts.jsonl [--rounds 3] [--json FILE]
    python benchmarks/embedding.py bare texts.jsonl [--rounds 3] [--json FILE]
    python benchmarks/embedding.py cold [--rounds 5] [--json FILE]

`texts.jsonl` holds one JSON object a line with a "text". `compare` embeds the same texts by turns with torch and with
the prepared embedder, so that whoever else uses the machine disturbs both alike, and reports medians and the ratios of
each pair. `bare` runs the embedder alone: what an ingestion of the same passages is held against. `cold` starts new
processes and measures from their first line to the vector of a question. CPU seconds count all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np

from kb.embedding import find_preparation, open_embedder, prepare
from kb.ports import Embedder, Vectors
from kb.settings import EmbedderSettings

Result = TypeVar("Result")

QUESTIONS = ("How long is the notice period for tenants?", "試用期多長？", "退款需要多少天？", "What is a determinant?")

COLD_START = """
import time
started, cpu = time.perf_counter(), time.process_time()
import sys
from pathlib import Path
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
embedder = open_embedder(EmbedderSettings(model=sys.argv[1], runtime=sys.argv[2]), Path(sys.argv[3]))
embedder.embed_question("How long is the notice period for tenants?")
print(time.perf_counter() - started, time.process_time() - cpu)
"""


def main() -> None:
    options = read_options()
    options.cache.mkdir(parents=True, exist_ok=True)
    settings = EmbedderSettings(model=options.model, runtime=options.runtime)
    prepare(settings, options.cache, lambda line: print(line, file=sys.stderr))
    if options.mode == "cold":
        results = measure_cold(settings, options.cache, options.rounds)
    else:
        lines = options.texts.read_text(encoding="utf-8").splitlines()
        texts = [json.loads(line)["text"] for line in lines][: options.limit or None]
        embedder = open_embedder(settings, options.cache)
        measure = compare if options.mode == "compare" else measure_bare
        results = measure(embedder, settings, texts, options.rounds)
    results["machine"] = machine()
    preparation = find_preparation(settings, options.cache)
    assert preparation is not None
    results["runtime"] = {
        "chosen": f"{preparation.runtime} {preparation.precision}",
        "agreement": preparation.agreement,
        "seconds": preparation.seconds,
    }
    results["command"] = " ".join(["python", "benchmarks/embedding.py", options.mode, f"--rounds {options.rounds}"])
    print(json.dumps(results, indent=1, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["compare", "bare", "cold"])
    parser.add_argument("texts", type=Path, nargs="?", help="JSON lines with a text each")
    parser.add_argument("--model", default="packaged")
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="take only the first so many texts")
    home = Path(os.environ.get("IBID_HOME") or "~/.ibid").expanduser()
    parser.add_argument("--cache", type=Path, default=home / "models", help="where prepared models are kept")
    parser.add_argument("--json", type=Path, help="write the results here too")
    options = parser.parse_args()
    if options.mode != "cold" and options.texts is None:
        parser.error("give the file of texts")
    return options


def compare(embedder: Embedder, settings: EmbedderSettings, texts: list[str], rounds: int) -> dict[str, Any]:
    """Torch and the embedder by turns over the same texts."""
    model = load_torch(settings)
    prefix = embedder.space.passage_prefix

    def by_torch(some: list[str]) -> Vectors:
        return np.asarray(model.encode(some, prompt=prefix, batch_size=32, normalize_embeddings=True), np.float32)

    runs: dict[str, list[tuple[float, float]]] = {"torch": [], "embedder": []}
    expected, vectors = by_torch(texts[:32]), embedder.embed_passages(texts[:32])
    for _ in range(rounds):
        seconds, expected = timed(lambda: by_torch(texts))
        runs["torch"].append(seconds)
        seconds, vectors = timed(lambda: embedder.embed_passages(texts))
        runs["embedder"].append(seconds)
    pairs = list(zip(runs["torch"], runs["embedder"], strict=True))
    return {
        "texts": len(texts),
        "tokens": sum(min(count, 254) + 2 for count in embedder.count_tokens(texts)),
        "cosine": {"min": float((vectors * expected).sum(1).min()), "mean": float((vectors * expected).sum(1).mean())},
        "passages_per_cpu_second": {name: len(texts) / median(cpu for _, cpu in times) for name, times in runs.items()},
        "passages_per_second": {name: len(texts) / median(wall for wall, _ in times) for name, times in runs.items()},
        "ratio_cpu": spread([torch[1] / ours[1] for torch, ours in pairs]),
        "ratio_wall": spread([torch[0] / ours[0] for torch, ours in pairs]),
        "token_count_us_a_text": token_count_cost(embedder, texts),
        "question_ms": question_cost(embedder.embed_question),
        "question_ms_torch": question_cost(lambda text: by_torch([text])[0]),
    }


def measure_bare(embedder: Embedder, _settings: EmbedderSettings, texts: list[str], rounds: int) -> dict[str, Any]:
    """The embedder alone over these texts."""
    embedder.embed_passages(texts[:32])
    runs = [timed(lambda: embedder.embed_passages(texts))[0] for _ in range(rounds)]
    return {
        "texts": len(texts),
        "wall_seconds": spread([wall for wall, _ in runs]),
        "cpu_seconds": spread([cpu for _, cpu in runs]),
        "token_count_us_a_text": token_count_cost(embedder, texts),
    }


def measure_cold(settings: EmbedderSettings, cache: Path, rounds: int) -> dict[str, Any]:
    """New processes, from the first line to a question's vector."""
    command = [sys.executable, "-c", COLD_START, settings.model, settings.runtime, str(cache)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    runs = []
    for _ in range(rounds):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        runs.append([float(value) for value in done.stdout.split()])
    return {"wall_seconds": spread([run[0] for run in runs]), "cpu_seconds": spread([run[1] for run in runs])}


def question_cost(embed: Callable[[str], Vectors]) -> dict[str, float]:
    """Milliseconds of wall and CPU time for one question, medians of 80."""
    for text in QUESTIONS:
        embed(text)
    runs = [timed(lambda text=text: embed(text))[0] for _ in range(20) for text in QUESTIONS]  # type: ignore[misc]
    return {"wall": 1000 * median(wall for wall, _ in runs), "cpu": 1000 * median(cpu for _, cpu in runs)}


def token_count_cost(embedder: Embedder, texts: list[str]) -> float:
    """Microseconds of CPU time a text, median of three."""
    embedder.count_tokens(texts[:1])
    return median(timed(lambda: embedder.count_tokens(texts))[0][1] for _ in range(3)) / len(texts) * 1e6


def timed(work: Callable[[], Result]) -> tuple[tuple[float, float], Result]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - wall, time.process_time() - cpu), result


def spread(values: list[float]) -> dict[str, float]:
    return {"median": median(values), "least": min(values), "most": max(values)}


def load_torch(settings: EmbedderSettings) -> Any:
    from kb.embedding.sources import find_source
    from kb.embedding.torch_embedder import load_sentence_transformer

    return load_sentence_transformer(find_source(settings.model)).to("cpu")


def machine() -> dict[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(), "load": load}


if __name__ == "__main__":
    main()
