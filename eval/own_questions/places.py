"""Where a collection keeps the recorded run of its own questions: in its folder, so that a copy of it has it, too."""

from __future__ import annotations

from pathlib import Path

from eval.records import Run
from eval.runs import read_run, write_run
from kb.catalog.collections import open_collection
from kb.errors import UsageError
from kb.questions import evaluation_folder

_RECORDED = "recorded.json"


def recorded_path(home: Path, name: str) -> Path:
    """Where the recorded run of the collection's questions stands or would stand."""
    return evaluation_folder(home, name) / _RECORDED


def record_run(home: Path, name: str, run: Run) -> Path:
    """Makes `run` the one that later runs are compared with; returns its file.

    Raises:
        NotFoundError: there is no such collection.
        UsageError: the file cannot be written.
    """
    open_collection(home, name).close()
    path = recorded_path(home, name)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}", str(error.strerror)) from error
    write_run(path, run)
    return path


def read_recorded(home: Path, name: str) -> Run | None:
    """The recorded run; None where none was recorded.

    Raises:
        UsageError: the file is damaged or no run of a collection's own questions.
    """
    path = recorded_path(home, name)
    return read_run(path) if path.is_file() else None
