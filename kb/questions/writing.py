"""Writes a question set back, so that reading it gives the same questions."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kb.errors import UsageError
from kb.questions.reading import CSV_SUFFIXES, YAML_SUFFIXES
from kb.questions.records import FIELDS, OwnQuestion, id_of

_WIDTH = 120  # characters a line, as in the rest of the project's files


def write_questions(path: Path, questions: Sequence[OwnQuestion]) -> None:
    """Writes questions as YAML or CSV, whichever the file's name says; the file is there whole or not at all.

    Raises:
        UsageError: the name says neither, or the file cannot be written.
    """
    content = questions_as_bytes(path, questions)
    aside = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}", str(error.strerror), "Name another file") from error


def questions_as_bytes(path: Path, questions: Sequence[OwnQuestion]) -> bytes:
    """What a file of this name holds with these questions.

    Raises:
        UsageError: its name says neither YAML nor CSV.
    """
    suffix = path.suffix.lower()
    if suffix in YAML_SUFFIXES:
        return questions_as_yaml(questions).encode()
    if suffix in CSV_SUFFIXES:
        # With a byte order mark, without which spreadsheets take Chinese for something else.
        return _as_csv(questions, "\t" if suffix == ".tsv" else ",").encode("utf-8-sig")
    raise UsageError(f"cannot write questions to {path}", "its name ends neither in .yaml nor in .csv")


def questions_as_yaml(questions: Sequence[OwnQuestion]) -> str:
    """Questions as YAML."""
    import yaml

    content = {"questions": [_fields(own) for own in questions]}
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=_WIDTH))


def _fields(own: OwnQuestion) -> dict[str, Any]:
    """The fields that say something, in the order in which people write them."""
    answers: str | list[str] = own.answers[0] if len(own.answers) == 1 else list(own.answers)
    fields = {
        "id": own.id if own.id != id_of(own.question) else "",
        "question": own.question,
        "answer": answers,
        "document": own.document,
        "page": own.page,
        "must_refuse": own.must_refuse,
        "tags": list(own.tags),
        "synthetic": own.synthetic,
    }
    return {name: value for name, value in fields.items() if value}


def _as_csv(questions: Sequence[OwnQuestion], delimiter: str) -> str:
    most = max((len(own.answers) for own in questions), default=1) or 1
    answers = [f"answer {number}" if number > 1 else "answer" for number in range(1, most + 1)]
    head = [name for field in FIELDS for name in (answers if field == "answer" else [field])]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(head)
    for own in questions:
        fields = _fields(own) | dict(zip(answers, own.answers, strict=False)) | {"tags": ", ".join(own.tags)}
        writer.writerow([_cell(fields.get(name, "")) for name in head])
    return out.getvalue()


def _cell(value: object) -> str:
    return "true" if value is True else str(value)
