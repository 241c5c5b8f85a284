"""Completions of prompts, OpenAI's older endpoint, through the official client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.errors import ModelError
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import RunningServer, running_server

REPORT = "How many days do students have to hand in the final report?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> openai.OpenAI:
    return server.client()


def ask(client: openai.OpenAI, prompt: Any = REPORT, **more: Any) -> Any:
    return client.completions.create(model="ibid", prompt=prompt, **more)


@pytest.mark.parametrize("prompt", [REPORT, [REPORT]])
def test_a_prompt_is_a_question(client: openai.OpenAI, prompt: str | list[str]) -> None:
    completion = ask(client, prompt, temperature=0.5, user="me")
    choice = completion.choices[0]
    assert (completion.object, choice.finish_reason, choice.index) == ("text_completion", "stop", 0)
    assert "“Students must hand in the final report within fourteen days" in choice.text
    assert completion.ibid["text"] == choice.text
    assert completion.ibid["citations"][0]["document"] == "handbook.txt"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens > 0


def test_a_stream_says_the_same(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    *sentences, closing, usage = chunks
    assert "".join(chunk.choices[0].text for chunk in sentences) == ask(client).choices[0].text
    assert closing.choices[0].finish_reason == "stop"
    assert closing.ibid["claims"] == [chunk.ibid["claim"] for chunk in sentences]
    assert (usage.choices, usage.usage.total_tokens) == ([], ask(client).usage.total_tokens)
    assert {chunk.usage for chunk in (*sentences, closing)} == {None}


def test_the_asynchronous_client_is_answered_in_chinese(server: RunningServer) -> None:
    async def asked() -> Any:
        async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="any", max_retries=0) as asynchronous:
            return await asynchronous.completions.create(model="ibid", prompt="租赁期满后多少天内退还押金？")

    assert "出租人应当在三十日内退还押金" in asyncio.run(asked()).choices[0].text


def test_a_stop_sequence_ends_it(client: openai.OpenAI) -> None:
    assert ask(client, stop="report").choices[0].text == "“Students must hand in the final "


def test_a_failing_model_is_a_bad_gateway_or_an_error_event(tmp_path: Path) -> None:
    down = ModelError("model server http://x cannot be reached", "connection refused", "Start it")
    with running_server(tmp_path, model=ScriptedChatModel(down, down)) as server:
        with pytest.raises(openai.InternalServerError):
            ask(server.client())
        with pytest.raises(openai.APIError, match="cannot be reached"):
            list(ask(server.client(), stream=True))


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": [[1], [2]]}, "prompt"),
        ({"prompt": [REPORT, REPORT]}, "prompt"),
        ({"n": 2}, "n"),
        ({"best_of": 3}, "best_of"),
        ({"echo": True}, "echo"),
        ({"suffix": "."}, "suffix"),
        ({"logprobs": 0}, "logprobs"),
        ({"extra_body": {"logprobs": []}}, "logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"extra_body": {"messages": []}}, "messages"),
    ],
)
def test_what_cannot_be_is_a_bad_request_that_names_it(client: openai.OpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, **{"prompt": REPORT, **more})
    assert caught.value.param == param
    with pytest.raises(openai.NotFoundError):
        client.completions.create(model="gpt-3.5-turbo-instruct", prompt=REPORT)
