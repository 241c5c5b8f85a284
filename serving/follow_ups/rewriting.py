"""A follow-up rewritten by the chat model, and whether what it wrote can be believed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.chat.replies import json_objects
from kb.errors import ModelError
from kb.ports import ChatModel, JsonSchema
from kb.records import Turn
from kb.turns import standing_aside
from serving.cancellation import Cancellation
from serving.extractive.terms import is_weak, read_terms
from serving.follow_ups.leaning import is_follow_up
from serving.languages import language_of
from serving.prompts import fill

_TURNS_SHOWN = 6  # three questions with their answers: follow-ups seldom reach further back
_TURN_CHARACTERS = 1000
_REWRITTEN_CHARACTERS = 500  # a longer rewriting is an answer, or a model gone astray
_REWRITTEN_TOKENS = 200
_SAID = 0.5  # share of a rewritten question's terms that the conversation must hold
_KEPT = 0.5  # share of the question's own terms that the rewritten one must hold; all, where it stood alone
_SCHEMA: JsonSchema = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def rewritten(question: str, history: Sequence[Turn], model: ChatModel, cancellation: Cancellation) -> str:
    """The question as the model writes it without the conversation.

    Raises:
        ModelError: the model failed, or wrote something else than the question.
    """
    shown = "\n".join(
        f"{'User' if turn.role == 'user' else 'Assistant'}: {_on_one_line(turn.text)[:_TURN_CHARACTERS]}"
        for turn in history[-_TURNS_SHOWN:]
    )
    language = language_of(question)
    prompt = fill("follow_up_question", language, conversation=shown, question=question)
    stream = model.stream(
        fill("follow_up_system", language), (Turn("user", prompt),), max_tokens=_REWRITTEN_TOKENS, schema=_SCHEMA
    )
    with cancellation.watching(stream) as pieces, standing_aside():
        reply = "".join(pieces)
    written = _on_one_line(_question_in(reply)).strip('"“”「」 ')
    if (
        len(written) > _REWRITTEN_CHARACTERS
        or not _says_what_was_said(written, question, history)
        or not _keeps(written, question)
    ):
        raise ModelError(f"model {model.name} did not rewrite the question")
    return written


def _question_in(reply: str) -> str:
    """The question, by the schema, or plain where the server could not hold the model to it."""
    for value in json_objects(reply):
        if isinstance(value.get("question"), str):
            return str(value["question"])
    return reply.rpartition("</think>")[2]


def _says_what_was_said(written: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether most of a rewritten question stands in the conversation: small models answer, or repeat the prompt."""
    terms = read_terms(written).exact
    said = read_terms("\n".join((question, *(turn.text for turn in history)))).exact
    return bool(terms) and len(terms & said) >= _SAID * len(terms)


def _keeps(written: str, question: str) -> bool:
    """Whether the numbers of the question are still there, and its words: all of them if it stood alone."""
    own = {term for term in read_terms(question).exact if not is_weak(term)}
    share = _KEPT if is_follow_up(question) else 1.0
    kept = len(own & read_terms(written).exact) >= share * len(own)
    return kept and set(_NUMBER.findall(question)) <= set(_NUMBER.findall(written))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
