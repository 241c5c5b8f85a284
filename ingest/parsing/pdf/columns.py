"""Reading order: pages set in columns are read column by column, tables row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.parsing.pdf.characters import is_unspaced
from ingest.parsing.pdf.segments import Segment, lines_of

_DEEPEST = 3  # columns inside columns inside columns: no page has more
_FEWEST_LINES = 4  # on both sides of a gutter before it counts as one
_NARROWEST = 60.0  # points: a narrower strip beside the text is line numbers or notes at the margin
_PROSE_UNITS = 16  # mean characters of a line of running text (a Chinese one counts two); cells of tables have fewer
_PROSE_FILL = 0.5  # of its column's width that a line of running text fills, on average
_GRID_FILL = 0.7  # the same where every line has its neighbour at the same height, as rows of a table do
_OVERHANG = 4.0  # points that a segment must stick out over a gutter on both sides to span it


@dataclass(frozen=True, slots=True)
class _Side:
    lines: int
    width: float
    fill: float
    units: float
    middles: tuple[float, ...]

    @property
    def is_prose(self) -> bool:
        return self.lines >= _FEWEST_LINES and self.fill >= _PROSE_FILL and self.units >= _PROSE_UNITS


def reading_order(segments: list[Segment], depth: int = 0) -> list[list[Segment]]:
    """The segments of a page in streams, each read from top to bottom before the next."""
    gutter = _gutter(segments) if depth < _DEEPEST and len(segments) >= 2 * _FEWEST_LINES else None
    if gutter is None:
        return [segments] if segments else []
    streams: list[list[Segment]] = []
    for band, spanning in _bands(segments, gutter):
        if spanning:
            streams.append(band)
            continue
        left = [segment for segment in band if segment.x1 + segment.x0 < 2 * gutter]
        right = [segment for segment in band if segment.x1 + segment.x0 >= 2 * gutter]
        if left and right and _is_tabular(left, right):
            streams.append(band)
        else:
            streams.extend(reading_order(left, depth + 1) + reading_order(right, depth + 1))
    return _joined(streams)


def _joined(streams: list[list[Segment]]) -> list[list[Segment]]:
    return [stream for stream in streams if stream]


def _gutter(segments: list[Segment]) -> float | None:
    """Where a page, or a part of one, is parted into columns: where most lines of running text stand on both sides."""
    left, right = min(segment.x0 for segment in segments), max(segment.x1 for segment in segments)
    width = right - left
    if width < 150:  # points; a newspaper's column is narrower than that, two of them are not
        return None
    best: tuple[float, float] | None = None
    for place in _gaps(segments, left + 0.15 * width, right - 0.15 * width):
        score = _score(segments, place)
        if score and (best is None or score > best[0]):
            best = (score, place)
    return best[1] if best else None


def _gaps(segments: list[Segment], low: float, high: float) -> list[float]:
    """Middles of the vertical strips that few segments cross, between `low` and `high`."""
    edges = np.arange(low, high, 2.0)
    if edges.size < 3:
        return []
    x0 = np.array([segment.x0 for segment in segments])
    x1 = np.array([segment.x1 for segment in segments])
    crossing = ((x0[:, None] < edges) & (x1[:, None] > edges)).sum(0)
    limit = max(2, crossing.max() * 0.5)
    places: list[float] = []
    index = 0
    while index < edges.size:
        if crossing[index] > limit:
            index += 1
            continue
        start = index
        while index < edges.size and crossing[index] == crossing[start]:
            index += 1
        if start > 0 and index < edges.size and crossing[start - 1] > crossing[start] < crossing[index]:
            places.append(float(edges[start] + edges[index - 1]) / 2)
    return places


def _score(segments: list[Segment], gutter: float) -> float:
    total = 0.0
    for band, spanning in _bands(segments, gutter):
        if spanning:
            continue
        left = [segment for segment in band if segment.x1 + segment.x0 < 2 * gutter]
        right = [segment for segment in band if segment.x1 + segment.x0 >= 2 * gutter]
        if len(left) < _FEWEST_LINES or len(right) < _FEWEST_LINES:
            continue
        one, other = _side(left), _side(right)
        if min(one.width, other.width) < _NARROWEST:
            continue
        aligned = _aligned(one, other)
        if aligned > 0.9 and min(one.fill, other.fill) < _GRID_FILL:
            continue
        if (one.is_prose and other.is_prose) or ((one.is_prose or other.is_prose) and aligned < 0.5):
            total += min(one.lines, other.lines)
    return total


def _bands(segments: list[Segment], gutter: float) -> list[tuple[list[Segment], bool]]:
    """From top to bottom: runs of segments that span the gutter (True) and of those that do not (False)."""
    bands: list[tuple[list[Segment], bool]] = []
    for segment in sorted(segments, key=lambda item: item.middle):
        spanning = segment.x0 < gutter - _OVERHANG and segment.x1 > gutter + _OVERHANG
        if not bands or bands[-1][1] != spanning:
            bands.append(([], spanning))
        bands[-1][0].append(segment)
    return bands


def _side(segments: list[Segment]) -> _Side:
    lines = lines_of(segments)
    left, right = min(segment.x0 for segment in segments), max(segment.x1 for segment in segments)
    width = max(right - left, 1.0)
    # Bullets and numbers stand in segments of their own before the text of their items: they say nothing about it.
    written = [segment for segment in segments if len(segment.words) > 1 or len(segment.words[0].text) > 3] or segments
    filled = sum(segment.x1 - segment.x0 for segment in written) / len(written)
    units = sum(map(_units, written)) / len(written)
    return _Side(len(lines), width, filled / width, units, tuple(sorted(line.main.middle for line in lines)))


def _units(segment: Segment) -> int:
    """How long a segment is in characters; one of a script without spaces counts two."""
    return sum(2 if is_unspaced(word.text) else len(word.text) + 1 for word in segment.words)


def _aligned(one: _Side, other: _Side) -> float:
    """The part of the lines on the emptier side that stand at the height of a line of the other: near 1 in tables."""
    fewer, more = sorted((np.array(one.middles), np.array(other.middles)), key=len)
    nearest = np.abs(more[None, :] - fewer[:, None]).min(1)
    return float((nearest < 1.5).mean())


def _is_tabular(left: list[Segment], right: list[Segment]) -> bool:
    """Whether a band between two lines that span the gutter is a table rather than two columns of text."""
    one, other = _side(left), _side(right)
    if one.is_prose and other.is_prose:
        return False
    many_cells = len(left) > 1.4 * one.lines or len(right) > 1.4 * other.lines
    short = one.units < _PROSE_UNITS and other.units < _PROSE_UNITS
    return (many_cells or short) and _aligned(one, other) >= 0.6
