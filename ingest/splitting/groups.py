"""Which units may share a passage: never those of two articles, two headings or two slides, nor a table and prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ingest.splitting.regions import Region, RegionKind
from ingest.splitting.units import Unit

_SMALL_TABLE = 1 / 4  # of a passage: up to this, a table is read with the prose around it; a larger one stands alone
_SMALL_PROSE = 1 / 8  # of a passage: up to this, prose is read with the table or the clauses it introduces or explains

_CAPTION = re.compile(r"(?:table|tab\.|exhibit|表|附表|图表|圖表)\s*[\d一二三四五六七八九十A-Z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Run:
    """The units of one region."""

    region: Region
    units: Sequence[Unit]
    tokens: int
    is_large_table: bool
    is_small: bool


@dataclass(slots=True)
class _Group:
    """Runs that may share passages."""

    runs: list[_Run] = field(default_factory=list)
    is_bare_heading: bool = True
    has_large_table: bool = False
    bodies: int = 0  # runs that are no headings
    is_small: bool = True  # at most one body, and that one small

    def add(self, run: _Run) -> None:
        self.runs.append(run)
        if run.region.kind is RegionKind.HEADING:
            return
        self.bodies += 1
        self.is_bare_heading = False
        self.is_small = self.bodies == 1 and run.is_small
        self.has_large_table = self.has_large_table or run.is_large_table

    @property
    def units(self) -> list[Unit]:
        return [unit for run in self.runs for unit in run.units]


def group_units(text: str, regions: Sequence[Region], units: Sequence[Unit], max_tokens: int) -> Iterator[list[Unit]]:
    """Parts units where a passage must end.

    Headings with no text of their own go with what follows, so that a passage is a bare heading only at the end of the
    text or of an article. Inside one article headings do not part.
    """
    group = _Group()
    for index, members in groupby(units, key=lambda unit: unit.region):
        run = _run_of(regions[index], list(members), max_tokens)
        if group.runs and not _belongs(text, group, run):
            caption = _caption_taken_off(text, group) if run.is_large_table else []
            yield group.units
            group = _Group()
            for caption_run in caption:
                group.add(caption_run)
        group.add(run)
    if group.runs:
        yield group.units


def _run_of(region: Region, units: list[Unit], max_tokens: int) -> _Run:
    tokens = sum(unit.tokens for unit in units)
    is_large_table = region.kind is RegionKind.TABLE and tokens > max_tokens * _SMALL_TABLE
    return _Run(region, units, tokens, is_large_table, tokens <= max_tokens * _SMALL_PROSE)


def _belongs(text: str, group: _Group, run: _Run) -> bool:
    """Whether the next run may share a passage with the group before it."""
    last, region = group.runs[-1].region, run.region
    if last.article is not region.article:
        ended = last.article is not None and last.article.end <= region.start
        return not ended and (group.is_bare_heading or (last.article is not None and group.is_small))
    if group.is_bare_heading:
        return True
    if last.slide != region.slide or (region.kind is RegionKind.HEADING and region.article is None):
        return False
    if run.is_large_table:
        return group.is_small and not group.has_large_table
    if group.has_large_table:
        return run.is_small and not _is_caption(text, run.units[0])
    return True


def _is_caption(text: str, unit: Unit) -> bool:
    return _CAPTION.match(text, unit.start, unit.end) is not None


def _caption_taken_off(text: str, group: _Group) -> list[_Run]:
    """Takes the last line off the group if it is the caption of the table that follows."""
    run = group.runs[-1]
    if len(run.units) < 2 or not _is_caption(text, run.units[-1]):
        return []
    group.runs[-1] = _Run(
        run.region, run.units[:-1], run.tokens - run.units[-1].tokens, run.is_large_table, run.is_small
    )
    caption = run.units[-1:]
    return [_Run(run.region, caption, caption[0].tokens, is_large_table=False, is_small=True)]
