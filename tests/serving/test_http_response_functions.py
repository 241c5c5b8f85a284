"""Functions in responses: handed on to a model that has them, whose calls come back without being made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.serving.http_server import running_server
from tests.serving.model_server import Reply
from tests.serving.test_http_chat_tools import CALL, CALLING, QUESTION
from tests.serving.test_http_chat_wishes import REPORT, served

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER: Any = {"type": "function", "name": "weather", "description": "The weather", "parameters": PARAMETERS}
SEARCH: Any = {"type": "file_search", "vector_store_ids": ["default"]}
LONE_OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "x"}
TOLD = Reply(("Students have fourteen days [1]. It is 21 degrees in Paris.",))


def test_calls_are_items_of_their_own_and_nobody_makes_them(tmp_path: Path) -> None:
    with served(tmp_path, CALLING) as (client, scripted):
        response: Any = client.responses.create(
            model="ibid", input=QUESTION, tools=[SEARCH, WEATHER], tool_choice={"type": "function", "name": "weather"}
        )
        search, *calls = response.output
        assert (search.type, response.output_text, response.status) == ("file_search_call", "", "completed")
        assert [(call.call_id, call.name, call.arguments) for call in calls] == list(CALLING.calls)
        assert {(call.type, call.status) for call in calls} == {("function_call", "completed")}
        assert (response.tools[1].name, response.tools[1].strict) == ("weather", True)
        request = scripted.requests[0]
        assert request["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
        assert request["tools"][0]["function"]["parameters"] == PARAMETERS  # type: ignore[index]


def test_a_stream_tells_the_calls_and_tells_them_again(tmp_path: Path) -> None:
    with served(tmp_path, CALLING) as (client, _):
        live = list(client.responses.create(model="ibid", input=QUESTION, tools=[WEATHER], stream=True))
        kinds = [event.type.removeprefix("response.") for event in live]
        one_call = [
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
        ]
        assert kinds[-9:] == [*one_call, *one_call, "completed"]
        assert "content_part.added" not in kinds
        assert [event.sequence_number for event in live] == list(range(len(live)))
        again = list(client.responses.retrieve(live[-1].response.id, stream=True))  # type: ignore[union-attr]
        assert [event.to_dict() for event in again[:-1]] == [event.to_dict() for event in live[:-1]]
        with client.responses.stream(model="ibid", input=QUESTION, tools=[WEATHER]) as stream:
            final = stream.get_final_response()
        assert [item.type for item in final.output] == ["file_search_call", "function_call", "function_call"]


@pytest.mark.parametrize("stored", [True, False])
def test_what_a_function_returned_reaches_the_model(tmp_path: Path, stored: bool) -> None:
    calling = Reply(calls=(CALL,), finish="tool_calls")
    with served(tmp_path, calling, TOLD) as (client, scripted):
        asked = f"{REPORT} {QUESTION}"
        first: Any = client.responses.create(model="ibid", input=asked, tools=[WEATHER], store=stored)
        parts = [{"type": "input_text", "text": "21 degrees"}]
        returned: Any = {"type": "function_call_output", "call_id": CALL[0], "output": parts}
        before: Any = [] if stored else [{"role": "user", "content": asked}, *[item.to_dict() for item in first.output]]
        follows = {"previous_response_id": first.id} if stored else {}
        second: Any = client.responses.create(model="ibid", input=[*before, returned], tools=[WEATHER], **follows)
        messages: Any = scripted.requests[1]["messages"]
        assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool"]
        assert json.loads(messages[2]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
        assert messages[3]["content"] == "21 degrees"
        assert [claim["verdict"] for claim in second.ibid["claims"]] == ["supported", "uncited"]
        items = client.responses.input_items.list(second.id, order="asc")
        assert [item.type for item in items][-1] == "function_call_output"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"tools": [{"type": "function", "name": "no spaces"}]}, "tools[0].name"),
        ({"tools": [SEARCH, SEARCH]}, "tools"),
        ({"tools": [WEATHER], "text": {"format": {"type": "json_object"}}}, "text.format"),
        (
            {
                "input": [
                    {"role": "user", "content": "x"},
                    {"type": "function_call_output", "call_id": "c", "output": "x"},
                ]
            },
            "input",
        ),
        ({"input": [{"type": "function_call", "call_id": "c", "name": "f"}]}, "input[0].arguments"),
        ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": [3]}]}, "input[0].output"),
        ({"input": [{"type": "function_call_output", "call_id": 3, "output": "x"}]}, "input[0].call_id"),
    ],
)
def test_what_cannot_be_is_a_bad_request_that_names_it(tmp_path: Path, more: dict[str, Any], param: str) -> None:
    with served(tmp_path, CALLING) as (client, scripted):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(**{"model": "ibid", "input": QUESTION, **more})
        assert caught.value.param == param
        assert scripted.requests == []


def test_without_a_model_functions_are_a_bad_request(tmp_path: Path) -> None:
    with running_server(tmp_path) as running, pytest.raises(openai.BadRequestError, match="answers are quotes here"):
        running.client().responses.create(model="ibid", input=QUESTION, tools=[WEATHER])
