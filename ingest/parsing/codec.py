"""Documents and errors as JSON: all that comes back from a process that has read a file from outside.

Nothing is unpickled. What is decoded is checked as far as the promises of `Document` go, since a parser that was taken
over may write anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kb import errors
from kb.errors import IbidError, UnreadableFileError
from kb.records import Document, Mark, MarkKind, WordBox

_LENGTH_BYTES = 8
_TEXTS = ("id", "name", "media_type", "title", "text", "language", "domain")


def encode_document(document: Document) -> bytes:
    """The document as UTF-8 JSON."""
    fields: dict[str, Any] = {name: getattr(document, name) for name in _TEXTS}
    fields |= {
        "pages": document.pages,
        "metadata": dict(document.metadata),
        "warnings": document.warnings,
        "marks": [(mark.kind.value, mark.start, mark.end, mark.number, mark.label) for mark in document.marks],
        "boxes": document.boxes,
    }
    return json.dumps({"document": fields}, ensure_ascii=False, separators=(",", ":")).encode()


def encode_error(error: IbidError) -> bytes:
    """The error's type and its three sentences as UTF-8 JSON."""
    fields = {"type": type(error).__name__, "what": error.what, "why": error.why, "advice": error.advice}
    return json.dumps({"error": fields}, ensure_ascii=False).encode("utf-8", "replace")


def pack(content: bytes) -> bytes:
    """`content` with its length before it, so that several can follow each other."""
    return len(content).to_bytes(_LENGTH_BYTES) + content


def unpack(packed: bytes) -> list[bytes]:
    """The contents that were packed one after another; one that was cut off is left out."""
    contents = []
    start = _LENGTH_BYTES
    while start <= len(packed):
        end = start + int.from_bytes(packed[start - _LENGTH_BYTES : start])
        if end > len(packed):
            break
        contents.append(packed[start:end])
        start = end + _LENGTH_BYTES
    return contents


def decode(content: bytes) -> Document:
    """The document in `content`.

    Raises:
        IbidError: `content` holds an error; it is raised as the type that it was.
        UnreadableFileError: `content` is neither.
    """
    try:
        message = json.loads(content)
        if "error" in message:
            raise _error(message["error"])
        return _document(message["document"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFileError("the parser's answer makes no sense", type(error).__name__) from error


def _error(fields: dict[str, Any]) -> IbidError:
    kind = getattr(errors, str(fields["type"]), None)
    known = isinstance(kind, type) and issubclass(kind, IbidError)
    return (kind if known and kind is not None else UnreadableFileError)(
        str(fields["what"]), str(fields["why"]), str(fields["advice"])
    )


def _document(fields: dict[str, Any]) -> Document:
    texts = {name: str(fields[name]) for name in _TEXTS}
    length = len(texts["text"])
    marks = tuple(
        Mark(MarkKind(kind), start, end, int(number), str(label)) for kind, start, end, number, label in fields["marks"]
    )
    boxes = tuple(map(WordBox._make, fields["boxes"]))
    _check_spans(((mark.start, mark.end) for mark in marks), length)
    _check_spans(((box.start, box.end) for box in boxes), length)
    if not all(isinstance(value, int | float) for box in boxes for value in box):
        raise ValueError("a box is not made of numbers")
    return Document(
        **texts,
        marks=marks,
        boxes=boxes,
        metadata={str(key): str(value) for key, value in fields["metadata"].items()},
        pages=int(fields["pages"]),
        warnings=tuple(map(str, fields["warnings"])),
    )


def _check_spans(spans: Iterable[tuple[int, int]], length: int) -> None:
    for start, end in spans:
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= length):
            raise ValueError("a span lies outside the text")
