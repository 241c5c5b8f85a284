"""Tools in a chat request: handed on to the model, whose calls come back without being made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from kb.chat.tools import Toolbox
from serving.http.bodies import JsonBody

Json = dict[str, Any]

MOST_TOOLS = 128  # OpenAI's own number
FunctionName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]  # OpenAI's own rule


class FunctionDefinition(JsonBody):
    """What a function is called, is for and takes; what else stands in it is the model's server's business."""

    model_config = ConfigDict(extra="allow")

    name: FunctionName
    description: str | None = None
    parameters: Json | None = None
    strict: bool | None = None


class FunctionTool(JsonBody):
    """A function that the model may want called."""

    type: Literal["function"]
    function: FunctionDefinition


class CalledFunction(JsonBody):
    """Which function is called, and with which arguments, as JSON in a text."""

    name: FunctionName
    arguments: str


class MadeCall(JsonBody):
    """A call that the model made in an earlier reply."""

    id: str
    type: Literal["function"] = "function"
    function: CalledFunction


def toolbox_of(
    tools: Sequence[FunctionTool], choice: str | Json | None, exchange: Sequence[Json], *, parallel: bool | None
) -> Toolbox | None:
    """The tools of a request and what came of them so far; None where there is neither."""
    if not tools and not exchange:
        return None
    given = tuple(tool.model_dump(exclude_none=True) for tool in tools)
    return Toolbox(given, choice if tools else None, parallel if tools else None, tuple(exchange))
