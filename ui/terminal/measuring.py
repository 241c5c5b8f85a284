"""`ibid eval` and `ibid models`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from kb.errors import UsageError
from kb.settings import Settings
from retriever import embedder_of


def evaluate(options: argparse.Namespace, settings: Settings) -> int:
    """Measures retrieval on question sets, one line for each; all of them as JSON where asked to."""
    from eval.retrieval import evaluate_retrieval, table_of
    from retriever import SearchMode

    embedder = embedder_of(settings)()
    evaluations = []
    for folder in options.sets:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a question set", "it is no folder", "Name a folder with corpus.jsonl")
        with _progress(folder.name) as progress:
            evaluation = evaluate_retrieval(
                folder,
                settings.embedder,
                settings.home / "cache",
                mode=SearchMode(options.mode),
                part=options.part,
                embedder=embedder,
                progress=progress,
            )
        print(table_of([evaluation]), flush=True)
        evaluations.append(evaluation)
    if options.json:
        results = [json.loads(evaluation.to_json()) for evaluation in evaluations]
        _write(options.json, results[0] if len(results) == 1 else results)
    return 0


def models(options: argparse.Namespace, settings: Settings) -> int:
    """Says which models are used and what is ready; with --prepare, makes the embedding model ready."""
    from kb.embedding import find_preparation, prepare

    found = find_preparation(settings.embedder, settings.models_folder)
    if found is None and options.prepare:
        found = prepare(settings.embedder, settings.models_folder, lambda line: print(line, file=sys.stderr))
    embedder = {
        "model": found.facts.space.model if found else settings.embedder.model,
        "prepared": found is not None,
        "runtime": found.runtime if found else settings.embedder.runtime,
        "precision": found.precision if found else "",
        "agreement": found.agreement if found else None,
        "folder": str(found.folder) if found else "",
    }
    chat = {"model": settings.model.name or "extractive", "base_url": settings.model.base_url}
    if options.json:
        print(json.dumps({"embedder": embedder, "chat": chat}, ensure_ascii=False, indent=2))
        return 0
    if found:
        how = f"{found.runtime} {found.precision}, agrees with torch to {found.agreement:.5f}"
        print(f"embedding  {embedder['model']}: {how}")
    else:
        print(f"embedding  {embedder['model']}: not prepared yet (`ibid models --prepare`, or the first ingestion)")
    where = f"at {settings.model.base_url}" if settings.model.base_url else "(quotes from the documents, no model)"
    print(f"answers    {chat['model']} {where}")
    return 0


@contextmanager
def _progress(name: str) -> Iterator[Callable[[str, int, int], None]]:
    with tqdm(desc=name, disable=not sys.stderr.isatty(), file=sys.stderr) as bar:

        def show(stage: str, done: int, of: int) -> None:
            bar.set_description(f"{name}: {stage}", refresh=False)
            bar.total = of
            bar.update(done - bar.n)

        yield show


def _write(path: Path, results: object) -> None:
    try:
        path.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}", str(error.strerror), "Name another file") from error
