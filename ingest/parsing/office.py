"""What office files say about themselves in docProps/core.xml."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.parsing.normalising import clean_line

_CORE = "docProps/core.xml"
_KEYS = {
    "title": "title",
    "creator": "author",
    "subject": "subject",
    "keywords": "keywords",
    "created": "created",
    "modified": "modified",
    "lastModifiedBy": "modified_by",
}
_LONGEST_VALUE = 500  # characters; a longer one is no metadata but an accident


def office_metadata(path: Path) -> dict[str, str]:
    """Title, author, created, … of an office file, as far as it names them. A broken core part gives none."""
    from lxml import etree  # type: ignore[import-untyped]  # ships no types

    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(_CORE)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(content, parser)
    except (KeyError, etree.XMLSyntaxError, zipfile.BadZipFile):
        return {}
    found: dict[str, str] = {}
    for child in root.iterchildren("*"):
        key = _KEYS.get(etree.QName(child).localname)
        value = clean_line(child.text or "")[:_LONGEST_VALUE]
        if key and value:
            found[key] = value
    return found
