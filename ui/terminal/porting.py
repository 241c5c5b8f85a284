"""`ibid export`, `ibid import`: a collection as one file."""

from __future__ import annotations

import argparse
import json
import sys

from kb.home.audit import TERMINAL, record
from kb.home.home import Home
from kb.portable import export_collection, import_collection
from kb.portable.archive import Ported
from kb.settings import Settings


def export(options: argparse.Namespace, settings: Settings) -> int:
    """Writes a collection into one file.

    Raises:
        NotFoundError: there is no such collection.
        UsageError: the file is there already, or cannot be there.
    """
    ported = export_collection(settings.home, settings.collection, options.file, overwrite=options.force)
    _say(ported, options, f"wrote {ported.collection!r} into {options.file}")
    return 0


def take_in(options: argparse.Namespace, settings: Settings) -> int:
    """Makes a collection of a file that `ibid export` wrote.

    Raises:
        UsageError: the file is none, is damaged, or the name is taken.
        StorageError: there is no room for it, or a newer ibid wrote it.
    """
    free = settings.limits.free_disk_mb * 1_000_000
    ported = import_collection(settings.home, options.file, options.collection or "", free_bytes=free)
    record(Home(settings.home), TERMINAL, "collection.imported", collection=ported.collection)
    _say(ported, options, f"made {ported.collection!r} of {options.file}")
    return 0


def _say(ported: Ported, options: argparse.Namespace, what: str) -> None:
    if options.json:
        print(json.dumps(ported._asdict(), ensure_ascii=False, indent=2))
        return
    size = f"{ported.bytes / 1e6:.1f} MB"
    print(f"ibid: {what}: {ported.documents} documents, {ported.passages} passages, {size}", file=sys.stderr)
