"""Replies that are cut into sentences where they are received."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import Protocol, runtime_checkable

from kb.turns import waited_for

Cut = Callable[[str], Iterable[str]]


@runtime_checkable
class CutsPieces(Protocol):
    """A reply whose reader wakes only for what is worth waking for: a thread that wakes for each token costs more."""

    def __iter__(self) -> Iterator[str]: ...

    @property
    def began_at(self) -> float | None:
        """The moment of its first piece, in seconds of `time.perf_counter`; None before."""
        ...

    def cut_by(self, cut: Cut) -> None:
        """From now on its pieces are what `cut` makes of them, which is called where they are received, in order."""
        ...


def cut_where_received(reply: Iterator[str], cut: Cut) -> CutsPieces:
    """The reply in the pieces that `cut` makes of it; where it cannot cut itself, it is cut where it is read."""
    cutting = reply if isinstance(reply, CutsPieces) else _CutWhereRead(reply)
    cutting.cut_by(cut)
    return cutting


class _CutWhereRead:
    """Any other reply, in the same words."""

    def __init__(self, reply: Iterator[str]) -> None:
        self._reply = reply
        self._cut: Cut = lambda piece: (piece,)
        self.began_at: float | None = None

    def __iter__(self) -> Iterator[str]:
        for piece in waited_for(self._reply):
            if self.began_at is None:
                self.began_at = perf_counter()
            yield from self._cut(piece)

    def cut_by(self, cut: Cut) -> None:
        self._cut = cut
