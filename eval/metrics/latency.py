"""How long answers take and how many tokens they cost.

The p-th percentile is the value below which p % of the measurements lie, by linear interpolation between the two
nearest (Hyndman and Fan 1996, type 7). p95 says what one user in twenty waits for; no mean, which a single slow answer
moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kb.ports import ChatModel, JsonSchema
from kb.records import Turn

Count = Callable[[Sequence[str]], Sequence[int]]  # tokens of each text


def percentile(values: Sequence[float], percent: float) -> float:
    """In the unit of `values`; NaN for none."""
    return float(np.percentile(values, percent)) if len(values) else float("nan")


class Tokens(NamedTuple):
    """What went into a model and what came out of it."""

    taken: int
    given: int


class MeteredModel:
    """Passes everything on to a chat model and keeps what goes in and out, to be counted when the clock has stopped.

    Args:
        model: does the work.
        count: counts tokens. Another model's tokenizer gives an estimate, whose error is the same in all runs.
    """

    def __init__(self, model: ChatModel, count: Count) -> None:
        self._model = model
        self._count = count
        self._taken: list[str] = []
        self._given: list[str] = []

    @property
    def name(self) -> str:
        """The model's own."""
        return self._model.name

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """The model's own pieces. A reply that is broken off counts as far as it came."""
        self._taken += [system, *(turn.text for turn in turns)]
        pieces: list[str] = []
        reply = self._model.stream(system, turns, max_tokens=max_tokens, schema=schema)
        try:
            for piece in reply:
                pieces.append(piece)
                yield piece
        finally:
            self._given.append("".join(pieces))
            if (close := getattr(reply, "close", None)) is not None:
                close()

    def read(self) -> Tokens:
        """The tokens since the last reading."""
        tokens = Tokens(sum(self._count(self._taken)), sum(self._count(self._given)))
        self._taken, self._given = [], []
        return tokens
