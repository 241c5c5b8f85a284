"""How nouns become rows and rows become nouns."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.attributes import LANGUAGE, TAGS, AttributeValue, as_text, in_force, laid_over
from kb.catalog.types import ListedDocument
from kb.records import DocumentEntry, EmbeddingSpace, Mark, MarkKind, Passage, WordBox

# Points with a tenth's precision (below a pixel at any zoom in use) fit 16 bits up to 91 inches.
_BOX = np.dtype([("start", "<u4"), ("length", "<u2"), ("x0", "<u2"), ("y0", "<u2"), ("x1", "<u2"), ("y1", "<u2")])
_TENTHS = 10
_LARGEST = 65535

ENTRY_COLUMNS = "id, name, title, media_type, language, pages, passages, size, added_at, metadata, warnings, given"
LISTED_COLUMNS = "id, name, title, media_type, language, size, added_at, metadata, given"
PASSAGE_COLUMNS = "document_id, ordinal, start, end, text, headings, first_page, last_page"


def entry_from(row: Sequence[Any]) -> DocumentEntry:
    """A row of `ENTRY_COLUMNS`."""
    (document_id, name, title, media_type, language, pages, passages, size, added_at, metadata, warnings, given) = row
    attributes: dict[str, AttributeValue] = json.loads(given) if given != "{}" else {}
    known = laid_over(json.loads(metadata) if metadata != "{}" else {}, attributes)
    return DocumentEntry(
        document_id,
        name,
        as_text(attributes.get("title", "")) or title,
        media_type,
        as_text(attributes.get(LANGUAGE, "")) or language,
        pages,
        passages,
        size,
        added_at,
        known,
        tuple(json.loads(warnings)) if warnings != "[]" else (),
        attributes,
        *in_force(known),
    )


def listed_from(row: Sequence[Any]) -> ListedDocument:
    """A row of `LISTED_COLUMNS`."""
    document_id, name, title, media_type, language, size, added_at, metadata, given = row
    attributes: dict[str, AttributeValue] = json.loads(given) if given != "{}" else {}
    stated: dict[str, str] = json.loads(metadata) if metadata != "{}" else {}
    return ListedDocument(
        document_id,
        name,
        as_text(attributes.get("title", "")) or title,
        sys.intern(media_type),  # a handful of them, in very many rows
        sys.intern(as_text(attributes.get(LANGUAGE, "")) or language),
        size,
        added_at,
        as_text(attributes.get(TAGS, stated.get(TAGS, ""))),
    )


def passage_from(row: Sequence[Any]) -> Passage:
    """A row of `PASSAGE_COLUMNS`."""
    document_id, order, start, end, text, headings, first_page, last_page = row
    return Passage(document_id, order, start, end, text, headings_from_json(headings), first_page, last_page)


def headings_from_json(text: str) -> tuple[str, ...]:
    """The headings of a passage, from the outermost."""
    return tuple(json.loads(text)) if text != "[]" else ()


def passage_to_row(passage: Passage) -> tuple[str, int, int, int, str, str, int, int]:
    """The values of `PASSAGE_COLUMNS`."""
    return (
        passage.document_id,
        passage.order,
        passage.start,
        passage.end,
        passage.text,
        to_json(passage.headings),
        passage.first_page,
        passage.last_page,
    )


def marks_to_json(marks: Iterable[Mark]) -> str:
    """Marks as a compact list of lists."""
    return json.dumps([[m.kind, m.start, m.end, m.number, m.label] for m in marks], ensure_ascii=False)


def marks_from_json(text: str) -> tuple[Mark, ...]:
    """What `marks_to_json` wrote."""
    return tuple(
        Mark(MarkKind(kind), start, end, number, label) for kind, start, end, number, label in json.loads(text)
    )


def to_json(value: Mapping[str, AttributeValue] | Mapping[str, str] | Sequence[str]) -> str:
    """Metadata, headings or warnings as they are stored."""
    return json.dumps(dict(value) if isinstance(value, Mapping) else list(value), ensure_ascii=False)


def space_to_json(space: EmbeddingSpace) -> str:
    """An embedding space as the catalog keeps it."""
    return json.dumps(asdict(space), ensure_ascii=False)


def space_from_json(text: str) -> EmbeddingSpace:
    """What `space_to_json` wrote."""
    return EmbeddingSpace(**json.loads(text))


def pack_boxes(boxes: Sequence[WordBox]) -> list[tuple[int, int, int, bytes]]:
    """Rows (page, start, end, packed) for a document's boxes, one for each page."""
    ordered = sorted(boxes, key=lambda box: (box.page, box.start))
    return [_pack_page(page, list(group)) for page, group in groupby(ordered, key=lambda box: box.page)]


def _pack_page(page: int, boxes: list[WordBox]) -> tuple[int, int, int, bytes]:
    packed = np.zeros(len(boxes), dtype=_BOX)
    packed["start"] = [box.start for box in boxes]
    packed["length"] = [min(box.end - box.start, _LARGEST) for box in boxes]
    for name, column in (("x0", 3), ("y0", 4), ("x1", 5), ("y1", 6)):
        values = np.array([box[column] for box in boxes], dtype=np.float64)
        packed[name] = np.clip(np.round(values * _TENTHS), 0, _LARGEST).astype("<u2")
    return page, boxes[0].start, max(box.end for box in boxes), zlib.compress(packed.tobytes(), 6)


def unpack_boxes(page: int, packed: bytes, start: int, end: int) -> list[WordBox]:
    """The boxes of one page that touch `[start:end]`."""
    rows = np.frombuffer(zlib.decompress(packed), dtype=_BOX)
    ends = rows["start"].astype(np.int64) + rows["length"]
    touching = rows[(rows["start"] < end) & (ends > start)]
    return [
        WordBox(
            int(row["start"]),
            int(row["start"]) + int(row["length"]),
            page,
            *(float(row[name]) / _TENTHS for name in ("x0", "y0", "x1", "y1")),
        )
        for row in touching
    ]


def vector_to_blob(vector: NDArray[np.float32]) -> bytes:
    """A vector in half precision: for unit vectors the inner product changes by less than .001."""
    return vector.astype("<f2").tobytes()


def vectors_from_blobs(blobs: Sequence[bytes], dimension: int) -> NDArray[np.float32]:
    """Shape (len(blobs), dimension)."""
    joined = np.frombuffer(b"".join(blobs), dtype="<f2")
    return joined.reshape(len(blobs), dimension).astype(np.float32)
