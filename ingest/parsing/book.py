"""EPUB: its chapters in the order of the spine, each through the HTML route."""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.parsing.normalising import clean_line
from ingest.parsing.parts import Parsed, Part
from ingest.parsing.web import parse_html
from kb.document_warnings import warning
from kb.errors import UnreadableFileError
from kb.text.decoding import decode

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html")
_KEYS = {"creator": "author", "date": "created", "publisher": "publisher", "subject": "subject", "language": "language"}


def parse_book(path: Path) -> Parsed:
    """The text of an EPUB file.

    Raises:
        UnreadableFileError: the book is locked, or its table of parts cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        package_path = _package_path(archive)
        package = _xml(archive, package_path)
        title, metadata = _metadata(package)
        folder = posixpath.dirname(package_path)
        parts: list[Part] = []
        warnings: list[str] = []
        for name in _spine(package, folder):
            try:
                content = archive.read(name)
            except KeyError:
                warnings.append(warning("chapter_missing", name=name))
                continue
            parts.extend(parse_html(decode(content, html=True)).parts)
        if not parts and _ENCRYPTION in archive.namelist():
            raise UnreadableFileError(
                "the book is locked", "its chapters are encrypted", "Use a copy without protection"
            )
    return Parsed(parts, title=title, metadata=metadata, warnings=warnings)


def _package_path(archive: zipfile.ZipFile) -> str:
    for element in _xml(archive, _CONTAINER).iter("{*}rootfile"):
        if element.get("full-path"):
            return str(element.get("full-path"))
    raise UnreadableFileError("the book cannot be read", "it does not say where its contents stand")


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    from lxml import etree  # type: ignore[import-untyped]  # ships no types

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(archive.read(name), parser)
    except (KeyError, etree.XMLSyntaxError) as error:
        raise UnreadableFileError("the book cannot be read", f"{name} is missing or broken") from error


def _metadata(package: Any) -> tuple[str, dict[str, str]]:
    found: dict[str, str] = {}
    for element in package.iter("{http://purl.org/dc/elements/1.1/}*"):
        key = str(element.tag).rpartition("}")[2]
        value = clean_line(element.text or "")[:500]
        if value:
            found.setdefault(_KEYS.get(key, key), value)
    return found.pop("title", ""), {key: found[key] for key in found if key in _KEYS.values()}


def _spine(package: Any, folder: str) -> list[str]:
    """The chapters' names inside the archive, in reading order, without the table of contents."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    names = []
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        names.append(posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or ""))))
    return names
