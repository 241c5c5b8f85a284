"""Questions that a chat model writes from single passages. What it copies wrongly is thrown away, not mended."""

from __future__ import annotations

import re

from eval.synthetic.prompts import fill
from eval.synthetic.records import Candidate, Kind, Span
from eval.synthetic.wording import ENGLISH
from kb.chat.replies import json_objects
from kb.ports import ChatModel
from kb.records import Document, Passage, Turn

_MAX_TOKENS = 400  # a question and a sentence, and room for a model that thinks aloud
_LONGEST_QUESTION = 300  # characters
_SHORTEST_PASSAGE = 60  # characters: below stand headings and fragments
_POINTS_AT_TEXT = re.compile(
    r"\b(?:passage|text|document|excerpt|paragraph|above)\b|本段|上文|文中|段落|该文档|該文件|本文", re.IGNORECASE
)


def is_worth_asking(passage: Passage) -> bool:
    """Whether a model is asked about a passage at all."""
    return len(passage.text) >= _SHORTEST_PASSAGE


def model_question(model: ChatModel, document: Document, passage: Passage, language: str) -> Candidate | None:
    """A question about a passage; None where the model gives none or copies its answer wrongly.

    Raises:
        ModelError: the model failed.
    """
    asked_in = "en" if language == ENGLISH else "zh"
    source = " > ".join(dict.fromkeys((document.title or document.name, *passage.headings))).replace('"', "'")
    request = fill("question", asked_in, source=source, passage=passage.text)
    reply = "".join(model.stream(fill("question_system", asked_in), [Turn("user", request)], max_tokens=_MAX_TOKENS))
    value = next(iter(json_objects(reply)), {})
    question, answer = value.get("question"), value.get("answer")
    if not isinstance(question, str) or not isinstance(answer, str):
        return None
    question = " ".join(question.split())
    span = _span_in(passage, answer)
    if span is None or not _is_a_question(question):
        return None
    return Candidate(Kind.MODEL, question, question, (span,))


def _is_a_question(question: str) -> bool:
    return (
        question.endswith(("?", "？"))
        and 5 <= len(question) <= _LONGEST_QUESTION
        and not _POINTS_AT_TEXT.search(question)
    )


def _span_in(passage: Passage, answer: str) -> Span | None:
    """Where the passage holds the answer, white space aside; None where it does not."""
    words = answer.split()
    if not words:
        return None
    found = re.search(r"\s*".join(map(re.escape, words)), passage.text)
    return (passage.start + found.start(), passage.start + found.end()) if found else None
