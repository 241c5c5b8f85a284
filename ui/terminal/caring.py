"""`ibid documents`, `show`, `set`, `delete`, `collections`: the care of a collection."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kb.attributes import read_assignments
from kb.catalog.collections import (
    collection_names,
    create_collection,
    delete_collection,
    list_collections,
    open_collection,
)
from kb.catalog.naming import the_document, with_ids
from kb.errors import UsageError
from kb.home.answers import answers_citing, cited_documents
from kb.home.audit import TERMINAL, record
from kb.home.evaluations import forget_evaluations
from kb.home.home import Home
from kb.home.jobs import forget_jobs
from kb.home.withdrawals import Withdrawn, noting_withdrawals
from kb.records import Policy
from kb.settings import Settings
from kb.text.ordering import natural_key
from ui.terminal.describing import described, in_force, version_of
from ui.terminal.recalling import say_withdrawn


def documents(options: argparse.Namespace, settings: Settings) -> int:
    """Lists the documents of a collection."""
    catalog = open_collection(settings.home, settings.collection)
    with catalog.snapshot() as snapshot:
        entries = sorted(snapshot.documents(), key=lambda entry: natural_key(entry.name))
        names = {entry.id: entry.name for entry in entries}
        version = snapshot.version
    if options.json:
        listed = [asdict(entry) for entry in entries]
        _print_json({"collection": catalog.name, "version": version, "documents": listed})
        return 0
    for entry in entries:
        pages = f"{entry.pages} pages" if entry.pages else ""
        shown = f"{entry.id[:12]}  {entry.passages:5d} passages  {pages:>10}  {entry.language:7}  {entry.name}"
        print("  ".join(filter(None, (shown, in_force(entry), version_of(entry, names)))))
    print(f"{len(entries)} documents in {catalog.name!r}", file=sys.stderr)
    return 0


def show(options: argparse.Namespace, settings: Settings) -> int:
    """Prints a document's text, or its passages as they were cut."""
    catalog = open_collection(settings.home, settings.collection)
    with catalog.snapshot() as snapshot:
        entry = the_document(snapshot, options.document)
        lines = described(entry, snapshot)
        document = snapshot.document(entry.id)
        stored = snapshot.passages_of(entry.id)
    if options.json:
        passages = [{"id": item.passage.id, **asdict(item.passage)} for item in stored]
        marks = [[mark.kind, mark.start, mark.end, mark.number, mark.label] for mark in document.marks]
        _print_json({**asdict(entry), "text": document.text, "marks": marks, "passages": passages})
    elif options.passages:
        for item in stored:
            passage = item.passage
            page = f" · page {passage.first_page}" if passage.first_page else ""
            print(f"— {passage.order + 1} · {passage.start}–{passage.end}{page} · {' › '.join(passage.headings)}")
            print(passage.text, end="\n\n")
    else:
        print(document.text)
        for line in lines:
            print(f"ibid: {line}", file=sys.stderr)
        for warning in entry.warnings:
            print(f"ibid: note: {warning}", file=sys.stderr)
    return 0


def describe(options: argparse.Namespace, settings: Settings) -> int:
    """Notes what a person says of a document; it wins over what the document says of itself."""
    given = read_assignments(options.assignments)
    catalog = open_collection(settings.home, settings.collection)
    with catalog.snapshot() as snapshot:
        wanted = the_document(snapshot, options.document).id
        given = with_ids(snapshot, given)
    version = catalog.describe(wanted, given)
    record(Home(settings.home), TERMINAL, "document.described", collection=catalog.name, subjects=[wanted])
    with catalog.snapshot() as snapshot:
        entry = snapshot.entry(wanted)
        lines = described(entry, snapshot)
    if options.json:
        _print_json({"collection": catalog.name, "version": version, "document": asdict(entry)})
    else:
        print(entry.name)
        for line in lines:
            print(f"  {line}")
    return 0


def delete(options: argparse.Namespace, settings: Settings) -> int:
    """Removes documents: all that were named, or none where one of them is not there."""
    catalog = open_collection(settings.home, settings.collection)
    with catalog.snapshot() as snapshot:
        entries = [the_document(snapshot, wanted) for wanted in options.documents]
    home = Home(settings.home)
    with noting_withdrawals(home, catalog) as withdrawn:
        version = catalog.remove([entry.id for entry in entries])
    removed_ids = list(dict.fromkeys(entry.id for entry in entries))
    record(home, TERMINAL, "document.deleted", collection=catalog.name, subjects=removed_ids)
    for entry in entries:
        forget_jobs(home, catalog.name, entry.id)
    if options.json:
        removed = [{"id": entry.id, "name": entry.name} for entry in entries]
        past_answers = list(withdrawn.answers)
        _print_json({"collection": catalog.name, "version": version, "removed": removed, "past_answers": past_answers})
    else:
        for entry in entries:
            print(f"removed {entry.name} ({entry.passages} passages)")
        say_withdrawn(withdrawn)
    return 0


def collections(options: argparse.Namespace, settings: Settings) -> int:
    """Lists collections; makes, changes or removes one where asked to.

    Raises:
        UsageError: a policy without a collection to give it to, or the other way round.
    """
    policy = Policy(options.policy) if options.policy else None
    if bool(options.set) != bool(policy) and not (policy and options.create):
        raise UsageError("--set and --policy go together", advice="`ibid collections --set NAME --policy strict`")
    if options.create:
        is_new = options.create not in collection_names(settings.home)
        create_collection(settings.home, options.create, policy=policy or Policy.FLAG)
        if is_new:
            record(Home(settings.home), TERMINAL, "collection.created", collection=options.create)
    if options.set and policy:
        open_collection(settings.home, options.set).set_policy(policy)
        record(Home(settings.home), TERMINAL, "collection.changed", collection=options.set)
    if options.delete:
        home = Home(settings.home)
        delete_collection(settings.home, options.delete)
        record(home, TERMINAL, "collection.deleted", collection=options.delete)
        forget_jobs(home, options.delete)
        forget_evaluations(home, options.delete)
        say_withdrawn(Withdrawn(answers_citing(home, options.delete, cited_documents(home, options.delete))))
    found = list_collections(settings.home)
    for name in sorted(set(collection_names(settings.home)) - {collection.name for collection in found}):
        print(f"ibid: {name!r} is there but cannot be read. `ibid doctor` says why", file=sys.stderr)
    if options.json:
        _print_json({"collections": [asdict(collection) for collection in found]})
        return 0
    for collection in found:
        model = collection.space.model if collection.space else "no vectors yet"
        counts = f"{collection.documents:5d} documents  {collection.passages:7d} passages"
        print(f"{collection.name:20}  {counts}  {collection.policy:6}  version {collection.version}  {model}")
    return 0


def _print_json(value: dict[str, Any] | Sequence[Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
