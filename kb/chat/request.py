"""What is asked of a chat server, in the words of OpenAI's chat API."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from kb.chat.sampling import Sampling
from kb.chat.tools import Toolbox
from kb.ports import JsonSchema
from kb.records import Turn
from kb.settings import ModelSettings

TEMPERATURE = 0.0  # what documents say is no matter of chance
# OpenAI's models that think before they answer take no temperature; those for chats among them do.
_WITHOUT_TEMPERATURE = re.compile(r"(?!.*chat)(?:gpt-5|o\d)", re.IGNORECASE)


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


def body_of(request: Request, settings: ModelSettings) -> dict[str, Any]:
    """The JSON body of POST /chat/completions.

    The instructions come first, whole and unchanged from call to call: servers keep what they made of a beginning.
    """
    messages: list[dict[str, Any]] = [{"role": "system", "content": request.system}]
    messages.extend({"role": turn.role, "content": turn.text} for turn in request.turns)
    body: dict[str, Any] = {
        "model": settings.name,
        "messages": messages,
        "stream": True,
        "max_completion_tokens": request.max_tokens,
    }
    if not _WITHOUT_TEMPERATURE.match(settings.name):
        body["temperature"] = TEMPERATURE
    if settings.seed >= 0:
        body["seed"] = settings.seed
    if request.sampling is not None:
        body |= {name: value for name, value in request.sampling._asdict().items() if value is not None}
    if request.toolbox is not None:
        messages.extend(dict(message) for message in request.toolbox.exchange)
        body |= request.toolbox.options()
    if request.tells_tokens:
        body["stream_options"] = {"include_usage": True}
    if request.schema is not None:
        schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body
