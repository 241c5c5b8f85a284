"""`ibid ingest` and `ibid reembed`: files into a collection, and a collection to another embedding model."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Never

from tqdm import tqdm

from ingest.locking import ingestion_lock
from ingest.pipeline import ingest_files
from ingest.pruning import prune
from ingest.reading import FileOutcome, FileState, Parse
from ingest.sandbox import ParserPool
from ingest.walking import FoundFile, walk
from kb.attributes import read_assignments
from kb.catalog import Catalog, Snapshot
from kb.catalog.collections import collection_names, create_collection, open_collection
from kb.catalog.naming import with_ids
from kb.catalog.versions import REPLACES
from kb.errors import InputError, UsageError
from kb.home.audit import TERMINAL, record, recording_documents
from kb.home.home import Home
from kb.home.withdrawals import noting_withdrawals
from kb.ports import Embedder
from kb.settings import Settings
from retriever import embedder_of
from ui.terminal.recalling import say_withdrawn


def ingest(options: argparse.Namespace, settings: Settings) -> int:
    """Takes in what was named, reports every file that failed, and sums up."""
    if options.workers < 0:
        raise UsageError(f"--workers cannot be {options.workers}", advice="Name how many files are parsed at once")
    given = read_assignments([*options.set, *(f"{REPLACES}={replaced}" for replaced in options.replaces)])
    found = list(walk(options.paths))
    if options.replaces and len(found) != 1:
        raise UsageError(f"--replaces is about one file, not {len(found)}", advice="Name the newer version alone")
    if not any(isinstance(file, FoundFile) for file in found):
        _require_collection(settings, found)
    catalog = create_collection(settings.home, settings.collection)
    with catalog.snapshot() as snapshot:
        given = with_ids(snapshot, given)
        if options.replaces:
            _require_another_file(found, given[REPLACES], snapshot)
    home = Home(settings.home)
    with (
        ingestion_lock(catalog.folder),
        recording_documents(home, catalog, TERMINAL),
        noting_withdrawals(home, catalog) as withdrawn,
    ):
        outcomes = _take_in(found, catalog, settings, options, given)
        removed = prune(catalog, options.paths, found) if options.prune else []
        if options.prune and any(isinstance(file, InputError) for file in found):
            print("ibid: --prune removed nothing: not all that was named could be looked at", file=sys.stderr)
    collection = catalog.collection()
    if options.json:
        summary = {"collection": collection.name, "version": collection.version, "removed": removed}
        summary["past_answers"] = list(withdrawn.answers)
        files = [{**asdict(outcome), "state": str(outcome.state)} for outcome in outcomes]
        print(json.dumps({**summary, "files": files}, ensure_ascii=False, indent=2))
    else:
        print(_summary(outcomes, removed, catalog))
        say_withdrawn(withdrawn)
    return 1 if any(outcome.state is FileState.FAILED for outcome in outcomes) else 0


def _require_collection(settings: Settings, found: Sequence[FoundFile | InputError]) -> None:
    """Makes no collection for nothing, where what was named has no file that can be read: the name may be mistyped.

    Raises:
        InputError: why what was named cannot be read.
        UsageError: there is nothing in it.
    """
    if settings.collection in collection_names(settings.home):
        return
    for file in found:
        if isinstance(file, InputError):
            raise file
    raise UsageError("nothing is taken in", "there is no file that can be read in what was named")


def _require_another_file(found: Sequence[FoundFile | InputError], replaced: str, snapshot: Snapshot) -> None:
    """Refuses a file that is to replace what was read from it before, which would leave nothing of that.

    Raises:
        UsageError: the file itself is what it is to replace.
    """
    for file in found:
        source = snapshot.source(file.source) if isinstance(file, FoundFile) else None
        if source is not None and any(source.document_id.startswith(part) for part in replaced.split(", ")):
            raise UsageError(
                f"{source.name} cannot replace itself",
                "a file that changed takes its own place, and its older text goes",
                "Save the newer version under another name to keep both",
            )


def _take_in(
    found: Sequence[FoundFile | InputError],
    catalog: Catalog,
    settings: Settings,
    options: argparse.Namespace,
    given: Mapping[str, str],
) -> list[FileOutcome]:
    if not found:
        print("ibid: no file that can be read in what was named", file=sys.stderr)
        return []
    outcomes = []
    parts = _on_cluster(options, settings) if options.ray else _on_this_machine(options, settings)
    with parts as (parse, embedder, workers), _progress(len(found)) as advance:
        for outcome in ingest_files(found, catalog, embedder, parse, settings.limits, workers=workers, given=given):
            outcomes.append(outcome)
            advance(outcome)
    return outcomes


_Parts = tuple[Parse, Embedder, int]  # how files are parsed and embedded, and how many are parsed at once


@contextmanager
def _on_this_machine(options: argparse.Namespace, settings: Settings) -> Iterator[_Parts]:
    workers = options.workers or max(1, (os.cpu_count() or 2) // 2)  # the other half of the cores embeds meanwhile
    with ParserPool(settings.limits) as pool:
        yield pool.parse_all, embedder_of(settings)(), workers


@contextmanager
def _on_cluster(options: argparse.Namespace, settings: Settings) -> Iterator[_Parts]:
    from ingest.cluster import open_cluster

    with open_cluster(options.ray, settings, embedder_of(settings), options.workers) as cluster:
        yield cluster.parse, cluster.embedder, cluster.workers


@contextmanager
def _progress(total: int) -> Iterator[_Advance]:
    """A bar on a terminal, plain lines elsewhere; both on stderr."""
    bar = tqdm(total=total, unit="file", desc="Reading", disable=not sys.stderr.isatty(), file=sys.stderr)
    try:
        yield _Advance(bar)
    finally:
        bar.close()


class _Advance:
    """Shows one outcome after another."""

    def __init__(self, bar: tqdm[Never]) -> None:
        self._bar = bar

    def __call__(self, outcome: FileOutcome) -> None:
        """Advances the bar; failures and warnings always get their line."""
        if outcome.state is FileState.FAILED:
            named = outcome.reason.startswith(outcome.name)  # what is no file has no other name than what failed
            self._say(f"failed     {outcome.reason if named else f'{outcome.name}: {outcome.reason}'}")
        elif outcome.state is FileState.DUPLICATE:
            self._say(f"duplicate  {outcome.name}: {outcome.reason}")
        elif self._bar.disable and outcome.state is FileState.STORED:
            self._say(f"stored     {outcome.name}: {outcome.passages} passages")
        for warning in outcome.warnings:
            self._say(f"note       {outcome.name}: {warning}")
        self._bar.update()

    def _say(self, line: str) -> None:
        self._bar.write(line, file=sys.stderr)


def _summary(outcomes: Sequence[FileOutcome], removed: Sequence[str], catalog: Catalog) -> str:
    collection = catalog.collection()
    counts = {state: sum(outcome.state is state for outcome in outcomes) for state in FileState}
    parts = [f"{count} {state}" for state, count in counts.items() if count]
    if removed:
        parts.append(f"{len(removed)} removed")
    done = ", ".join(parts) or "nothing to do"
    return f"{collection.name}: {done}; {collection.documents} documents, {collection.passages} passages in all"


def reembed(options: argparse.Namespace, settings: Settings) -> int:
    """Gives every passage of a collection a vector of the settings' model, then searches with it."""
    from ingest.reembedding import reembed as change_model

    catalog = open_collection(settings.home, settings.collection)
    embedder = embedder_of(settings)()
    with (
        ingestion_lock(catalog.folder),
        tqdm(unit="passage", desc="Embedding", disable=not sys.stderr.isatty(), file=sys.stderr) as bar,
    ):

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        version = change_model(catalog, embedder, report)
    record(Home(settings.home), TERMINAL, "collection.reembedded", collection=catalog.name)
    if options.json:
        print(json.dumps({"collection": catalog.name, "version": version, "model": embedder.space.model}))
    else:
        print(f"{catalog.name}: version {version} uses {embedder.space.model} ({embedder.space.dimension} dimensions)")
    return 0
