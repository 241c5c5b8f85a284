"""Packets as files: one JSON document, written whole or not at all, and read with every fault named."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.errors import StorageError, UsageError
from serving.packets.records import FORMAT, Packet

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_FAMILY = FORMAT.partition("/")[0]
_LONGEST_TEXT = 100_000_000  # characters: the largest files that are taken in have 100 MB
_MOST_PASSAGES = 1_000  # read for one answer: twenty times what HTTP allows
_LARGEST_DIMENSION = 65_536  # of vectors: some ten times that of the largest embedding models


def packet_as_json(packet: Packet) -> dict[str, Any]:
    """The packet as the file holds it. Passages carry their ids and the answer its text beside what is read back."""
    value: dict[str, Any] = _adapter().dump_python(packet, mode="json")
    for found, search in zip(packet.searches, value["searches"], strict=True):
        for hit, written in zip(found.hits, search["hits"], strict=True):
            written["passage"] = {"id": hit.passage.id, **written["passage"]}
    value["answer"]["text"] = packet.answer.text
    return value


def check_writable(path: Path) -> None:
    """Refuses a place where no packet can be written, before anything is asked.

    Raises:
        UsageError: its folder is not there or may not be written, or it is itself a folder.
    """
    if path.is_dir():
        raise UsageError(f"cannot write {path}", "it is a folder", "Name a file, such as answer.json")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write {path}", "its folder is not there")
    if not os.access(path.absolute().parent, os.W_OK):
        raise UsageError(f"cannot write {path}", "its folder may not be written")


def write_packet(packet: Packet, path: Path) -> None:
    """Writes a packet, in the place of what stood there. Only its owner may read it: it holds texts of documents.

    Raises:
        StorageError: it could not be written; what stood there before is still there.
    """
    text = json.dumps(packet_as_json(packet), ensure_ascii=False, indent=2) + "\n"
    try:
        # mkstemp makes files of mode 0600
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise StorageError(f"cannot write {path}", str(error.strerror or error).lower()) from error


def read_packet(path: Path) -> Packet:
    """Reads a packet.

    Raises:
        UsageError: there is no such file, or it holds no packet of this format; the message says what is wrong.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}", str(error.strerror or error).lower()) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} is no packet", f"it is not valid JSON ({error})", "It may have been cut off; make it anew"
        ) from error
    found = value.get("format") if isinstance(value, dict) else None
    if not isinstance(found, str) or not found.startswith(f"{_FAMILY}/"):
        raise UsageError(
            f"{path} is no packet", f"it does not say that its format is {FORMAT}", "`ibid ask --packet FILE` makes one"
        )
    if found != FORMAT:
        raise UsageError(f"cannot read {path}", f"its format is {found}, this ibid reads {FORMAT}")
    return _checked(value, path)


def _checked(value: dict[str, Any], path: Path) -> Packet:
    from pydantic import ValidationError

    try:
        packet = _adapter().validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path} is a damaged packet", f"{where}: {first['msg']}") from None
    fault = next(_faults(packet), "")
    if fault:
        raise UsageError(f"{path} is a damaged packet", fault)
    return packet


def _faults(packet: Packet) -> Iterator[str]:
    """What cannot be, in a file that was changed by hand: spans that are not those of their texts, numbers."""
    if not packet.searches:
        yield "it holds no search"
    if not 1 <= packet.k <= _MOST_PASSAGES:
        yield f"k is {packet.k}"
    if packet.collection.space is not None and not 1 <= packet.collection.space.dimension <= _LARGEST_DIMENSION:
        yield f"its vectors have {packet.collection.space.dimension} dimensions"
    for found in packet.searches:
        for rank, hit in enumerate(found.hits, 1):
            passage = hit.passage
            if passage.start < 0 or passage.end - passage.start != len(passage.text):
                yield f"the text of hit {rank} is not as long as its span"
    for stretch in packet.stretches:
        end = stretch.start + len(stretch.text)
        inside = all(stretch.start <= cut.start <= cut.end <= end for cut in stretch.passages)
        if not 0 <= stretch.start <= end <= _LONGEST_TEXT or not inside:
            yield f"passages of {stretch.document.name} do not stand in their text"


@cache
def _adapter() -> TypeAdapter[Packet]:
    from pydantic import TypeAdapter

    return TypeAdapter(Packet)
