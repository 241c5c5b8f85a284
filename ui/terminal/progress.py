"""How far a long measurement is: a bar on a terminal, plain lines elsewhere, both on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm

_SECONDS_BETWEEN_LINES = 15.0  # a log of a long run stays readable, and nobody takes a quiet one for a dead one

Progress = Callable[[str, int, int], None]  # stage, done, of


@contextmanager
def progress_of(name: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """Shows the stages of measuring `name` on `stream` (stderr where not given)."""
    out = stream or sys.stderr
    if not out.isatty():
        yield _Lines(name, out)
        return
    with tqdm(desc=name, file=out) as bar:

        def show(stage: str, done: int, of: int) -> None:
            bar.set_description(f"{name}: {stage}", refresh=False)
            if bar.total != of or done < bar.n:  # another stage
                bar.reset(total=of)
            bar.update(done - bar.n)

        yield show


class _Lines:
    """A line at the beginning of each stage, then now and then."""

    def __init__(self, name: str, out: TextIO) -> None:
        self._name = name
        self._out = out
        self._stage = ""
        self._last = 0.0

    def __call__(self, stage: str, done: int, of: int) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._last >= _SECONDS_BETWEEN_LINES:
            print(f"{self._name}: {stage} {done} of {of}", file=self._out, flush=True)
            self._stage, self._last = stage, now
