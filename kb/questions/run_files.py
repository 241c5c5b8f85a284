"""The runs that a collection carries: files in its evaluation folder, written by who measures, read by who shows.

Each run is two files of JSON: `NAME.json` with every question, as `ibid eval --json` writes it, and `NAME.figures.json`
with what people look at. They may have come with a collection from elsewhere: they are data, and may be damaged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.errors import NotFoundError, StorageError
from kb.questions.collection_file import evaluation_folder

# Compares two run files, the earlier one first; gives None where no question is in both. Raises `NotFoundError` and
# `StorageError`. Who measures can do this; the server, which only shows runs, is given it.
CompareRuns = Callable[[Path, Path], dict[str, Any] | None]

_NAME = re.compile(r"run-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")
_FIGURES = ".figures.json"


def run_name(moment: datetime) -> str:
    """The name of a run that is kept at this moment. Names sort as their moments do, to the microsecond."""
    utc = moment.astimezone(UTC)
    return f"run-{utc:%Y%m%dT%H%M%SZ}-{utc.microsecond:06x}"


def run_path(home: Path, collection: str, run: str) -> Path:
    """Where the whole of a run stands or would stand.

    Raises:
        NotFoundError: no run can have this name.
    """
    if not _NAME.fullmatch(run):
        raise NotFoundError(f"no run {run[:80]!r}")
    return evaluation_folder(home, collection) / f"{run}.json"


def figures_path(home: Path, collection: str, run: str) -> Path:
    """Where the figures of a run stand or would stand.

    Raises:
        NotFoundError: no run can have this name.
    """
    return run_path(home, collection, run).with_name(run + _FIGURES)


def run_names(home: Path, collection: str) -> list[str]:
    """The names of the collection's runs, the newest first. Their names begin with the moment."""
    folder = evaluation_folder(home, collection)
    found = (path.name.removesuffix(_FIGURES) for path in folder.glob(f"run-*{_FIGURES}"))
    return sorted((name for name in found if _NAME.fullmatch(name)), reverse=True)


def read_run_json(path: Path) -> dict[str, Any]:
    """What a file of a run holds.

    Raises:
        NotFoundError: there is no such file.
        StorageError: it is damaged.
    """
    try:
        content = json.loads(path.read_bytes(), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise NotFoundError(f"no run {path.name.partition('.')[0]!r}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise StorageError(f"cannot read {path.name}", "the file is damaged") from error
    if not isinstance(content, dict):
        raise StorageError(f"cannot read {path.name}", "it is no run")
    return content


def remove_run(home: Path, collection: str, run: str) -> None:
    """Removes both files of a run.

    Raises:
        NotFoundError: there is no such run.
        StorageError: they cannot be removed.
    """
    try:
        figures_path(home, collection, run).unlink()
        run_path(home, collection, run).unlink(missing_ok=True)
    except FileNotFoundError as error:
        raise NotFoundError(f"no run {run!r}") from error
    except OSError as error:
        raise StorageError(f"cannot remove the run {run}", str(error.strerror)) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
