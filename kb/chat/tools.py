"""Tools that a model may call: what it is told of them, and the calls that it makes. Nothing here runs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kb.records import ToolCall

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
        """As fields of a request."""
        named = {"tools": list(self.tools) or None, "tool_choice": self.choice, "parallel_tool_calls": self.parallel}
        return {name: value for name, value in named.items() if value is not None}


class CallsInTheMaking:
    """Joins the pieces in which a stream brings its calls."""

    def __init__(self) -> None:
        self._calls: dict[int, list[str]] = {}  # id, name and arguments

    def read(self, pieces: Sequence[Json]) -> int:
        """Takes what a chunk has of them; returns how many characters that is.

        Raises:
            ValueError: a piece is not of the shape that OpenAI's API has.
        """
        characters = 0
        for place, piece in enumerate(pieces):
            try:
                index, function = piece.get("index"), piece.get("function") or {}
                parts = (piece.get("id"), function.get("name"), function.get("arguments"))
            except AttributeError as error:
                raise ValueError("a call of a tool has another shape than OpenAI's") from error
            call = self._calls.setdefault(place if index is None else int(index), ["", "", ""])
            for number, part in enumerate(parts):
                text = str(part or "")
                call[number] += text
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
