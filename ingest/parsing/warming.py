"""Does once, before a process is forked for each file, what every file would have to do again."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path

from ingest.parsing import parse_file

# Read through the real parsers, so that every late import, compiled pattern and common word is there afterwards.
_MARKDOWN = """# One heading

A paragraph of the kind that is found in the documents of a course, with *emphasis*, a [link](#) and 12 numbers.

- an item of a list
- and another one of it

| Name | Value |
|---|---|
| one | 1.5 mg |

## 第二章 标题

第一条 本条例自2026年1月1日起施行。这是一段中文，用来预先加载所需的部分。
"""
_WEB = "<html><head><title>One page</title></head><body><h1>Heading</h1><p>A paragraph of text.</p></body></html>"
_SAMPLES = {"sample.md": _MARKDOWN, "sample.txt": _MARKDOWN, "sample.html": _WEB}


def warm_up_text() -> None:
    """Loads what reads Markdown, HTML and text: `unstructured`, the libraries below it and the language pipeline."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in _SAMPLES.items():
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            parse_file(path, name)


def warm_up_office() -> None:
    """Loads what reads office files and tables."""
    for name in ("docx", "pptx", "xlsx", "csv"):
        import_module(f"unstructured.partition.{name}")
