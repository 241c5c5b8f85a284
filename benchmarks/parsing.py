"""Measures the parsers on a folder of documents: outcome, exactness against references, and speed of every file.

    python benchmarks/parsing.py FOLDER [--json FILE] [--only TEXT] [--keep FOLDER]

FOLDER holds `manifest.jsonl`, one JSON object a line: `file` (path below FOLDER), `reference` (path of the expected
text, or null) and `reference_exact` (true where it is the exact text). Against exact references the character error
rate is measured (edit distance over the reference's length, all white space removed); against others the recall of
word tokens. Every file is parsed in this process, after one warm-up that pays the libraries' imports.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eval.metrics.parsing import character_error_rate, token_recall
from ingest.parsing import parse_file
from kb.errors import IbidError
from kb.records import Document


def measure(folder: Path, entry: dict[str, Any], keep: Path | None) -> dict[str, Any]:
    """One file's result."""
    path = folder / entry["file"]
    started, used = time.perf_counter(), time.process_time()
    result: dict[str, Any] = {"file": path.name}
    try:
        document = parse_file(path, path.name)
    except IbidError as error:
        result |= {"outcome": type(error).__name__, "reason": str(error)}
        document = None
    result |= {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - used}
    if document is None:
        return result
    if keep is not None:
        (keep / f"{path.name}.txt").write_text(document.text, encoding="utf-8")
    return result | _figures(folder, entry, document)


def _figures(folder: Path, entry: dict[str, Any], document: Document) -> dict[str, Any]:
    kinds = Counter(mark.kind.value for mark in document.marks)
    figures: dict[str, Any] = {
        "outcome": "document", "title": document.title, "language": document.language, "pages": document.pages,
        "characters": len(document.text), "boxes": len(document.boxes), "marks": dict(kinds),
        "pages_by_ocr": document.metadata.get("pages_by_ocr", ""),
        "warnings": document.warnings,
    }  # fmt: skip
    if entry.get("reference"):
        reference = (folder / entry["reference"]).read_text(encoding="utf-8")
        if entry.get("reference_exact"):
            figures["character_error_rate"] = character_error_rate(document.text, reference)
        else:
            figures["token_recall"] = token_recall(document.text, reference)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, help="write the results here as well")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--keep", type=Path, help="write every text into this folder, to be read")
    arguments = parser.parse_args()
    lines = (arguments.folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [entry for line in lines if arguments.only in (entry := json.loads(line))["file"]]
    _warm_up()
    results = []
    for entry in entries:
        results.append(measure(arguments.folder, entry, arguments.keep))
        print(json.dumps(results[-1], ensure_ascii=False), file=sys.stderr, flush=True)
    digital = [
        r for r in results if r["outcome"] == "document" and r["file"].endswith(".pdf") and not r["pages_by_ocr"]
    ]
    pages, cpu = sum(r["pages"] for r in digital), sum(r["cpu_seconds"] for r in digital)
    rates = [r["character_error_rate"] for r in results if "character_error_rate" in r]
    report = {
        "files": len(results),
        "outcomes": dict(Counter(result["outcome"] for result in results)),
        "worst_character_error_rate": max(rates, default=None),
        "mean_token_recall": _mean([r["token_recall"] for r in results if "token_recall" in r]),
        "pdf_pages": pages,
        "pdf_pages_per_cpu_second": pages / cpu if cpu else None,
        "results": results,
    }  # fmt: skip
    text = json.dumps(report, ensure_ascii=False, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _warm_up() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("a.html", "<html><p>A line.</p></html>"), ("a.txt", "A line of text.")):
            (Path(folder) / name).write_text(text, encoding="utf-8")
            parse_file(Path(folder) / name, name)


if __name__ == "__main__":
    main()
