"""The file: a ZIP archive of `ibid.json` (what it is), `catalog.db`, `blobs/<sha256>` and `evaluation/<name>`."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from kb.errors import UsageError

FORMAT = 1
MANIFEST, DATABASE = "ibid.json", "catalog.db"
PART = ".part"  # ends the names of what is not whole yet

EVALUATION = "evaluation"  # the folder of the collection's own questions and its recorded run

_BLOBS = "blobs/"
_EVALUATION_FILE = re.compile(rf"{EVALUATION}/([A-Za-z0-9_-][A-Za-z0-9_.-]{{0,63}})")


class Ported(NamedTuple):
    """What was written or read."""

    collection: str
    documents: int
    passages: int
    bytes: int  # of the file


def blob_member(document_id: str) -> str:
    """The name in the archive of a document's bytes."""
    return _BLOBS + document_id


def document_in(member: str) -> str:
    """The document whose bytes a member is by its name; "" where it is none."""
    document_id = member.removeprefix(_BLOBS)
    is_hash = len(document_id) == hashlib.sha256().digest_size * 2 and set(document_id) <= set("0123456789abcdef")
    return document_id if member.startswith(_BLOBS) and is_hash else ""


def evaluation_file_in(member: str) -> str:
    """The name of a file of the evaluation folder; "" where the member is none."""
    match = _EVALUATION_FILE.fullmatch(member)
    return match[1] if match else ""


def not_a_collection(called: str, why: str) -> UsageError:
    """The error of a file that cannot be imported."""
    return UsageError(f"{called} is no collection that can be imported", why, "`ibid export` writes one")
