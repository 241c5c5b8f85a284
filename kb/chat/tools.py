"""Tools that a model may call: what it is told of them, and the calls that it makes. Nothing here runs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kb.records import ToolCall

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one request, in the shapes of OpenAI's chat API.

    Attributes:
        tools: what each is called, is for and takes.
        choice: whether and which one is to be called; None leaves it to the model.
        parallel: whether several may be called at once; None as the model's server has it.
        exchange: the calls since the question and what came of them, as messages.
    """

    tools: tuple[Json, ...]
    choice: str | Json | None = None
    parallel: bool | None = None
    exchange: tuple[Json, ...] = ()

    def options(self) -> dict[str, Any]:
        """As the client library takes them."""
        named = {"tools": list(self.tools) or None, "tool_choice": self.choice, "parallel_tool_calls": self.parallel}
        return {name: value for name, value in named.items() if value is not None}


class CallsInTheMaking:
    """Joins the pieces in which a stream brings its calls."""

    def __init__(self) -> None:
        self._calls: dict[int, list[str]] = {}  # id, name and arguments

    def read(self, chunk: AIMessageChunk) -> int:
        """Takes what a chunk has of them; returns how many characters that is."""
        characters = 0
        for place, piece in enumerate(chunk.tool_call_chunks):
            index = piece.get("index")
            call = self._calls.setdefault(place if index is None else index, ["", "", ""])
            for part, name in enumerate(("id", "name", "args")):
                text = str(piece.get(name) or "")
                call[part] += text
                characters += len(text)
        return characters

    def calls(self) -> tuple[ToolCall, ...]:
        """All of them, in the order in which the model made them."""
        return tuple(ToolCall(*self._calls[index]) for index in sorted(self._calls))


@runtime_checkable
class TellsCalls(Protocol):
    """A reply that knows which tools it calls, once it has ended."""

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """None of them has been run."""
        ...


def calls_of(reply: Iterator[str]) -> tuple[ToolCall, ...]:
    """The calls that a reply makes, once it has ended."""
    return reply.calls if isinstance(reply, TellsCalls) else ()
