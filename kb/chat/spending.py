"""What calls to chat models took that one answer caused: writing it, rewriting its question, judging its sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kb.chat.asking import asked_with
from kb.chat.sampling import Sampling, TellsTokens, TellsWords
from kb.chat.tools import Toolbox
from kb.ports import ChatModel, JsonSchema
from kb.records import TokenCount, Turn

CountTokens = Callable[[Sequence[str]], list[int]]


class Spending:
    """The calls of one answer, which is made in one thread.

    Args:
        count: counts the tokens of texts, for replies of which no server told what they took: some servers do not, and
            none does of a reply that is hung up on.
    """

    def __init__(self, count: CountTokens) -> None:
        self._count = count
        self._calls: list[tuple[str, Iterator[str]]] = []  # what was sent, and the reply

    def counting(self, model: ChatModel) -> ChatModel:
        """The same model, whose calls are counted here."""
        return _CountedModel(model, self)

    def note(self, sent: str, reply: Iterator[str]) -> Iterator[str]:
        """Counts a call; returns the reply to read in the place of `reply`."""
        noted = reply if isinstance(reply, TellsWords) else _Remembered(reply)
        self._calls.append((sent, noted))
        return noted

    def tokens(self) -> TokenCount | None:
        """What all calls took so far; None where there was none."""
        if not self._calls:
            return None
        took = [self._of(sent, reply) for sent, reply in self._calls]
        return TokenCount(sum(count.read for count in took), sum(count.written for count in took))

    def _of(self, sent: str, reply: Iterator[str]) -> TokenCount:
        told = reply.tokens if isinstance(reply, TellsTokens) else None
        words = reply.words if isinstance(reply, TellsWords) else ""
        return told or TokenCount(*self._count([sent, words]))


class _CountedModel:
    """A chat model whose calls are noted. Its server is always asked what they took."""

    def __init__(self, model: ChatModel, spending: Spending) -> None:
        self._model = model
        self._spending = spending

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def asked_with(self, sampling: Sampling | None, toolbox: Toolbox | None) -> ChatModel:
        """The same model, asked so, where it can be."""
        return _CountedModel(asked_with(self._model, sampling, toolbox), self._spending)

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """As the model's own."""
        telling = asked_with(self._model, Sampling(), None)
        reply = telling.stream(system, turns, max_tokens=max_tokens, schema=schema)
        return self._spending.note("\n".join((system, *(turn.text for turn in turns))), reply)


class _Remembered(Iterator[str]):
    """A reply of which is remembered what was read of it."""

    def __init__(self, reply: Iterator[str]) -> None:
        self._reply = reply
        self._read: list[str] = []

    @property
    def words(self) -> str:
        """All that was read so far."""
        return "".join(self._read)

    def __next__(self) -> str:
        self._read.append(next(self._reply))
        return self._read[-1]

    def close(self) -> None:
        """Stops the call."""
        close = getattr(self._reply, "close", None)
        if close is not None:
            close()
