"""HTML, through `unstructured`, after what is not the page's own text has been taken out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ingest.parsing.elements import partition, parts_of
from ingest.parsing.normalising import UNSPACED, clean_line
from ingest.parsing.parts import Parsed
from kb.text.decoding import decode

_DROPPED = ("script", "style", "noscript", "template", "nav", "iframe", "svg", "object", "embed", "select", "button")
_ROLES = ("navigation", "banner", "contentinfo", "search")
_MAIN = "main | article"
_META = {"author": "author", "description": "description", "keywords": "keywords", "date": "created"}


def parse_web(path: Path) -> Parsed:
    """The text of an HTML file."""
    return parse_html(decode(path.read_bytes(), html=True))


# Characters that are no text, as they are or by their numbers. Stray ones come from old editors and from copying out of
# PDFs; the tree of a page cannot hold them, and one of them must not cost the whole page.
_NO_TEXT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]"
    r"|&#0*(?:[0-8]|1[124-9]|2\d|3[01]|127|6553[45])(?!\d);?"
    r"|&#x0*(?:[0-8bcef]|1[0-9a-f]|7f|fff[ef])(?![0-9a-f]);?",
    re.IGNORECASE,
)


def parse_html(text: str) -> Parsed:
    """The text of a page without navigation, page header and footer, scripts and styles."""
    root = _tree(text)
    if root is None:
        return Parsed([])
    title = clean_line(root.findtext(".//title") or "")
    metadata = _metadata(root)
    _drop_noise(root)
    _write_numbers(root)
    _join_chinese_lines(root)
    from lxml import html as lxml_html  # type: ignore[import-untyped]  # ships no types

    cleaned = lxml_html.tostring(root, encoding="unicode")
    elements = partition("html", text=cleaned) if cleaned.strip() else []
    return Parsed(
        parts_of(elements, lambda element: element.metadata.category_depth is not None), title=title, metadata=metadata
    )


def _tree(text: str) -> Any:
    from lxml import etree
    from lxml import html as lxml_html

    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"))
    text = _NO_TEXT.sub("", text)
    if not text.strip():
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        return lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing but comments
        return None


def _metadata(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        key = _META.get((element.get("name") or "").lower())
        value = clean_line(element.get("content") or "")
        if key and value:
            found[key] = value[:500]
    return found


def _drop_noise(root: Any) -> None:
    for element in list(root.iter(*_DROPPED)):
        _drop(element)
    for element in [*root.iter("header", "footer"), *root.xpath("//*[@role]")]:
        plain = element.tag in ("header", "footer")
        if not plain and element.get("role") not in _ROLES:
            continue
        inside = plain and any(True for _ in element.iterancestors("main", "article", "section"))
        if not inside:
            _drop(element, keep=element.tag == "header")
    for element in root.xpath("//li[a[@hreflang]]"):  # the same page in other languages
        _drop(element)
    for element in root.xpath("//*[@hidden or contains(translate(@style, ' ', ''), 'display:none')]"):
        _drop(element)


def _drop(element: Any, *, keep: bool = False) -> None:
    """Takes `element` out of its tree; what follows it stays. With `keep`, so does a level-one heading inside."""
    parent = element.getparent()
    if parent is None or element.tag in ("body", "html"):
        return
    headings = list(element.iter("h1")) if keep else []
    for heading in headings:
        heading.tail = None
        element.addprevious(heading)
    element.drop_tree()


def _write_numbers(root: Any) -> None:
    """Numbers of ordered lists stand in no text; a reader sees them, and rules are cited by them."""
    for ordered in root.iter("ol"):
        start = ordered.get("start", "1")
        number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        for item in ordered.iterchildren("li"):
            value = item.get("value", "")
            number = int(value) if re.fullmatch(r"\d{1,6}", value) else number
            target = item if (item.text or "").strip() or len(item) == 0 or item[0].tag not in ("p", "div") else item[0]
            target.text = f"{number}. {(target.text or '').lstrip()}"
            number += 1


def _join_chinese_lines(root: Any) -> None:
    """`unstructured` would put a blank where a line of Chinese ends in the source; here the lines are joined."""
    for line_break in list(root.iter("br")):
        before = line_break.getprevious()
        left = (line_break.getparent().text if before is None else before.tail) or ""
        if UNSPACED.match(left[-1:]) and UNSPACED.match((line_break.tail or "")[:1]) and _in_cell(line_break):
            line_break.drop_tag()
    for element in root.iter():
        if element.text:
            element.text = _join_lines(element.text) if not _preformatted(element) else element.text
        if element.tail:
            parent = element.getparent()
            element.tail = _join_lines(element.tail) if parent is None or not _preformatted(parent) else element.tail


def _in_cell(element: Any) -> bool:
    return any(True for _ in element.iterancestors("td", "th"))


def _preformatted(element: Any) -> bool:
    return element.tag == "pre" or any(True for _ in element.iterancestors("pre"))


_CHINESE_LINE_END = re.compile(
    "(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff65])[ \t]*\n[ \t]*(?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff65])"
)


def _join_lines(text: str) -> str:
    return _CHINESE_LINE_END.sub("", text.replace("\r", ""))
