"""The task "parsing": how exactly files are read, and whether answers name the right page of them.

The folder holds `manifest.jsonl`, one object a line: `file` (a path below the folder), `reference` (the path of what
its text should be, or null) and `reference_exact` (whether that is the exact text). Exact references give a character
error rate, others a token recall; a file with a reference that cannot be read has rate 1 and recall 0. Files are read
in the confined processes that ingestion uses. Where there are `*_questions.jsonl` too, pages are measured (`pages.py`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eval.metrics.parsing import character_error_rate, token_recall
from eval.records import QuestionResult, Run
from eval.set_collection import Progress, say_nothing
from eval.sets import take_sample
from eval.statistics.intervals import bootstrap_interval
from eval.tasks.answer_sets import json_lines
from eval.tasks.pages import PageQuestion, measure_pages, read_page_questions
from ingest.reading import PIPELINE, Parse
from ingest.sandbox import ParserPool
from kb.errors import UsageError
from kb.ports import ChatModel, Embedder
from kb.records import Document
from kb.settings import Settings

_ADVICE = "It needs a manifest.jsonl that names files and their references"


def evaluate_parsing(
    folder: Path,
    settings: Settings,
    *,
    cache: Path,
    sample: int = 0,
    part: str = "",
    parse: Parse | None = None,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    progress: Progress | None = None,
) -> Run:
    """Measures the parsers on a folder of documents.

    Args:
        folder: where `manifest.jsonl` is.
        settings: what one file may cost, and who answers the questions about pages.
        cache: where the collection of the documents asked about is kept.
        sample: how many files, and how many questions about pages; 0 for all.
        part: only files whose field "part" or "lang" says so; then no pages are measured.
        parse: instead of the product's own parsers.
        embedder: instead of the settings' one.
        model: instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: the manifest or a reference is missing.
        UsageError: a line cannot be read, or no file is named.
    """
    entries = take_sample([line for line in _entries(folder) if part in ("", _part_of(line))], sample)
    questions: list[PageQuestion] = [] if part else take_sample(read_page_questions(folder), sample)
    if not entries:
        raise UsageError(f"{folder} names no files", f"of part {part!r}" if part else "", _ADVICE)
    say = progress or say_nothing
    with _parser(settings, parse) as read:
        results = [_measured(folder, entry, read) for entry in _told(entries, say)]
        if questions:
            where = cache / "eval" / f"{folder.name}-pages"
            results += measure_pages(folder, questions, settings, where, read, embedder=embedder, model=model, say=say)
    names = dict.fromkeys(name for result in results for name in result.values)
    return Run(
        set=folder.name,
        task="parsing",
        config={
            "pipeline": PIPELINE,
            "part": part,
            "sample": sample,
            "files": len(entries),
            "pages of": len(questions),
        },
        metrics={
            name: bootstrap_interval([item.values[name] for item in results if name in item.values]) for name in names
        },
        queries=tuple(results),
    )


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    path = folder / "manifest.jsonl"
    if not path.is_file():
        raise UsageError(f"{folder} is no set for parsing", "there is no manifest.jsonl in it", _ADVICE)
    for line in json_lines(path):
        if not isinstance(line.get("file"), str):
            raise UsageError(f"{path} has a line without a file", str(line)[:100], _ADVICE)
        yield line


def _part_of(entry: dict[str, Any]) -> str:
    return str(entry.get("part") or entry.get("lang") or "")


def _told(entries: Sequence[dict[str, Any]], say: Progress) -> Iterator[dict[str, Any]]:
    for number, entry in enumerate(entries):
        say("parsing", number, len(entries))
        yield entry
    say("parsing", len(entries), len(entries))


@contextmanager
def _parser(settings: Settings, parse: Parse | None) -> Iterator[Parse]:
    if parse is not None:
        yield parse
        return
    with ParserPool(settings.limits) as pool:
        yield pool.parse_all


def _measured(folder: Path, entry: dict[str, Any], parse: Parse) -> QuestionResult:
    name = entry["file"]
    started = time.perf_counter()
    [outcome] = parse([(folder / name, Path(name).name)])
    document = outcome if isinstance(outcome, Document) else None
    details = {
        "kind": "file",
        "seconds": round(time.perf_counter() - started, 3),
        "group": str(entry.get("lang") or ""),
    }
    if document is None:
        details |= {"failure": str(outcome)}
    else:
        details |= {"pages": document.pages, "characters": len(document.text), "warnings": list(document.warnings)}
    values = {"parsed": float(document is not None)}
    if entry.get("reference"):
        reference = (folder / entry["reference"]).read_text(encoding="utf-8")
        text = document.text if document else ""
        exact = bool(entry.get("reference_exact"))
        values |= {"CER": character_error_rate(text, reference)} if exact else {}
        values |= {} if exact else {"token recall": token_recall(text, reference)}
    return QuestionResult(name, Path(name).name, values, details)
