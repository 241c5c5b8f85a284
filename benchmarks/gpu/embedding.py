"""Embedding and reranking on a GPU, for the day there is one: speed, agreement with the processor, memory.

    python benchmarks/gpu/embedding.py --model sentence-transformers/all-MiniLM-L6-v2
    python benchmarks/gpu/embedding.py --model microsoft/harrier-oss-v1-0.6b --reranker BAAI/bge-reranker-v2-m3
    python benchmarks/gpu/embedding.py --model Qwen/Qwen3-Embedding-0.6B --base-url http://127.0.0.1:8002/v1

It prints one JSON document: passages a second on the GPU in bfloat16 or float32 (whichever was taken) and through the
prepared runtime on the processor, the least cosine between the two, milliseconds for a question, and gigabytes.
Without a GPU it says so and measures the processor alone. Texts are made up, 30 to 300 words, half of them Chinese;
`--texts FILE` reads others, one a line.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding import open_embedder
from kb.embedding.devices import uses_gpu
from kb.errors import SettingsError
from kb.ports import Embedder
from kb.reranking import open_reranker
from kb.settings import EmbedderSettings, RerankerSettings

_EN = [
    "the",
    "tenant",
    "patient",
    "student",
    "shall",
    "take",
    "give",
    "pay",
    "notice",
    "dose",
    "form",
    "within",
    "days",
]
_ZH = "用人单位应当在十五日内办理档案转移手续成人每次口服一片每日不超过三次饭后服用"
QUESTION = "Within how many days must the form be handed in? 表格应在几日内提交？"


def make_texts(count: int) -> list[str]:
    """Half English, half Chinese, of mixed length; the same every time."""
    chance = random.Random(7)
    return [
        " ".join(chance.choices(_EN, k=chance.randint(30, 300)))
        if number % 2
        else "".join(chance.choices(_ZH, k=chance.randint(40, 400)))
        for number in range(count)
    ]


def seconds(run: Callable[[], object], rounds: int) -> float:
    """Median wall seconds, after one run that does not count."""
    run()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def measure_embedder(embedder: Embedder, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    bulk = seconds(lambda: embedder.embed_passages(texts), rounds)
    question = seconds(lambda: embedder.embed_question(QUESTION), 5 * rounds)
    return {"passages_per_second": round(len(texts) / bulk, 1), "question_ms": round(question * 1000, 2)}


def gpu_facts() -> dict[str, Any]:
    import torch

    if not torch.cuda.is_available():
        return {"gpu": None, "torch": torch.__version__}
    peak = torch.cuda.max_memory_allocated() / 1e9
    return {"gpu": torch.cuda.get_device_name(0), "torch": torch.__version__, "peak_gb": round(peak, 2)}


def compare_embedders(options: argparse.Namespace, cache: Path, texts: list[str]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    processor = open_embedder(EmbedderSettings(options.model, device="cpu"), cache, tell)
    few = texts[: options.cpu_texts]
    results["processor"] = measure_embedder(processor, few, options.rounds)
    others: dict[str, EmbedderSettings] = {}
    if options.gpu:
        others["gpu"] = EmbedderSettings(options.model, device="cuda")
    if options.base_url:
        others["server"] = EmbedderSettings(options.model, base_url=options.base_url)
    for name, settings in others.items():
        embedder = open_embedder(settings, cache, tell)
        results[name] = measure_embedder(embedder, texts, options.rounds)
        cosines = np.sum(embedder.embed_passages(few) * processor.embed_passages(few), axis=1)
        results[name]["least_cosine_to_processor"] = round(float(cosines.min()), 5)
        results[name]["question_cosine"] = round(
            float(embedder.embed_question(QUESTION) @ processor.embed_question(QUESTION)), 5
        )
    return results


def compare_rerankers(options: argparse.Namespace, cache: Path, texts: list[str]) -> dict[str, Any]:
    passages = texts[: options.candidates]
    results: dict[str, Any] = {}
    for device in ("cuda", "cpu") if options.gpu else ("cpu",):
        reranker = open_reranker(RerankerSettings(options.reranker, device=device), cache, tell)
        scored = partial(reranker.rerank, QUESTION, passages)
        results[device] = {"ms": round(seconds(scored, options.rounds) * 1000, 1), "scores": scored()}
    orders = [np.argsort(-item.pop("scores"), kind="stable")[:10].tolist() for item in results.values()]
    results["same_first_ten"] = len(set(map(tuple, orders))) == 1
    return {"candidates": len(passages), **results}


def tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="packaged", help="embedder: packaged, a hub name, or a folder")
    parser.add_argument("--reranker", default="", help="a hub name or a folder")
    parser.add_argument("--base-url", default="", help="an embedding server for the same model")
    parser.add_argument("--texts", type=Path, help="a file with one text a line")
    parser.add_argument("--count", type=int, default=4096)
    parser.add_argument("--cpu-texts", type=int, default=256, help="of them, for the processor")
    parser.add_argument("--candidates", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="folder for prepared models (default: a temporary one)")
    options = parser.parse_args()
    try:
        options.gpu = uses_gpu("cuda")
    except SettingsError as error:
        options.gpu = False
        tell(str(error))
    texts = options.texts.read_text("utf-8").splitlines() if options.texts else make_texts(options.count)
    with tempfile.TemporaryDirectory() as folder:
        cache = options.cache or Path(folder)
        found: dict[str, Any] = {"model": options.model, "texts": len(texts)}
        found["embedding"] = compare_embedders(options, cache, texts)
        if options.reranker:
            found["reranking"] = {"model": options.reranker, **compare_rerankers(options, cache, texts)}
    print(json.dumps({**found, **gpu_facts()}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
