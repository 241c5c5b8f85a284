"""Functions among the tools of a response: handed on to the model, whose calls are items that nobody here makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from kb.chat.tools import Toolbox
from kb.records import ToolCall
from serving.http.answers.chat_tools import FunctionName
from serving.http.bodies import JsonBody
from serving.http.errors import ApiError

Json = dict[str, Any]

CALL, OUTPUT = "function_call", "function_call_output"


class FunctionTool(JsonBody):
    """A function that the model may want called."""

    type: Literal["function"]
    name: FunctionName
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None

    def as_json(self) -> Json:
        """The tool as responses repeat it."""
        strict = self.strict is not False  # what OpenAI takes for granted here
        return {**self.model_dump(), "parameters": self.parameters or {}, "strict": strict}

    def for_chat(self) -> Json:
        """The tool as the model's server takes it."""
        return {"type": "function", "function": self.model_dump(exclude={"type"}, exclude_none=True)}


def toolbox_of(
    functions: Sequence[FunctionTool], choice: str | Json | None, since: Sequence[Json], *, parallel: bool | None
) -> Toolbox | None:
    """The functions of a request, and the calls among the items since its question with what came of them.

    Raises:
        ApiError: a call has no output, or an output no call.
    """
    exchange = [_as_message(item) for item in since if item["type"] in {CALL, OUTPUT}]
    made = [item["call_id"] for item in since if item["type"] == CALL]
    returned = [item["call_id"] for item in since if item["type"] == OUTPUT]
    if sorted(made) != sorted(returned):
        odd = next(iter({*made} ^ {*returned}), "one of them twice")
        message = f"each function call needs its output, and each output its call: {odd[:80]!r} has only one of both"
        raise ApiError(400, message, code="invalid_value", param="input")
    if not functions and not exchange:
        return None
    if isinstance(choice, dict) and choice.get("type") == "function":
        choice = {"type": "function", "function": {"name": choice.get("name")}}
    elif not isinstance(choice, str):
        choice = None  # to search files, which is done in any case
    tools = tuple(function.for_chat() for function in functions)
    return Toolbox(tools, choice if tools else None, parallel if tools else None, tuple(exchange))


def call_items(token: str, calls: Sequence[ToolCall]) -> list[Json]:
    """The calls that a model wants made, as items of the response with this token."""
    return [
        {
            "id": f"fc_{token}_{place}",
            "type": CALL,
            "status": "completed",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }
        for place, call in enumerate(calls)
    ]


def _as_message(item: Json) -> Json:
    """An item in the shape of a chat's messages, which is what models are asked in."""
    if item["type"] == CALL:
        function = {"name": item["name"], "arguments": item["arguments"]}
        call = {"id": item["call_id"], "type": "function", "function": function}
        return {"role": "assistant", "content": "", "tool_calls": [call]}
    return {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}
