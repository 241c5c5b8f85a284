"""Server-sent events, of which a streamed reply is made (WHATWG's HTML standard, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterator


class EventReader:
    """Reads a stream that comes in pieces of any size."""

    def __init__(self) -> None:
        self._line: list[bytes] = []  # what has come of the line that is not whole
        self._data: list[bytes] = []  # the lines of the event that is not whole

    def read(self, piece: bytes) -> Iterator[bytes]:
        """Takes the next piece; yields the data of each event that it completes. Half an event at the end is none."""
        first, *lines = piece.split(b"\n")
        self._line.append(first)
        if not lines:
            return
        first = b"".join(self._line)
        self._line = [lines.pop()]
        for line in (first, *lines):
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())
            elif line in {b"", b"\r"} and self._data:
                yield b"\n".join(self._data)
                self._data = []
