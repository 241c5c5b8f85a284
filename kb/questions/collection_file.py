"""The question file that a collection carries in its folder, so that a copy of it has the questions, too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kb.catalog.collections import collection_folder, open_collection
from kb.errors import ChangedMeanwhileError, NotFoundError, StorageError, UsageError
from kb.home.home import Home
from kb.portable.archive import EVALUATION
from kb.questions.reading import CSV_SUFFIXES, YAML_SUFFIXES, questions_in
from kb.questions.records import OwnQuestion
from kb.questions.writing import questions_as_bytes
from kb.text.decoding import decode

_NAME = "questions"


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """A collection's question file as it was read.

    Attributes:
        path: where it stands or would stand.
        text: all that is in it; "" where there is none.
        version: of these bytes, and of no others; "" where there is none.
    """

    path: Path
    text: str
    version: str

    def questions(self) -> tuple[OwnQuestion, ...]:
        """Its questions; none where there is no file.

        Raises:
            UsageError: a line of it is wrong.
        """
        if not self.version:
            return ()
        return questions_in(self.text, self.path.suffix.lower(), f"the collection ({self.path.name})")


def evaluation_folder(home: Path, name: str) -> Path:
    """The folder of the collection `name` that holds its questions and its runs; it need not be there."""
    return collection_folder(home, name) / EVALUATION


def find_questions(home: Path, name: str) -> Path:
    """The collection's own question file.

    Raises:
        NotFoundError: it carries none.
        UsageError: it carries several, and it cannot be told which is meant.
    """
    path = _question_path(home, name)
    if not path.is_file():
        raise NotFoundError(
            f"collection {name!r} carries no questions",
            f"there is no {path}",
            "Write that file, or name another with --questions; `ibid eval --synthesise` makes a first one",
        )
    return path


def read_question_file(home: Path, name: str) -> QuestionFile:
    """The collection's own question file, whether or not there is one.

    Raises:
        NotFoundError: there is no such collection.
        UsageError: it carries several question files.
        StorageError: the file cannot be read.
    """
    path = _question_path(home, name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return QuestionFile(path, "", "")
    except OSError as error:
        raise StorageError(f"cannot read {path}", str(error.strerror)) from error
    return QuestionFile(path, decode(content), hashlib.sha256(content).hexdigest())


def replace_questions(home: Home, name: str, make: Callable[[QuestionFile], bytes], version: str | None) -> None:
    """Puts other bytes into the collection's question file; none remove it.

    Args:
        home: whose collection; its database keeps two writers from each other.
        name: the collection's.
        make: gets the file as it stands, and gives what it is to hold.
        version: that the file must still have; None where any will do.

    Raises:
        ChangedMeanwhileError: it has another version by now; then nothing is changed.
        NotFoundError: there is no such collection (any more).
        UsageError: what `make` raises, or the collection carries several question files.
        StorageError: the file cannot be written.
    """
    with home.writing():
        file = read_question_file(home.folder, name)
        if version is not None and file.version != version:
            raise ChangedMeanwhileError(
                "the questions were changed meanwhile",
                "somebody else stored others",
                "Read them again, then change them",
            )
        _put(file.path, make(file), name)


def appended(file: QuestionFile, more: OwnQuestion) -> bytes:
    """What the file holds with one more question at its end.

    Raises:
        UsageError: the question is in it already, or a line of the file is wrong.
    """
    questions = file.questions()
    if any(own.id == more.id for own in questions):
        raise UsageError("the question is among the collection's questions already")
    return questions_as_bytes(file.path, [*questions, more])


def _question_path(home: Path, name: str) -> Path:
    """Where the collection's question file stands, or would stand."""
    open_collection(home, name).close()
    folder = evaluation_folder(home, name)
    found = [path for suffix in (*YAML_SUFFIXES, *CSV_SUFFIXES) if (path := folder / f"{_NAME}{suffix}").is_file()]
    if len(found) > 1:
        both = " and ".join(path.name for path in found)
        raise UsageError(f"collection {name!r} carries several question files", both, "Keep one, or name one")
    return found[0] if found else folder / f"{_NAME}.yaml"


def _put(path: Path, content: bytes, name: str) -> None:
    """Puts it there whole or not at all, and never into a collection that was deleted meanwhile."""
    aside = path.with_name(f"{path.name}.part")
    try:
        if not content:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except FileNotFoundError as error:
        raise NotFoundError(f"no collection {name!r}", "somebody deleted it") from error
    except OSError as error:
        raise StorageError(f"cannot write {path}", str(error.strerror)) from error
