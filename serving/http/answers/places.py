"""Places for answers in the making: each holds a thread, and more at once would only make all of them slow."""

from __future__ import annotations

import threading
from contextlib import nullcontext

from kb.turns import Turns
from serving.http.errors import ApiError
from serving.taken_places import TakenPlaces

MOST_ANSWERS = 128  # of all server processes together; each mostly waits for the model
_CROWD = 8  # answers at once, from which on they stand back; with those after half of the places it helped little


class Places:
    """So many places. May be used by any thread.

    Args:
        count: of the places.
        shared: where several server processes share them, what each of them holds.
    """

    def __init__(self, count: int = MOST_ANSWERS, shared: TakenPlaces | None = None) -> None:
        self._count = count
        self._taken = 0  # by this process
        self._shared = shared
        self._lock = threading.Lock()
        self.turns = Turns()  # of the answers that have them

    @property
    def free(self) -> int:
        """How many are."""
        return self._count - (self._taken if self._shared is None else self._shared.in_all())

    @property
    def is_crowded(self) -> bool:
        """Whether making answers might keep others from being heard by this process."""
        return self._taken > _CROWD

    def check(self) -> None:
        """Refuses a question for which there is no place now, before anything of it is read.

        Raises:
            ApiError: 429.
        """
        if self.free <= 0:
            raise _none_free()

    def take(self) -> Place:
        """Takes a place.

        Raises:
            ApiError: 429, when none is free.
        """
        with self._lock, nullcontext() if self._shared is None else self._shared.alone():
            self.check()
            self._count_taken(1)
        return Place(self)

    def _give_back(self) -> None:
        with self._lock:
            self._count_taken(-1)

    def _count_taken(self, places: int) -> None:
        self._taken += places
        if self._shared is not None:
            self._shared.add(places)


class Place:
    """A place that was taken: for a request until it is over, or for an answer until that is made."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._used = False

    def use(self) -> bool:
        """Takes the place over for an answer; False where one has it, or the request is over."""
        used, self._used = self._used, True
        return not used

    def give_back(self) -> None:
        """Gives the place back when its answer is made."""
        self._places._give_back()

    def give_back_unused(self) -> None:
        """Gives the place back at the request's end, unless an answer has it."""
        if self.use():
            self.give_back()


def _none_free() -> ApiError:
    return ApiError(429, "too many questions are being answered; ask again in a moment")
