"""The question as it would be asked without the conversation before it: by a model, or by rules."""

from __future__ import annotations

from collections.abc import Sequence

from kb.errors import ModelError
from kb.ports import ChatModel
from kb.records import Turn
from serving.cancellation import Cancellation
from serving.follow_ups.completing import completed
from serving.follow_ups.leaning import is_follow_up
from serving.follow_ups.rewriting import rewritten

_QUESTIONS_BACK = 8  # a chain of follow-ups longer than that has forgotten its beginning


def standalone_question(
    question: str,
    history: Sequence[Turn],
    model: ChatModel | None = None,
    cancellation: Cancellation | None = None,
) -> str:
    """The question as it would be asked without the conversation before it.

    Args:
        question: the last question.
        history: the conversation before it, the oldest turn first.
        model: rewrites the question; without one, or where it fails, rules put in what the question before was about.
        cancellation: stops the model.
    """
    if not any(turn.role == "user" and turn.text.strip() for turn in history):
        return question
    if model is not None:
        try:
            return rewritten(question, history, model, cancellation or Cancellation())
        except ModelError:
            pass  # the rules are good enough to search with; if the model stays down, the answer says so
    return _by_rules(question, _exchanges(history)[-_QUESTIONS_BACK:])


def _exchanges(history: Sequence[Turn]) -> list[tuple[str, str]]:
    """The questions before, each with its answer, "" where none came."""
    pairs: list[tuple[str, str]] = []
    for turn in history:
        if turn.role == "user":
            if turn.text.strip():
                pairs.append((turn.text, ""))
        elif pairs:
            pairs[-1] = (pairs[-1][0], turn.text)
    return pairs


def _by_rules(question: str, earlier: Sequence[tuple[str, str]]) -> str:
    """A follow-up completed from the question before, which may itself be a follow-up."""
    if not earlier or not is_follow_up(question):
        return question
    before, answer = earlier[-1]
    return completed(question, _by_rules(before, earlier[:-1]), answer)
