"""One question of a person's own set, and how its fields are called in files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kb.text.folding import fold


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question about a collection and what is expected of its answer.

    Attributes:
        id: unique in its set; runs are paired by it.
        question: as a person asks it.
        answers: phrases of which a right answer holds one; none where only the place matters.
        document: the name of the document that answers, or the end of its path; "" where any will do.
        page: the page of that document, from 1; None where any will do.
        must_refuse: whether the documents do not answer, so that the only right answer is a refusal.
        tags: free words to group questions by.
        synthetic: whether a program wrote it.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    document: str = ""
    page: int | None = None
    must_refuse: bool = False
    tags: tuple[str, ...] = ()
    synthetic: bool = False


FIELDS = ("id", "question", "answer", "document", "page", "must_refuse", "tags", "synthetic")

# What else people call the fields, folded: lower case, Chinese in its simplified form.
_OTHER_NAMES = {
    "answers": "answer",
    "must refuse": "must_refuse",
    "tag": "tags",
    "编号": "id",
    "问题": "question",
    "答案": "answer",
    "文档": "document",
    "文件": "document",
    "页": "page",
    "页码": "page",
    "必须拒答": "must_refuse",
    "标签": "tags",
    "合成": "synthetic",
}


def field_named(text: str) -> str:
    """The field that a key or a column's head means, "" for none: "Answer 2" and 答案2 mean `answer`."""
    name = " ".join(fold(text).split())
    if name in FIELDS:
        return name
    if found := _OTHER_NAMES.get(name):
        return found
    stem = name.rstrip("0123456789").rstrip()
    return "answer" if stem != name and (stem == "answer" or _OTHER_NAMES.get(stem) == "answer") else ""


def id_of(question: str) -> str:
    """The id of a question that was given none: it stays the same wherever in the file the question stands."""
    return "q-" + hashlib.sha256(question.encode()).hexdigest()[:12]  # 48 bits: no two among a million questions
