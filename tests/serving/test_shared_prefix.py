"""Servers keep what they made of a prompt's beginning: so every prompt begins with what all of its kind share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.chat.request import Request, body_of
from kb.errors import ModelError
from kb.records import Turn
from kb.settings import ModelSettings
from serving.answer_prompt import answer_prompt
from serving.follow_ups import standalone_question
from serving.languages import language_of
from serving.verifiers.checked import Question
from serving.verifiers.judge import JudgeMeaning
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import running_server
from tests.serving.model_server import Reply, model_server

ENGLISH = ("How many days do students have for the final report?", "What is the fee for a resit?")
CHINESE = ("租赁期满后多少天内退还押金？", "承租人可以转租房屋吗？")
TRADITIONAL = ("租賃期滿後多少天內退還押金？", "承租人可以轉租房屋嗎？")


@pytest.mark.parametrize("questions", [ENGLISH, CHINESE, TRADITIONAL], ids=["en", "zh-Hans", "zh-Hant"])
def test_two_questions_share_all_rules_from_the_first_character_on(questions: tuple[str, str], tmp_path: Path) -> None:
    with model_server(Reply(("Yes [1].",))) as scripted:
        model = OpenAICompatibleModel(ModelSettings(scripted.base_url, "scripted"))
        with running_server(tmp_path, model=model) as server:
            for question in questions:
                asked = [{"role": "user", "content": question}]
                server.client().chat.completions.create(model="ibid", messages=asked)  # type: ignore[call-overload]
        model.close()
        first, second = ("\n".join(_told(request)) for request in scripted.requests)
    rules = answer_prompt("", [], language_of(questions[0])).system
    assert first.startswith(rules)
    assert second.startswith(rules)
    assert first != second
    assert len(rules) > 400  # worth keeping: several blocks of vLLM's cache, which are 16 to 128 tokens long


def _told(request: dict[str, object]) -> list[str]:
    messages = request["messages"]
    assert isinstance(messages, list)
    return [message["content"] for message in messages]


@given(st.text(max_size=50), st.sampled_from(["en", "zh-Hans", "zh-Hant"]))
def test_the_rules_hold_nothing_of_the_question(question: str, language: str) -> None:
    assert answer_prompt(question, [], language).system == answer_prompt("", [], language).system


def test_the_rules_come_before_the_conversation() -> None:
    turns = (Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"))
    body = body_of(Request("the rules", turns, 10, None), ModelSettings("http://127.0.0.1/v1", "m"))
    assert _told(body) == ["the rules", "one", "two", "three"]


def _rewriting(model: ScriptedChatModel, question: str) -> None:
    standalone_question(question, (Turn("user", "What is the fee?"), Turn("assistant", "40 euros.")), model)


def _judging(model: ScriptedChatModel, sentence: str) -> None:
    with pytest.raises(ModelError):  # the scripted replies judge nothing; what was asked is looked at
        JudgeMeaning(model, 5.0).judge([Question(sentence, ["The fee is 40 euros."])])


@pytest.mark.parametrize("ask", [_rewriting, _judging])
def test_rewriting_and_judging_share_their_rules_too(ask: Callable[[ScriptedChatModel, str], None]) -> None:
    model = ScriptedChatModel(*[["?"]] * 4)
    ask(model, "And for a resit?")
    ask(model, "And for a copy of it?")
    systems = {system for system, _ in model.asked}
    assert len(systems) == 1
