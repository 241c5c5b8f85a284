"""Keeps what was measured of a judge, so that it stands next to every later score of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from eval.judging.records import Agreement
from eval.statistics.intervals import Interval
from kb.errors import UsageError


def read_agreements(home: Path, judge: str) -> tuple[Agreement, ...]:
    """What was measured of the judge of that name; nothing where it never was."""
    try:
        content = json.loads(_path(home, judge).read_text(encoding="utf-8"))
        return tuple(
            Agreement(**{**item, "figures": {name: Interval(*values) for name, values in item["figures"].items()}})
            for item in content
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # never measured, or damaged: measured anew
        return ()


def keep_agreements(home: Path, agreements: Sequence[Agreement]) -> None:
    """Keeps the agreements of one judge in the place of earlier ones.

    Raises:
        UsageError: the file cannot be written.
    """
    path = _path(home, agreements[0].judge)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps([asdict(agreement) for agreement in agreements], indent=1), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}", str(error.strerror)) from error


def _path(home: Path, judge: str) -> Path:
    key = hashlib.sha256(judge.encode("utf-8", "replace")).hexdigest()[:16]
    return home / "cache" / "eval" / "judges" / f"{key}.json"
