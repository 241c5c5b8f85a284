"""Markdown, by way of HTML, through `unstructured`."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.parsing.parts import Parsed
from ingest.parsing.web import parse_html
from kb.text.decoding import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_LINE = re.compile(r"([A-Za-z_][\w-]{0,40}):[ \t]*(.+)")


def parse_markdown(path: Path) -> Parsed:
    """The text of a Markdown file: headings, lists, tables, code. A YAML head gives title and metadata."""
    text = decode(path.read_bytes()).replace("\r\n", "\n")
    front: dict[str, str] = {}
    head = _FRONT_MATTER.match(text)
    if head:
        front = {key.lower(): value.strip().strip("'\"") for key, value in _FRONT_LINE.findall(head.group(1))}
        text = text[head.end() :]
    parsed = parse_html(_as_html(text))
    parsed.title = front.pop("title", "")
    parsed.metadata = {key: value[:500] for key, value in front.items() if value}
    return parsed


def _as_html(text: str) -> str:
    """The same extensions as `unstructured`'s own Markdown route, and lists that need no blank line before them."""
    import markdown  # type: ignore[import-untyped]  # ships no types

    html: str = markdown.markdown(text, extensions=["tables", "fenced_code", "sane_lists", "md_in_html"])
    return html
