"""What is asked of a chat server, in the words of the client library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kb.chat.sampling import Sampling
from kb.chat.tools import Toolbox
from kb.ports import JsonSchema
from kb.records import Turn

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


class Request(NamedTuple):
    """One call."""

    system: str
    turns: tuple[Turn, ...]
    max_tokens: int
    schema: JsonSchema | None
    sampling: Sampling | None = None
    toolbox: Toolbox | None = None
    tells_tokens: bool = False  # whether the server is asked how many tokens the reply took


def simpler_request(request: Request) -> Request | None:
    """The same request without an option that not every server knows; None where it has none."""
    if request.tells_tokens:
        return request._replace(tells_tokens=False)
    if request.schema is not None:
        return request._replace(schema=None)
    return None


def messages_of(request: Request) -> list[BaseMessage]:
    """The instructions first, whole and unchanged from call to call: servers keep what they made of a beginning."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, convert_to_messages

    messages: list[BaseMessage] = [SystemMessage(request.system)]
    messages.extend(HumanMessage(turn.text) if turn.role == "user" else AIMessage(turn.text) for turn in request.turns)
    if request.toolbox is not None:
        messages.extend(convert_to_messages([dict(message) for message in request.toolbox.exchange]))
    return messages


def options_of(request: Request) -> dict[str, Any]:
    """Everything else about the call that changes from one to the next."""
    options: dict[str, Any] = {"max_tokens": request.max_tokens}
    if request.sampling is not None:
        options |= {name: value for name, value in request.sampling._asdict().items() if value is not None}
    if request.toolbox is not None:
        options |= request.toolbox.options()
    if request.tells_tokens:
        options["stream_usage"] = True
    if request.schema is not None:
        schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
        # As an extra of the body: named as an option, the client library would parse the reply itself, and throw away
        # one that it cannot.
        options["extra_body"] = {"response_format": {"type": "json_schema", "json_schema": schema}}
    return options
