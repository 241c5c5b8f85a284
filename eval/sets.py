"""Question sets on disk: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`, one passage a line of the corpus."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from kb.errors import NotFoundError, UsageError

_Item = TypeVar("_Item")

_SEED = 20_261_122  # any fixed number: the same set and size give the same sample, a larger one holds the smaller

# Fields by which the questions of a set fall into groups that people want to see apart, the first that a set has.
_GROUP_FIELDS = ("domain", "bench", "course", "department", "qtype", "category", "kind", "type", "label")


class Span(NamedTuple):
    """The characters `[start:end]` of a document."""

    doc: str
    start: int
    end: int


class SetPassage(NamedTuple):
    """One line of the corpus. `doc` names the document it is a part of, "" where the set does not say."""

    id: str
    title: str
    text: str
    doc: str
    start: int = -1  # where in `doc` the text begins; -1 where the set does not say

    @property
    def span(self) -> Span | None:
        """Where the passage stands in its document, where the set says so."""
        return Span(self.doc, self.start, self.start + len(self.text)) if self.doc and self.start >= 0 else None


class SetQuestion(NamedTuple):
    """One question and which passages answer it: grades by passage id, 0 for judged and found wanting."""

    id: str
    text: str
    doc: str  # the document that answers it, where the set says so
    grades: Mapping[str, int]
    spans: tuple[Span, ...] = ()  # the characters that answer it, where the set says so
    group: str = ""  # the domain, course or kind of question, where the set says so


class RetrievalSet(NamedTuple):
    """A corpus and its judged questions, in the order of the files."""

    name: str
    passages: tuple[SetPassage, ...]
    questions: tuple[SetQuestion, ...]


def read_retrieval_set(folder: Path, part: str = "", sample: int = 0) -> RetrievalSet:
    """Reads a set.

    Args:
        folder: where the three files are.
        part: keeps only questions whose field "part" says so ("dev", "test"); "" keeps all.
        sample: keeps so many of the judged questions, drawn with a fixed seed; 0 keeps all.

    Raises:
        NotFoundError: a file is missing.
        UsageError: a line cannot be read, or no judged question is left.
    """
    passages = read_passages(folder)
    grades = _read_grades(folder / "qrels.tsv")
    judged = [line for line in read_question_lines(folder, part) if line["_id"] in grades]
    if not judged:
        raise UsageError(f"{folder} has no judged questions", f"of part {part!r}" if part else "")
    questions = tuple(
        SetQuestion(line["_id"], line["text"], line.get("doc", ""), grades[line["_id"]], spans_of(line), group_of(line))
        for line in take_sample(judged, sample)
    )
    return RetrievalSet(folder.name, passages, questions)


def read_passages(folder: Path) -> tuple[SetPassage, ...]:
    """Every line of the corpus, in its order.

    Raises:
        NotFoundError: the corpus is missing.
        UsageError: a line cannot be read.
    """
    return tuple(
        SetPassage(line["_id"], line.get("title", ""), line["text"], line.get("doc", ""), line.get("start", -1))
        for line in _json_lines(_corpus_path(folder))
    )


def read_question_lines(folder: Path, part: str = "") -> list[dict[str, Any]]:
    """Every question with all its fields, judged or not, in the order of the file; only those of `part` where given.

    Raises:
        NotFoundError: the file is missing.
        UsageError: a line cannot be read.
    """
    lines = [line for line in _json_lines(folder / "queries.jsonl") if part in ("", line.get("part", ""))]
    if empty := [line["_id"] for line in lines if not line["text"].strip()]:
        raise UsageError(f"question {empty[0]} of {folder} is empty", advice="Take its line out")
    return lines


def take_sample(items: Sequence[_Item], size: int) -> list[_Item]:
    """The first `size` items after a shuffle with a fixed seed, put back in their order; all of them for 0."""
    if size <= 0 or size >= len(items):
        return list(items)
    order = list(range(len(items)))
    random.Random(_SEED).shuffle(order)  # noqa: S311 - a sample, not a secret
    return [items[index] for index in sorted(order[:size])]


def spans_of(line: Mapping[str, Any]) -> tuple[Span, ...]:
    """The gold spans of a question's line.

    Raises:
        UsageError: they are not objects with "doc", "start" and "end".
    """
    try:
        return tuple(Span(str(span["doc"]), int(span["start"]), int(span["end"])) for span in line.get("spans") or ())
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"question {line.get('_id')} has a span that cannot be read", str(error), "It needs doc, start and end"
        ) from error


def group_of(line: Mapping[str, Any]) -> str:
    """The domain, course or kind of a question, "" where its line does not say."""
    return next((str(line[name]) for name in _GROUP_FIELDS if isinstance(line.get(name), str) and line[name]), "")


def _corpus_path(folder: Path) -> Path:
    """The corpus; followed once where a copy without symbolic links left the link's target as the file's text."""
    path = folder / "corpus.jsonl"
    if path.is_file() and path.stat().st_size < 200:
        text = path.read_text(encoding="utf-8").strip()
        if text.endswith("corpus.jsonl") and "\n" not in text:
            return (folder / text).resolve()
    return path


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Each line's object, with an `_id` that no other line has and a text."""
    seen: set[str] = set()
    for number, line in _lines(path):
        try:
            content: dict[str, Any] = {"_id": None, "text": None} | json.loads(line)
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path} line {number} is not a JSON object", str(error)) from error
        content["_id"] = str(content["_id"]) if isinstance(content["_id"], int) else content["_id"]
        if not isinstance(content["_id"], str) or not isinstance(content["text"], str):
            raise UsageError(f"{path} line {number} has no _id or no text", advice="Both must be texts")
        if content["_id"] in seen:
            raise UsageError(f"{path} line {number} has the _id {content['_id']!r} of an earlier line")
        seen.add(content["_id"])
        yield content


def _read_grades(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        try:
            question_id, passage_id, grade = line.split("\t")
            if number > 1 or grade.lstrip("-").isdecimal():  # the first line may be a header
                grades.setdefault(question_id, {})[passage_id] = int(grade)
        except ValueError as error:
            raise UsageError(f"{path} line {number} is not question, passage and grade", str(error)) from error
    return grades


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except FileNotFoundError as error:
        raise NotFoundError(
            f"no file {path}", advice="A question set is a folder with corpus.jsonl, queries.jsonl and qrels.tsv"
        ) from error
