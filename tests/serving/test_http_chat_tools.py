"""Tools in chat requests: handed on to a model that has them, whose calls come back without being made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.serving.http_server import running_server
from tests.serving.model_server import Reply
from tests.serving.test_http_chat_wishes import REPORT, ask, served

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": True,
    },
}
QUESTION = "What is the weather in Paris?"
CALL = ("call_1", "weather", '{"city": "Paris"}')
CALLING = Reply(calls=(CALL, ("call_2", "weather", '{"city": "巴黎"}')), finish="tool_calls", usage=(100, 20))


def test_the_calls_of_the_model_come_back_and_nobody_makes_them(tmp_path: Path) -> None:
    with served(tmp_path, CALLING) as (client, scripted):
        completion = ask(client, QUESTION, tools=[WEATHER], tool_choice="auto", parallel_tool_calls=True)
        choice = completion.choices[0]
        assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
        made = [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls]
        assert made == list(CALLING.calls)
        assert completion.usage.total_tokens == 120
        request = scripted.requests[0]
        assert (request["tools"], request["tool_choice"], request["parallel_tool_calls"]) == ([WEATHER], "auto", True)
        asked = request["messages"][1]["content"]  # type: ignore[index]
        assert "You may call the functions" in asked
        assert completion.ibid["prompts"]["answer_tools"] == 1


def test_a_stream_tells_the_same_calls(tmp_path: Path) -> None:
    with served(tmp_path, CALLING) as (client, _):
        messages: Any = [{"role": "user", "content": QUESTION}]
        with client.chat.completions.stream(model="ibid", messages=messages, tools=[WEATHER]) as stream:  # type: ignore[list-item]
            final = stream.get_final_completion().choices[0]
        assert final.finish_reason == "tool_calls"
        assert [json.loads(call.function.arguments)["city"] for call in final.message.tool_calls or ()] == [
            "Paris",
            "巴黎",
        ]


def test_what_a_tool_returned_reaches_the_model_after_the_passages(tmp_path: Path) -> None:
    told = Reply(("Students have fourteen days [1]. It is 21 degrees in Paris.",))
    with served(tmp_path, told) as (client, scripted):
        calling = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": CALL[0], "type": "function", "function": {"name": CALL[1], "arguments": CALL[2]}}],
        }
        result = {"role": "tool", "tool_call_id": CALL[0], "content": "21 degrees"}
        messages: Any = [{"role": "user", "content": f"{REPORT} {QUESTION}"}, calling, result]
        completion: Any = client.chat.completions.create(model="ibid", messages=messages, tools=[WEATHER])  # type: ignore[list-item]
        roles = [message["role"] for message in scripted.requests[0]["messages"]]  # type: ignore[attr-defined]
        assert roles == ["system", "user", "assistant", "tool"]
        called, returned = scripted.requests[0]["messages"][2:]  # type: ignore[index]
        assert json.loads(called["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
        assert (returned["tool_call_id"], returned["content"]) == ("call_1", "21 degrees")
        assert [claim["verdict"] for claim in completion.ibid["claims"]] == ["supported", "uncited"]
        assert completion.choices[0].finish_reason == "stop"
        later: Any = [*messages, {"role": "assistant", "content": "21 degrees."}, {"role": "user", "content": REPORT}]
        client.chat.completions.create(model="ibid", messages=later)
        assert "tools" not in scripted.requests[-1]


def test_a_model_may_answer_without_calling(tmp_path: Path) -> None:
    with served(tmp_path, Reply(("Students have fourteen days [1].",))) as (client, _):
        choice = ask(client, tools=[WEATHER], tool_choice="none").choices[0]
        assert (choice.finish_reason, choice.message.tool_calls) == ("stop", None)
        assert choice.message.content == "Students have fourteen days [1]."


def test_endless_arguments_are_cut(tmp_path: Path) -> None:
    endless = Reply(calls=(("call_1", "weather", "x" * 1_000),), finish="tool_calls")
    with served(tmp_path, endless) as (client, _):
        choice = ask(client, QUESTION, tools=[WEATHER], max_tokens=5).choices[0]
        assert (choice.finish_reason, choice.message.tool_calls) == ("length", None)


def test_without_a_model_tools_are_a_bad_request(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        with pytest.raises(openai.BadRequestError, match="answers are quotes here") as caught:
            ask(running.client(), tools=[WEATHER])
        assert caught.value.param == "tools"
        assert ask(running.client(), tools=[], tool_choice="none").choices[0].message.content


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tools": [{"type": "custom", "custom": {"name": "look_up"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": "no spaces"}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [WEATHER] * 129}, "tools"),
        ({"functions": [WEATHER["function"]]}, "functions"),
    ],
)
def test_tools_that_cannot_be_are_bad_requests(tmp_path: Path, more: dict[str, Any], param: str) -> None:
    with served(tmp_path, CALLING) as (client, _), pytest.raises(openai.BadRequestError) as caught:
        ask(client, **more)
    assert caught.value.param == param


@pytest.mark.parametrize(
    "after",
    [
        [{"role": "assistant", "content": "x"}],
        [{"role": "tool", "tool_call_id": "call_1", "content": "21"}],
        [{"role": "assistant", "tool_calls": [{"id": "call_1", "function": {"name": "f", "arguments": "{}"}}]}],
    ],
)
def test_calls_and_what_came_of_them_belong_together(tmp_path: Path, after: list[dict[str, Any]]) -> None:
    messages: Any = [{"role": "user", "content": QUESTION}, *after]
    with served(tmp_path, CALLING) as (client, _), pytest.raises(openai.BadRequestError, match="last message"):
        client.chat.completions.create(model="ibid", messages=messages)
