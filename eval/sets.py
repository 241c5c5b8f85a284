"""Question sets on disk: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`, one passage a line of the corpus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kb.errors import NotFoundError, UsageError


class SetPassage(NamedTuple):
    """One line of the corpus. `doc` names the document it is a part of, "" where the set does not say."""

    id: str
    title: str
    text: str
    doc: str


class SetQuestion(NamedTuple):
    """One question and which passages answer it: grades by passage id, 0 for judged and found wanting."""

    id: str
    text: str
    doc: str  # the document that answers it, where the set says so
    grades: Mapping[str, int]


class RetrievalSet(NamedTuple):
    """A corpus and its judged questions, in the order of the files."""

    name: str
    passages: tuple[SetPassage, ...]
    questions: tuple[SetQuestion, ...]


def read_retrieval_set(folder: Path, part: str = "") -> RetrievalSet:
    """Reads a set.

    Args:
        folder: where the three files are.
        part: keeps only questions whose field "part" says so ("dev", "test"); "" keeps all.

    Raises:
        NotFoundError: a file is missing.
        UsageError: a line cannot be read, or no judged question is left.
    """
    passages = tuple(
        SetPassage(line["_id"], line.get("title", ""), line["text"], line.get("doc", ""))
        for line in _json_lines(_corpus_path(folder))
    )
    grades = _read_grades(folder / "qrels.tsv")
    questions = tuple(
        SetQuestion(line["_id"], line["text"], line.get("doc", ""), grades[line["_id"]])
        for line in _json_lines(folder / "queries.jsonl")
        if line["_id"] in grades and part in ("", line.get("part", ""))
    )
    if not questions:
        raise UsageError(f"{folder} has no judged questions", f"of part {part!r}" if part else "")
    return RetrievalSet(folder.name, passages, questions)


def _corpus_path(folder: Path) -> Path:
    """The corpus; followed once where a copy without symbolic links left the link's target as the file's text."""
    path = folder / "corpus.jsonl"
    if path.is_file() and path.stat().st_size < 200:
        text = path.read_text(encoding="utf-8").strip()
        if text.endswith("corpus.jsonl") and "\n" not in text:
            return (folder / text).resolve()
    return path


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in _lines(path):
        try:
            yield {"_id": None, "text": None} | json.loads(line)
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path} line {number} is not a JSON object", str(error)) from error


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
