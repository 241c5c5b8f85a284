"""The process that measures is there only while something waits, is started again, and ends with its worker."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from kb.home.evaluations import add_evaluation, cancel_evaluation
from kb.home.home import Home
from ui.terminal.evaluating import evaluating_what_waits


def wait_until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_is_started_once_something_waits_and_ended_with_the_worker(tmp_path: Path) -> None:
    home, log = Home(tmp_path), tmp_path / "log"
    log.touch()
    program = (
        "import signal, sys, time\n"
        f"def note(word): open({str(log)!r}, 'a').write(word + '\\n')\n"
        "signal.signal(signal.SIGTERM, lambda *_: (note('ended'), sys.exit(0)))\n"
        "note('started')\n"
        "time.sleep(60)\n"
    )
    with evaluating_what_waits(home, [sys.executable, "-c", program]):
        time.sleep(1.5)
        assert log.read_text() == "", "nothing waits"
        add_evaluation(home, "default")
        wait_until(lambda: log.read_text() == "started\n")
    assert log.read_text() == "started\nended\n"


def test_one_that_ends_is_followed_by_another_while_something_waits(tmp_path: Path) -> None:
    home, log = Home(tmp_path), tmp_path / "log"
    log.touch()
    waiting = add_evaluation(home, "default")
    with evaluating_what_waits(home, [sys.executable, "-c", f"open({str(log)!r}, 'a').write('x')"]):
        wait_until(lambda: len(log.read_text()) >= 2)
        cancel_evaluation(home, waiting.id)
