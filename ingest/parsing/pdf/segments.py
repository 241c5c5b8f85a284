"""Words to segments (what stands together on one line), segments to rows (all that stands on a line of a column)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from ingest.parsing.normalising import joint_between
from ingest.parsing.pdf.characters import Word, is_unspaced

_SEGMENT_GAP = 1.0  # of the font size: justified words stay nearer together, columns and table cells further apart
_OVERLAP = 1.1  # of the font size: Chinese signs are set half over the empty half of the one before
_SAME_LINE = 0.5  # of the lower one's height must two boxes share to stand on one line
_SMALL = 0.8  # of the usual font size: at most that large are indices and notes' signs
_FEW_WORDS = 3  # of an index
_RIGHT_TO_LEFT = ("\u0590", "\u08ff")  # Hebrew to Arabic


@dataclass(slots=True)
class Segment:
    """Words on one line with no wide gap between them, from left to right."""

    words: list[Word]
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def size(self) -> float:
        """The font size of most of its words."""
        return self.words[0].size if len(self.words) < 3 else median(word.size for word in self.words)

    @property
    def text(self) -> str:
        """Its words as a line of text."""
        return text_of(self.words)

    @property
    def middle(self) -> float:
        """Half-way between its top and its bottom."""
        return (self.y0 + self.y1) / 2


def text_of(words: Iterable[Word]) -> str:
    """The words of one line joined as they stand on it."""
    pieces: list[str] = []
    before: Word | None = None
    for word in words:
        if before is not None:
            pieces.append(joint(before, word))
        pieces.append(word.text)
        before = word
    return "".join(pieces)


def joint(left: Word, right: Word) -> str:
    """What stands between two neighbours on one line.

    Between Chinese characters pdfium reports a blank wherever the typesetter stretched the line: only a gap of more
    than half a character is one. Between words the blank is real.
    """
    gap = right.x0 - left.x1
    if not right.space and gap <= 0.2 * left.size:
        return ""
    if is_unspaced(left.text[-1]) and is_unspaced(right.text):
        return (right.space or " ") if gap > 0.6 * left.size else ""
    if right.space:
        return right.space
    return joint_between(left.text[-1], right.text[0])


def gap_between(left: Word, right: Word) -> float:
    """The empty space between two neighbours in points. A written ideographic space is text: it opens no gap."""
    gap = right.x0 - left.x1
    return min(gap, 0.2 * right.size) if right.space == "\u3000" and gap < 2.5 * right.size else gap


def segments_of(words: Iterable[Word]) -> list[Segment]:
    """Segments in the file's order."""
    segments: list[Segment] = []
    for word in words:
        last = segments[-1] if segments else None
        if last is not None and _goes_on(last, word):
            last.words.append(word)
            last.x1, last.y0, last.y1 = max(last.x1, word.x1), min(last.y0, word.y0), max(last.y1, word.y1)
        else:
            segments.append(Segment([word], word.x0, word.y0, word.x1, word.y1))
    return segments


def _goes_on(segment: Segment, word: Word) -> bool:
    last = segment.words[-1]
    gap = gap_between(last, word)
    size = max(last.size, word.size)
    return -_OVERLAP * size <= gap <= _SEGMENT_GAP * size and _on_one_line(last.y0, last.y1, word.y0, word.y1)


def _on_one_line(top: float, bottom: float, other_top: float, other_bottom: float) -> bool:
    shared = min(bottom, other_bottom) - max(top, other_top)
    return shared >= _SAME_LINE * min(bottom - top, other_bottom - other_top)


@dataclass(frozen=True, slots=True)
class Row:
    """All segments on one line of a column, in reading order. Made by `row_from`."""

    segments: list[Segment]
    page: int
    words: list[Word]
    text: str
    size: float  # the font size of most of its characters
    middle: float  # the height of its widest segment's middle: what rises above or hangs below does not move it
    x0: float
    y0: float
    x1: float
    y1: float


