"""Question sets with answers: what may be said, what must be refused, and which passages may be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from eval.metrics.words import is_chinese, words_of
from eval.sets import SetPassage, group_of, read_question_lines, read_retrieval_set
from eval.tasks.answer_sets import AnsweredQuestion, AnswerSet
from eval.tasks.rgb import is_rgb, read_rgb
from kb.errors import UsageError

# Sets whose questions only make sense beside their own document: judgments without names ("when did the defendant…"),
# and contracts of which each is asked about the same clauses. Only that document is read for them.
_READ_ALONE = frozenset({"cail2019-mrc-zh", "cuad-en"})
_VERDICTS = frozenset({"yes", "no", "maybe"})  # answers that no text metric can compare with a sentence
_SHORT_WORDS = 20  # a set whose answers are mostly longer has explanations for answers, not names and numbers


def read_answer_set(folder: Path, part: str = "") -> AnswerSet:
    """Reads a set of any kind: with `queries.jsonl` and a corpus, or RGB's `data.jsonl`.

    Args:
        folder: the set's folder.
        part: keeps only questions whose field "part" says so; "" keeps all.

    Raises:
        NotFoundError: a file is missing.
        UsageError: a line cannot be read, or no question is left.
    """
    if is_rgb(folder):
        return read_rgb(folder)
    judged, lines = read_retrieval_set(folder), read_question_lines(folder, part)
    grades = {question.id: question.grades for question in judged.questions}
    if not lines:
        raise UsageError(f"{folder} has no questions of part {part!r}")
    short = any(_short_answers(line) for line in lines)
    beside = _documents_of(judged.passages) if folder.name in _READ_ALONE else {}
    questions = tuple(
        AnsweredQuestion(
            id=line["_id"],
            text=line["text"],
            answers=_short_answers(line) if short else _long_answers(line),
            answerable=line.get("answerable", True),
            given=beside.get(line.get("about") or line.get("about_doc") or "", ()),
            gold=tuple(name for name, grade in grades.get(line["_id"], {}).items() if grade > 0),
            group=group_of(line),
        )
        for line in lines
    )
    return AnswerSet(
        folder.name,
        judged.passages,
        questions,
        _is_long(questions),
        is_chinese(*(answer for item in questions for answer in item.answers)),
    )


def _short_answers(line: Mapping[str, Any]) -> tuple[str, ...]:
    """What `answers` holds, unless it is a verdict, a label, or one item of a list that has to be whole."""
    if line.get("type", "factoid") != "factoid" or "label" in line:
        return ()
    found = (str(answer).strip() for answer in line.get("answers") or ())
    return tuple(answer for answer in found if answer and answer.lower() not in _VERDICTS)


def _long_answers(line: Mapping[str, Any]) -> tuple[str, ...]:
    found = [line.get("long_answer") or "", *(line.get("ideal_answers") or ())]
    return tuple(answer for answer in found if answer)


def _documents_of(passages: Sequence[SetPassage]) -> dict[str, tuple[str, ...]]:
    """Names of passages by the document that they are part of; a passage is also a document of its own."""
    documents: dict[str, list[str]] = defaultdict(list)
    for passage in passages:
        documents[passage.id].append(passage.id)
        if passage.doc and passage.doc != passage.id:
            documents[passage.doc].append(passage.id)
    return {name: tuple(parts) for name, parts in documents.items()}


def _is_long(questions: Sequence[AnsweredQuestion]) -> bool:
    shortest = [min(len(words_of(answer)) for answer in question.answers) for question in questions if question.answers]
    return bool(shortest) and median(shortest) > _SHORT_WORDS
