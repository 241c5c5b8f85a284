"""Reads the text sources: a small part of Markdown, with a few lines of facts (title, file, ...) on top."""

import re
from dataclasses import dataclass, field
from pathlib import Path

_HEADING = re.compile(r"(#{1,4}) +(.+)")
_BULLET = re.compile(r"[-*] +(.+)")
_NUMBERED = re.compile(r"\d+\. +(.+)")


@dataclass(frozen=True)
class Block:
    """One piece of a document.

    `kind` is heading, paragraph, bullets, numbered, table, formula, note, notes (what a speaker says) or break (a new
    page). `texts` holds the paragraph or the items, `rows` the cells of a table, `level` a heading's depth.
    """

    kind: str
    texts: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    level: int = 0

    @property
    def text(self) -> str:
        """The only text of a block that has one."""
        return self.texts[0]


@dataclass(frozen=True)
class Source:
    """A text source: its facts and its blocks."""

    facts: dict[str, str]
    blocks: tuple[Block, ...]

    def fact(self, name: str) -> str:
        """The named fact, or nothing."""
        return self.facts.get(name, "")

    @property
    def is_chinese(self) -> bool:
        """Whether lines are to be broken between characters."""
        return self.fact("language").startswith("zh")


@dataclass
class _Reader:
    blocks: list[Block] = field(default_factory=list)

    def read(self, group: list[str]) -> None:
        """Add the block that a group of lines, free of blank ones, makes up."""
        first = group[0]
        if heading := _HEADING.fullmatch(first):
            self.blocks.append(Block("heading", (heading[2],), level=len(heading[1])))
            if group[1:]:
                self.read(group[1:])
        elif first == "---":
            self.blocks.append(Block("break"))
        elif first.startswith("|"):
            self.blocks.append(Block("table", rows=_rows(group)))
        elif first.startswith("```"):
            self.blocks.append(Block("formula", ("\n".join(group[1:-1]),)))
        elif first.startswith(">"):
            self.blocks.append(Block("note", (" ".join(line.lstrip("> ") for line in group),)))
        elif first == "Notes:":
            self.blocks.append(Block("notes", (" ".join(group[1:]),)))
        elif _BULLET.fullmatch(first):
            self.blocks.append(Block("bullets", _items(group, _BULLET)))
        elif _NUMBERED.fullmatch(first):
            self.blocks.append(Block("numbered", _items(group, _NUMBERED)))
        else:
            self.blocks.append(Block("paragraph", (" ".join(group),)))


def _rows(group: list[str]) -> tuple[tuple[str, ...], ...]:
    rows = (tuple(cell.strip() for cell in line.strip("|").split("|")) for line in group)
    return tuple(row for row in rows if not all(set(cell) <= set("-: ") for cell in row))


def _items(group: list[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    items: list[str] = []
    for line in group:
        if match := pattern.fullmatch(line):
            items.append(match[1])
        else:
            items[-1] += " " + line.strip()
    return tuple(items)


def read_source(path: Path) -> Source:
    """Read a source file that begins with `---`, its facts and another `---`."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    facts = {key.strip(): value.strip() for key, value in (line.split(":", 1) for line in head.splitlines() if line)}
    reader = _Reader()
    for group in re.split(r"\n\s*\n", body.strip("\n")):
        reader.read(group.splitlines())
    return Source(facts, tuple(reader.blocks))


def spoken(text: str) -> str:
    """The text without its marks for bold, italic and code."""
    return re.sub(r"\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`", lambda match: match[1] or match[2] or match[3], text)


def runs(text: str) -> list[tuple[str, str]]:
    """The text cut into pieces, each with its style: plain, bold, italic or code."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for match in re.finditer(r"\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`", text):
        pieces.append((text[at : match.start()], "plain"))
        style = "bold" if match[1] else "italic" if match[2] else "code"
        pieces.append((match[1] or match[2] or match[3], style))
        at = match.end()
    pieces.append((text[at:], "plain"))
    return [piece for piece in pieces if piece[0]]