def row_from(segments: list[Segment], page: int) -> Row:
    """The row that `segments` make, already in reading order."""
    words = [word for segment in segments for word in segment.words]
    return Row(
        segments,
        page,
        words,
        text_of(words),
        dominant_size(words),
        max(segments, key=lambda item: item.x1 - item.x0).middle,
        min(item.x0 for item in segments),
        min(item.y0 for item in segments),
        max(item.x1 for item in segments),
        max(item.y1 for item in segments),
    )


def dominant_size(words: Iterable[Word]) -> float:
    """The font size in which most characters are set, in half points."""
    weights: dict[float, int] = {}
    for word in words:
        size = round(word.size * 2) / 2
        weights[size] = weights.get(size, 0) + len(word.text)
    return max(weights, key=lambda size: (weights[size], size)) if weights else 0.0


def rows_of(segments: Iterable[Segment], page: int) -> list[Row]:
    """Rows from top to bottom; inside a row from left to right, or from right to left where its script runs so."""
    rows = [row_from(_in_order(line.segments), page) for line in lines_of(segments)]
    return sorted(rows, key=lambda row: row.middle)


def lines_of(segments: Iterable[Segment]) -> list[Line]:
    """What stands on each line, not yet in order: enough to weigh a layout."""
    ordered = sorted(segments, key=lambda item: (item.middle, item.x0))
    sizes = {id(segment): segment.size for segment in ordered}
    limit = _SMALL * median(sizes.values()) if ordered else 0.0
    lines: list[Line] = []
    small: list[Segment] = []
    for segment in ordered:
        if sizes[id(segment)] <= limit and len(segment.words) <= _FEW_WORDS:
            small.append(segment)
            continue
        home = next((line for line in lines[-1:-4:-1] if line.takes(segment)), None)
        if home is None:
            lines.append(Line([segment], segment, segment.y0, segment.y1))
        else:
            home.add(segment)
    for segment in small:
        home = _line_of_index(lines, segment)
        if home is None:
            lines.append(Line([segment], segment, segment.y0, segment.y1))
        else:
            home.segments.append(segment)
    return lines


@dataclass(slots=True)
class Line:
    """A row in the making; `main` is its widest segment."""

    segments: list[Segment]
    main: Segment
    y0: float
    y1: float

    def takes(self, segment: Segment) -> bool:
        """Whether the segment stands on this line, beside what is there."""
        main = self.main
        if not _on_one_line(main.y0, main.y1, segment.y0, segment.y1):
            return False
        overlap = _OVERLAP * segment.words[0].size
        return all(min(item.x1, segment.x1) - max(item.x0, segment.x0) <= overlap for item in self.segments)

    def add(self, segment: Segment) -> None:
        """Takes the segment in."""
        self.segments.append(segment)
        self.y0, self.y1 = min(self.y0, segment.y0), max(self.y1, segment.y1)
        if segment.x1 - segment.x0 > self.main.x1 - self.main.x0:
            self.main = segment


def _line_of_index(lines: list[Line], segment: Segment) -> Line | None:
    """The line whose raised or lowered sign a small segment is: it touches the line and stands beside its words."""
    best: Line | None = None
    most = 0.15 * (segment.y1 - segment.y0)
    for line in lines:
        shared = min(line.y1, segment.y1) - max(line.y0, segment.y0)
        if shared < most:
            continue
        around = 2 * line.main.words[0].size
        left, right = min(item.x0 for item in line.segments), max(item.x1 for item in line.segments)
        if left - around <= segment.x0 and segment.x1 <= right + around:
            best, most = line, shared
    return best


def _in_order(segments: list[Segment]) -> list[Segment]:
    letters = [word.text[0] for segment in segments for word in segment.words if word.text[0].isalpha()]
    low, high = _RIGHT_TO_LEFT
    leftwards = sum(low <= letter <= high for letter in letters) * 2 > len(letters)
    return sorted(segments, key=lambda item: item.x0, reverse=leftwards)
