"""RGB's sets as answer sets (Chen et al. 2024, "Benchmarking Large Language Models in Retrieval-Augmented Generation").

Every question brings its own web passages: `positive` ones that answer it, `negative` ones that only look like it. It
is asked twice: with both kinds to read (noise robustness), and with the negative ones alone, when it must be refused
(negative rejection). A gold answer is a list of things that must all be said, each in one of its ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.metrics.words import is_chinese
from eval.sets import SetPassage
from eval.tasks.answer_sets import AnsweredQuestion, AnswerSet, json_lines
from kb.errors import UsageError

_FIELDS = frozenset({"query", "answer", "positive", "negative"})


def is_rgb(folder: Path) -> bool:
    """Whether the folder holds a set in RGB's own form."""
    path = folder / "data.jsonl"
    return path.is_file() and next(json_lines(path), {}).keys() >= _FIELDS


def read_rgb(folder: Path) -> AnswerSet:
    """The set: question "7" with all its passages, and "7 without answer" with the negative ones.

    Raises:
        UsageError: a line is no JSON object, or lacks a field.
    """
    passages: list[SetPassage] = []
    questions: list[AnsweredQuestion] = []
    for number, line in enumerate(json_lines(folder / "data.jsonl"), start=1):
        if not line.keys() >= _FIELDS:
            raise UsageError(f"{folder / 'data.jsonl'} line {number} is no question of RGB", f"it needs {set(_FIELDS)}")
        name = str(line.get("_id", line.get("id", number)))
        right = [SetPassage(f"{name}+{place}", "", text, "") for place, text in enumerate(_flat(line["positive"]))]
        wrong = [SetPassage(f"{name}-{place}", "", text, "") for place, text in enumerate(_flat(line["negative"]))]
        passages += right + wrong
        questions += _asked_twice(name, line, tuple(item.id for item in right), tuple(item.id for item in wrong))
    chinese = is_chinese(*(question.text for question in questions))
    return AnswerSet(folder.name, tuple(passages), tuple(questions), chinese=chinese)


def _asked_twice(
    name: str, line: Mapping[str, Any], right: tuple[str, ...], wrong: tuple[str, ...]
) -> Iterator[AnsweredQuestion]:
    answer = line["answer"] if isinstance(line["answer"], list) else [line["answer"]]
    parts = tuple(tuple(_flat(part)) for part in answer)
    whole = parts[0] if len(parts) == 1 else ()
    yield AnsweredQuestion(name, line["query"], whole, () if whole else parts, given=right + wrong, gold=right)
    if wrong:
        yield AnsweredQuestion(f"{name} without answer", line["query"], answerable=False, given=wrong)


def _flat(value: Any) -> list[str]:
    """The texts in a text, a list of texts, or a list of such lists."""
    if isinstance(value, list):
        return [text for item in value for text in _flat(item)]
    return [str(value)] if str(value).strip() else []
