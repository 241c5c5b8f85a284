"""The nouns of question sets with answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.sets import SetPassage
from kb.errors import UsageError


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question and what is known about its answer.

    Attributes:
        id: unique in its set.
        text: its words.
        answers: any one of them is right; empty where none is written down.
        parts: where an answer needs several things, the ways to say each of them; empty where `answers` says it all.
        answerable: False where the set says that its documents hold no answer.
        given: names of the only passages that may be read; empty for all.
        gold: names of the passages that answer it; empty where nobody judged.
        group: its domain, course or kind, where the set says so.
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    parts: tuple[tuple[str, ...], ...] = ()
    answerable: bool = True
    given: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """A corpus and its questions, in the order of the files.

    `long` where its answers are explanations, `chinese` where most of what they say is Chinese.
    """

    name: str
    passages: tuple[SetPassage, ...]
    questions: tuple[AnsweredQuestion, ...]
    long: bool = False
    chinese: bool = False


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file with one JSON object a line.

    Raises:
        UsageError: a line is none; the message gives its number.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield {} | json.loads(line)
            except (ValueError, TypeError) as error:
                raise UsageError(f"{path} line {number} is not a JSON object", str(error)) from error
