"""What goes into the catalog and what comes out of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.attributes import AttributeValue
from kb.errors import IbidError
from kb.records import Document, DocumentEntry, Passage

NewVectors = Mapping[bytes, NDArray[np.float32]]  # by text key, each of shape (dimension,)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document came from: a path, or the name of an upload, and how the file looked when it was read.

    `pipeline` names the parser's and splitter's version: another one means that the file has to be read again.
    """

    name: str
    size: int
    modified_ns: int
    pipeline: str
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document ready to be stored: its passages and, for each of them, the key of its vector."""

    document: Document
    source: Source
    passages: tuple[Passage, ...]
    text_keys: tuple[bytes, ...]  # one for each passage: `text_key(embedded text)`
    given: Mapping[str, AttributeValue] = field(default_factory=dict)  # what a person says of it, checked


class VectorsMissingError(IbidError):
    """Vectors that the catalog was said to have are gone; `keys` says whose. Embed them and store again."""

    def __init__(self, keys: set[bytes]) -> None:
        super().__init__(f"{len(keys)} vectors are gone", "their last document was removed meanwhile", "Store again")
        self.keys = keys


class ListedDocument(NamedTuple):
    """What a list of very many documents is sorted and searched by; what people gave wins over what the file says."""

    id: str
    name: str
    title: str
    media_type: str
    language: str
    size: int  # bytes of the file
    added_at: str  # ISO 8601, UTC
    tags: str  # with commas between them


class StoredPassage(NamedTuple):
    """A live passage under its number in the catalog. Numbers are never used again."""

    number: int
    passage: Passage
    document: DocumentEntry


class IndexedText(NamedTuple):
    """What a lexical index reads of a passage."""

    number: int
    document_id: str
    title: str
    headings: tuple[str, ...]
    text: str


class Changes(NamedTuple):
    """What happened after some version: passage numbers, ascending."""

    added: NDArray[np.int64]
    removed: NDArray[np.int64]


def text_key(embedded_text: str) -> bytes:
    """The key under which the vector of a text is kept: 16 bytes of SHA-256, enough that two texts never share one."""
    return hashlib.sha256(embedded_text.encode("utf-8")).digest()[:16]
