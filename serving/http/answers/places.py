"""Places for answers in the making: each holds a thread, and more at once would only make all of them slow."""

from __future__ import annotations

import threading

from serving.http.errors import ApiError

MOST_ANSWERS = 128  # of one process; each mostly waits for the model
_CROWD = 8  # answers at once, from which on they stand back; with those after half of the places it helped little


class Places:
    """So many places. May be used by any thread."""

    def __init__(self, count: int = MOST_ANSWERS) -> None:
        self._count = count
        self._free = count
        self._lock = threading.Lock()

    @property
    def free(self) -> int:
        """How many are."""
        return self._free

    @property
    def is_crowded(self) -> bool:
        """Whether making answers might keep others from being heard."""
        return self._count - self._free > _CROWD

    def check(self) -> None:
        """Refuses a question for which there is no place now, before anything of it is read.

        Raises:
            ApiError: 429.
        """
        if self._free <= 0:
            raise _none_free()

    def take(self) -> Place:
        """Takes a place.

        Raises:
            ApiError: 429, when none is free.
        """
        with self._lock:
            self.check()
            self._free -= 1
        return Place(self)

    def _give_back(self) -> None:
        with self._lock:
            self._free += 1


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
