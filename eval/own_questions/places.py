"""Where a collection keeps its own questions and the recorded run: in its folder, so that a copy of it has both."""

from __future__ import annotations

from pathlib import Path

from eval.own_questions.reading import CSV_SUFFIXES, YAML_SUFFIXES
from eval.records import Run
from eval.runs import read_run, write_run
from kb.catalog.collections import collection_folder, open_collection
from kb.errors import NotFoundError, UsageError
from kb.portable.archive import EVALUATION

_QUESTIONS = "questions"
_RECORDED = "recorded.json"


def evaluation_folder(home: Path, name: str) -> Path:
    """The folder of the collection `name` that holds its questions and its recorded run; it need not be there."""
    return collection_folder(home, name) / EVALUATION


def find_questions(home: Path, name: str) -> Path:
    """The collection's own question file.

    Raises:
        NotFoundError: it carries none.
        UsageError: it carries several, and it cannot be told which is meant.
    """
    open_collection(home, name).close()
    folder = evaluation_folder(home, name)
    found = [path for suffix in (*YAML_SUFFIXES, *CSV_SUFFIXES) if (path := folder / f"{_QUESTIONS}{suffix}").is_file()]
    if not found:
        raise NotFoundError(
            f"collection {name!r} carries no questions",
            f"there is no {folder / _QUESTIONS}.yaml",
            "Write that file, or name another with --questions; `ibid eval --synthesise` makes a first one",
        )
    if len(found) > 1:
        both = " and ".join(path.name for path in found)
        raise UsageError(f"collection {name!r} carries several question files", both, "Keep one, or name one")
    return found[0]


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
