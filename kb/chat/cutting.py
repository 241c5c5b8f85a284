"""Replies that are cut into sentences where they are received."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeGuard, runtime_checkable


@runtime_checkable
class CutsPieces(Protocol):
    """A reply whose reader wakes only for what is worth waking for: a thread that wakes for each token costs more."""

    def __iter__(self) -> Iterator[str]: ...

    @property
    def began_at(self) -> float | None:
        """The moment of its first piece, in seconds of `time.perf_counter`; None before."""
        ...

    def cut_by(self, cut: Callable[[str], Iterable[str]]) -> None:
        """From now on its pieces are what `cut` makes of them, which is called where they are received, in order."""
        ...


def cuts_pieces(reply: Iterator[str]) -> TypeGuard[CutsPieces]:
    """Whether a reply can be cut where it is received."""
    return isinstance(reply, CutsPieces)
