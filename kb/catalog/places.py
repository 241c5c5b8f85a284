"""Where a span of a document stands: its page, and one rectangle for each line of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb.records import Box, Mark, MarkKind

_SAME_LINE = 0.5  # two boxes are on one line when they share at least half of the lower one's height


def page_at(marks: Iterable[Mark], offset: int) -> int | None:
    """The number of the page or slide on which `offset` stands: the last one that starts at or before it."""
    pages = [mark for mark in marks if mark.kind is MarkKind.PAGE and mark.start <= offset]
    return pages[-1].number if pages else None


def line_boxes(words: Sequence[Box | tuple[int, int, int, float, float, float, float]]) -> tuple[Box, ...]:
    """Joins the boxes of neighbouring words on one line."""
    lines: list[Box] = []
    for word in words:
        box = Box(*word[2:])
        if lines and _on_one_line(lines[-1], box):
            last = lines[-1]
            lines[-1] = Box(
                last.page, min(last.x0, box.x0), min(last.y0, box.y0), max(last.x1, box.x1), max(last.y1, box.y1)
            )
        else:
            lines.append(box)
    return tuple(lines)


def _on_one_line(line: Box, box: Box) -> bool:
    shared = min(line.y1, box.y1) - max(line.y0, box.y0)
    lower = max(min(line.y1 - line.y0, box.y1 - box.y0), 0.1)
    # A word far left of the line's end starts another column or line even at the same height.
    return line.page == box.page and shared >= _SAME_LINE * lower and box.x0 >= line.x0 - 1
