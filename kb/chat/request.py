"""What is asked of a chat server, in the words of the client library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


def messages_of(request: Request) -> list[BaseMessage]:
    """The instructions first, whole and unchanged from call to call: servers keep what they made of a beginning."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    messages: list[BaseMessage] = [SystemMessage(request.system)]
    messages.extend(HumanMessage(turn.text) if turn.role == "user" else AIMessage(turn.text) for turn in request.turns)
    return messages


def options_of(request: Request) -> dict[str, Any]:
    """Everything else about the call that changes from one to the next."""
    options: dict[str, Any] = {"max_tokens": request.max_tokens}
    if request.schema is not None:
        schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
        # As an extra of the body: named as an option, the client library would parse the reply itself, and throw away
        # one that it cannot.
        options["extra_body"] = {"response_format": {"type": "json_schema", "json_schema": schema}}
    return options
