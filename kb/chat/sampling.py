"""How a model's words are drawn, where a request says so, and how many tokens its reply took."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from kb.records import TokenCount


class Sampling(NamedTuple):
    """The parameters of OpenAI's API of this name; None leaves one as it is."""

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None


@runtime_checkable
class TellsTokens(Protocol):
    """A reply that knows how many tokens it took, once it has ended."""

    @property
    def tokens(self) -> TokenCount | None:
        """None where the server does not say."""
        ...


@runtime_checkable
class TellsWords(Protocol):
    """A reply that knows what has come of it, read or not."""

    @property
    def words(self) -> str:
        """All of it so far, as the model wrote it."""
        ...
