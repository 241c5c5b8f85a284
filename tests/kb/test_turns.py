"""Threads that take turns in computing."""

from __future__ import annotations

import threading

from kb.turns import Turns, standing_aside
from tests.serving.http_server import wait_until

LONG = 30.0  # seconds: more than any of these tests takes


class Asking:
    """A thread that wants a turn, and keeps it until it is told to go on."""

    def __init__(self, turns: Turns, *, aside: bool = False) -> None:
        self.has_it = threading.Event()
        self.go_on = threading.Event()
        self._turns = turns
        self._aside = aside
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with self._turns.taken():
            if self._aside:
                with standing_aside(), standing_aside():  # whoever stands aside may call what does, too
                    self.has_it.set()
                    self.go_on.wait(LONG)
            else:
                self.has_it.set()
                self.go_on.wait(LONG)


def test_one_thread_computes_at_a_time() -> None:
    turns = Turns(LONG)
    first = Asking(turns)
    assert first.has_it.wait(LONG)
    second = Asking(turns)
    assert not second.has_it.wait(0.05)
    first.go_on.set()
    assert second.has_it.wait(LONG)
    second.go_on.set()


def test_whoever_waits_for_something_else_lets_others_compute() -> None:
    turns = Turns(LONG)
    waiting = Asking(turns, aside=True)
    assert waiting.has_it.wait(LONG)
    other = Asking(turns)
    assert other.has_it.wait(LONG)
    waiting.go_on.set()
    waiting.thread.join(0.05)
    assert waiting.thread.is_alive()  # it has to wait for its turn again
    other.go_on.set()
    wait_until(lambda: not waiting.thread.is_alive())


def test_turns_come_in_the_order_in_which_they_are_asked_for() -> None:
    turns, came = Turns(LONG), list[int]()

    def take(number: int) -> None:
        with turns.taken():
            came.append(number)

    with turns.taken():
        threads = []
        for number in range(20):
            threads.append(threading.Thread(target=take, args=(number,), daemon=True))
            threads[-1].start()
            wait_until(lambda: turns.waiting == len(threads))
    for thread in threads:
        thread.join(LONG)
    assert came == list(range(20))


def test_nobody_waits_for_ever() -> None:
    turns = Turns(patience_seconds=0.01)
    first, second = Asking(turns), Asking(turns)
    assert first.has_it.wait(LONG)
    assert second.has_it.wait(LONG)
    for one in (first, second):
        one.go_on.set()
        one.thread.join(LONG)
    third = Asking(turns)  # each gave back no more than it had
    assert third.has_it.wait(LONG)
    assert not turns.is_free
    third.go_on.set()
    wait_until(lambda: turns.is_free)


def test_threads_that_take_no_turns_may_stand_aside() -> None:
    with standing_aside():
        assert Turns().is_free
