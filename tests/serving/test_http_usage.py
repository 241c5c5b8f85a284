"""What an answer cost: the tokens of every call to a model that its request caused, whichever way it is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.chat.openai_compatible import open_chat_model
from kb.settings import ModelSettings, VerifierSettings
from tests.serving.http_server import RunningServer, running_server
from tests.serving.model_server import ModelServer, Reply, model_server
from tests.serving.test_http_metrics import metrics_of

REPORT = "How many days do students have to hand in the final report?"
ANSWER = Reply(("Students have two weeks for it [1].",), usage=(500, 7))
REWRITTEN = Reply((json.dumps({"question": REPORT}),), usage=(300, 20))
# Unusable both times: then words decide and the judge is left alone, but two calls were made.
JUDGED = Reply(("I would not know.",), usage=(90, 5))
BEFORE: list[Any] = [
    {"role": "user", "content": "What must students hand in?"},
    {"role": "assistant", "content": "A final report."},
]
FOLLOW_UP = "And how many days do students have to hand it in?"
ALL = (300 + 500 + 2 * 90, 20 + 7 + 2 * 5)

Told = tuple[int, int]


@contextmanager
def judged_server(home: Path, *replies: Reply) -> Iterator[tuple[RunningServer, ModelServer]]:
    """A server whose chat model answers, rewrites and judges."""
    with model_server(*replies) as scripted:
        model = open_chat_model(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(home, model=model, verifier=VerifierSettings(kind="llm")) as running:
            yield running, scripted


def by_chat(client: openai.OpenAI) -> Told:
    messages = [*BEFORE, {"role": "user", "content": FOLLOW_UP}]
    usage = client.chat.completions.create(model="ibid", messages=messages).usage
    assert usage is not None
    return usage.prompt_tokens, usage.completion_tokens


def by_streamed_chat(client: openai.OpenAI) -> Told:
    messages = [*BEFORE, {"role": "user", "content": FOLLOW_UP}]
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    *_, last = client.chat.completions.create(model="ibid", messages=messages, **options)
    return last.usage.prompt_tokens, last.usage.completion_tokens


def by_response(client: openai.OpenAI) -> Told:
    usage = client.responses.create(model="ibid", input=[*BEFORE, {"role": "user", "content": FOLLOW_UP}]).usage
    assert usage is not None
    return usage.input_tokens, usage.output_tokens


def by_streamed_response(client: openai.OpenAI) -> Told:
    said = [*BEFORE, {"role": "user", "content": FOLLOW_UP}]
    *_, last = client.responses.create(model="ibid", input=said, stream=True)
    assert last.type == "response.completed"
    assert last.response.usage is not None
    return last.response.usage.input_tokens, last.response.usage.output_tokens


@pytest.mark.parametrize("ask", [by_chat, by_streamed_chat, by_response, by_streamed_response])
def test_rewriting_and_judging_are_counted(tmp_path: Path, ask: Callable[[openai.OpenAI], Told]) -> None:
    with judged_server(tmp_path, REWRITTEN, ANSWER, JUDGED) as (server, scripted):
        assert ask(server.client()) == ALL
        assert len(scripted.requests) == 4
        told = metrics_of(server)
    assert (told["ibid_tokens_total{kind=prompt}"], told["ibid_tokens_total{kind=completion}"]) == ALL


def test_a_prompt_is_judged_too(tmp_path: Path) -> None:
    with judged_server(tmp_path, ANSWER, JUDGED) as (server, _):
        usage = server.client().completions.create(model="ibid", prompt=REPORT).usage
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens) == (500 + 2 * 90, 7 + 2 * 5)


def test_a_reply_that_is_hung_up_on_is_counted_by_what_was_sent_and_came(tmp_path: Path) -> None:
    endless = Reply(("Students have two weeks [1]. ", *["More of it. "] * 40), gap=0.05, usage=(500, 7))
    with model_server(endless) as scripted:
        model = open_chat_model(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model) as server:
            asked: Any = {"model": "ibid", "prompt": REPORT, "stop": "weeks"}
            usage = server.client().completions.create(**asked).usage
            assert usage is not None
            (request,) = scripted.requests
            sent = [message["content"] for message in request["messages"]]  # type: ignore[attr-defined]
            count = server.embedder.count_tokens
            assert usage.prompt_tokens == sum(count(["\n".join(sent)]))
            assert count(["Students have two weeks [1]."])[0] <= usage.completion_tokens < 100


def test_tokens_of_an_answer_that_failed_are_counted_where_nobody_is_told(tmp_path: Path) -> None:
    failed = Reply(status=400, error="no")
    with judged_server(tmp_path, REWRITTEN, failed) as (server, _):
        with pytest.raises(openai.APIStatusError):
            by_chat(server.client())
        told = metrics_of(server)
    assert told["ibid_tokens_total{kind=prompt}"] >= 300
    assert told["ibid_tokens_total{kind=completion}"] == 20


def test_without_a_model_question_and_answer_are_counted(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        completion = server.client().completions.create(model="ibid", prompt=REPORT)
        count = server.embedder.count_tokens
        assert completion.usage is not None
        assert completion.usage.prompt_tokens == count([REPORT])[0]
        assert completion.usage.completion_tokens == count([completion.choices[0].text])[0]
