"""Breaks Chinese text into lines, between characters but not inside a number or a Latin word, and brings its font."""

from pathlib import Path

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # reportlab has no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from source_text import Source

CHINESE_FONT = Path(__file__).parent / "fonts" / "WenQuanYiMicroHei-subset.ttf"

# Marks that never begin a line, and marks that never end one.
NOT_FIRST = set("，。、；：？！）》」』”’％%·…")
NOT_LAST = set("（《「『“‘")


def break_chinese(text: str, font: str, size: float, width: float) -> list[str]:
    """Cut the text into lines no wider than `width` points, never inside a number or a Latin word."""
    lines, line = [], ""
    for piece in _unbreakable(text):
        if line and pdfmetrics.stringWidth(line + piece.rstrip(), font, size) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line]


def unbreakable_words(text: str) -> list[str]:
    """The pieces of a table cell that a line break never cuts, at least one; a short cell is one piece."""
    if len(text) <= 7:
        return [text]
    return [word for piece in _unbreakable(text) for word in piece.split()]


def _unbreakable(text: str) -> list[str]:
    pieces: list[str] = []
    for letter in text:
        last = pieces[-1][-1] if pieces else " "
        latin = letter.isascii() and last.isascii() and not letter.isspace() and not last.isspace()
        joins = bool(pieces) and (latin or letter in NOT_FIRST or last in NOT_LAST)
        if joins:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def register_chinese_font(source: Source) -> None:
    """Make the font known as "Chinese" and see that it has every character of the source."""
    pdfmetrics.registerFont(TTFont("Chinese", CHINESE_FONT))
    known = pdfmetrics.getFont("Chinese").face.charToGlyph
    words = "".join("".join(block.texts) + "".join(map("".join, block.rows)) for block in source.blocks)
    words += "".join(source.facts.values())
    if missing := sorted({letter for letter in words if ord(letter) not in known and letter != "\n"}):
        raise SystemExit(f"no glyph for {''.join(missing)} in {CHINESE_FONT.name}: see examples/fonts/README.md")
