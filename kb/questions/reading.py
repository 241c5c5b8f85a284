"""Reads a person's question set, and says of every line that cannot be used what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kb.errors import NotFoundError, UsageError
from kb.questions.csv_file import read_csv
from kb.questions.entries import Entry, Problem, refuse
from kb.questions.records import OwnQuestion, id_of
from kb.questions.yaml_file import read_yaml
from kb.settings import LimitSettings
from kb.text.decoding import decode

YAML_SUFFIXES, CSV_SUFFIXES = (".yaml", ".yml"), (".csv", ".tsv")
_YES = {"true", "yes", "y", "1", "x", "是"}
_NO = {"false", "no", "n", "0", "否", ""}
_PAGE = re.compile(r"(\d+)(?:\.0)?")  # tables that went through a program have 12.0
_TAG_BREAK = re.compile(r"[,;，；、]")
_LONGEST_ID = 100  # characters; ids stand in tables and file names


def read_questions(path: Path) -> tuple[OwnQuestion, ...]:
    """The questions of a YAML or CSV file, in its order.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it is of another kind, empty, or a line is wrong; the message names each line and what is wrong.
    """
    suffix = path.suffix.lower()
    if suffix not in (*YAML_SUFFIXES, *CSV_SUFFIXES):
        raise UsageError(f"cannot read questions from {path}", "its name ends neither in .yaml nor in .csv")
    try:
        text = decode(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {path}", advice="docs/evaluating.md shows what stands in one") from error
    except OSError as error:
        raise UsageError(f"cannot read {path}", str(error.strerror)) from error
    return questions_in(text, suffix, str(path))


def questions_in(text: str, suffix: str, called: str) -> tuple[OwnQuestion, ...]:
    """The questions of a file's text.

    Args:
        text: of the file.
        suffix: of its name, one of those above.
        called: what errors call it.

    Raises:
        UsageError: it is empty, or a line is wrong; the message names each line and what is wrong.
    """
    entries, problems = read_yaml(text) if suffix in YAML_SUFFIXES else read_csv(text)
    questions = checked_questions(entries, problems, called)
    if not questions:
        raise UsageError(f"{called} holds no questions", advice="docs/evaluating.md shows what stands in one")
    return questions


def checked_questions(
    entries: Sequence[Entry], problems: list[Problem], called: str, counted: str = "line"
) -> tuple[OwnQuestion, ...]:
    """The questions of these entries.

    Args:
        entries: with the numbers of their lines, or whatever else they are counted by.
        problems: what is wrong already.
        called: what errors call the whole of them.
        counted: what the entries are counted by.

    Raises:
        UsageError: anything is wrong.
    """
    questions = [_checked(entry, problems) for entry in entries]
    _check_ids(entries, questions, problems, counted)
    if problems:
        raise refuse(called, problems, counted)
    return tuple(questions)


def _checked(entry: Entry, problems: list[Problem]) -> OwnQuestion:
    """The question of one entry; what is wrong with it is added to `problems`."""
    texts = {name: tuple(_clean(text) for text in field.texts) for name, field in entry.fields.items()}
    found = [Problem(entry.fields[name].line, _not_text(name)) for name, parts in texts.items() if not _sound(parts)]
    question = "".join(texts.get("question", ()))
    own = OwnQuestion(
        id="".join(texts.get("id", ())) or id_of(question.encode("utf-8", "replace").decode()),
        question=question,
        answers=tuple(dict.fromkeys(filter(None, texts.get("answer", ())))),
        document="".join(texts.get("document", ())),
        page=_page(entry, found),
        must_refuse=_flag("must_refuse", entry, found),
        tags=tuple(dict.fromkeys(filter(None, _tags(texts.get("tags", ()))))),
        synthetic=_flag("synthetic", entry, found),
    )
    found.extend(Problem(entry.line, text) for text in _contradictions(own))
    problems.extend(found)
    return own


def _clean(text: str) -> str:
    return text.strip().replace("\r\n", "\n")


def _sound(texts: tuple[str, ...]) -> bool:
    return not any("\ud800" <= character <= "\udfff" or character == "\0" for text in texts for character in text)


def _not_text(name: str) -> str:
    return f"{name} holds a character that is no text"


def _tags(texts: tuple[str, ...]) -> list[str]:
    return [tag.strip() for text in texts for tag in _TAG_BREAK.split(text)]


def _page(entry: Entry, found: list[Problem]) -> int | None:
    field = entry.fields.get("page")
    text = "".join(field.texts).strip() if field else ""
    if field is None or not text:
        return None
    match = _PAGE.fullmatch(text)
    if match is None or int(match[1]) < 1:
        found.append(Problem(field.line, f"page is {text[:40]!r}; it must be a whole number from 1"))
        return None
    return int(match[1])


def _flag(name: str, entry: Entry, found: list[Problem]) -> bool:
    field = entry.fields.get(name)
    text = "".join(field.texts).strip().lower() if field else ""
    if field is not None and text not in _YES | _NO:
        found.append(Problem(field.line, f"{name} is {text[:40]!r}; it must be true or false"))
    return text in _YES


def _contradictions(own: OwnQuestion) -> list[str]:
    """What is wrong with the question as a whole."""
    longest = LimitSettings().question_characters
    found = []
    if not own.question:
        found.append("the question is missing")
    if len(own.question) > longest:
        found.append(f"the question has {len(own.question):,} characters, {longest:,} are the most")
    if len(own.id) > _LONGEST_ID:
        found.append(f"the id has {len(own.id)} characters, {_LONGEST_ID} are the most")
    if own.must_refuse and (own.answers or own.document or own.page):
        found.append("a question that must be refused has no answer, document or page")
    if own.question and not (own.must_refuse or own.answers or own.document):
        found.append("nothing is expected: give `answer`, `document`, or `must_refuse: true`")
    if own.page and not own.document:
        found.append("a page needs its `document`")
    return found


def _check_ids(entries: Sequence[Entry], questions: list[OwnQuestion], problems: list[Problem], counted: str) -> None:
    lines: dict[str, int] = {}
    for entry, own in zip(entries, questions, strict=True):
        if own.id in lines and own.question:
            what = f"the id {own.id!r}" if "id" in entry.fields else "the same question"
            problems.append(Problem(entry.line, f"{what} stands on {counted} {lines[own.id]} too"))
        lines.setdefault(own.id, entry.line)
