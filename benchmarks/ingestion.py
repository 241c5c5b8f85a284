"""What ingestion costs beside the embedder alone: `ibid ingest` of a folder against embedding the same passages.

Usage: python benchmarks/ingestion.py --set DIR [--passages N] [--per-file N] [--runs R] [--json FILE]

DIR is a question set (corpus.jsonl with title and text): its passages are written as Markdown files, some to a file,
and taken in by the real command in a process of its own. Then the passages as they were stored are embedded alone, by
the same runtime in the same batches. Times are wall seconds and CPU seconds (children counted); the runs alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from ingest.pipeline import BATCH_PASSAGES
from ingest.splitting import embedding_text
from kb.catalog.collections import open_collection
from kb.embedding import open_embedder, prepare
from kb.settings import EmbedderSettings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=4000)
    parser.add_argument("--per-file", type=int, default=20, help="corpus passages in one file (default: a chapter)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="ibid-bench-"))
    files = write_files(options.set, work / "documents", options.passages, options.per_file)
    home = work / "home"
    prepare(EmbedderSettings(), home / "models")
    runs = [one_run(home, work / "documents") for _ in range(options.runs)]
    median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    result = {
        "files": files,
        **median,
        "cpu_ratio": median["ingest_cpu"] / median["embed_cpu"],
        "wall_ratio": median["ingest_wall"] / median["embed_wall"],
        "passages_per_cpu_second": median["passages"] / median["ingest_cpu"],
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    shutil.rmtree(work)


def write_files(folder: Path, target: Path, most: int, per_file: int) -> int:
    """Writes the set's first passages as Markdown files and returns their number."""
    target.mkdir()
    chapters: dict[str, list[str]] = defaultdict(list)
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line, _ in zip(lines, range(most), strict=False):
            passage = json.loads(line)
            chapters[passage.get("title") or "Untitled"].append(passage["text"])
    names = 0
    for title, texts in chapters.items():
        for first in range(0, len(texts), per_file):
            body = "\n\n".join(texts[first : first + per_file])
            (target / f"{names:05d}.md").write_text(f"# {title}\n\n{body}\n", "utf-8")
            names += 1
    return names


def one_run(home: Path, documents: Path) -> dict[str, float]:
    shutil.rmtree(home / "collections", ignore_errors=True)
    command = [sys.executable, "-m", "ui.terminal.main", "ingest", str(documents), "--home", str(home)]
    wall, cpu = timed(lambda: subprocess.run(command, check=True, capture_output=True), resource.RUSAGE_CHILDREN)
    texts = stored_texts(home)
    embedder = open_embedder(EmbedderSettings(), home / "models")
    embedder.embed_passages(texts[:32])  # warm

    def embed() -> None:
        for first in range(0, len(texts), BATCH_PASSAGES):
            embedder.embed_passages(texts[first : first + BATCH_PASSAGES])

    embed_wall, embed_cpu = timed(embed, resource.RUSAGE_SELF)
    return {
        "passages": len(texts),
        "ingest_wall": wall,
        "ingest_cpu": cpu,
        "embed_wall": embed_wall,
        "embed_cpu": embed_cpu,
    }


def stored_texts(home: Path) -> list[str]:
    catalog = open_collection(home, "default")
    with catalog.snapshot() as snapshot:
        stored = snapshot.passages(snapshot.numbers()).values()
        return [embedding_text(item.document.title, item.passage) for item in stored]


def timed(work: Callable[[], object], who: int) -> tuple[float, float]:
    before, begun = resource.getrusage(who), time.perf_counter()
    work()
    after = resource.getrusage(who)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - begun, cpu


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    main()
