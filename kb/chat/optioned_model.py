"""A chat model that is asked as one request wants it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from kb.chat.request import Request
from kb.chat.sampling import Sampling
from kb.chat.tools import Toolbox
from kb.ports import JsonSchema
from kb.records import Turn


class Replying(Protocol):
    """What makes the replies."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    def reply(self, request: Request) -> Iterator[str]:
        """The reply to a request."""
        ...


@dataclass(frozen=True, slots=True)
class OptionedModel:
    """`model` with options; `longest` is how many tokens a reply may have, unless told otherwise."""

    model: Replying
    sampling: Sampling | None
    toolbox: Toolbox | None
    longest: int

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        return self.model.name

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """As the model's own. Once the reply has ended, it tells its tokens, where the server does, and its calls."""
        most = max_tokens or self.longest
        request = Request(system, tuple(turns), most, schema, self.sampling, self.toolbox, tells_tokens=True)
        return self.model.reply(request)
