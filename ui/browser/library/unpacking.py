"""The files in a zip of a folder, one after the other: no path of it is followed, sizes and counts are bounded."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

# More files are no folder of documents, and this much text keeps a small server busy for a day.
MOST_FILES = 2000
MOST_BYTES = 4_000_000_000

_HIDDEN = (".", "__MACOSX", "Thumbs.db", "desktop.ini")  # what systems add to folders on their own
_UTF8 = 0x800  # the flag of an entry whose name is in UTF-8
_ENCRYPTED = 0x1
_SYMLINK = 0o120000  # of the file mode in an entry's upper attributes
_CHUNK = 1 << 20  # 1 MiB


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file of an archive; where it could not be taken, `fault` is the name of the sentence that says why."""

    name: str  # without folders
    content: bytes = b""
    fault: str = ""


def is_archive(name: str) -> bool:
    """Whether a file is a folder packed as zip. Word's and other files are zips inside, too, and stay whole."""
    return name.lower().endswith(".zip")


def unpacked(name: str, archive: IO[bytes], most_file_bytes: int) -> Iterator[Unpacked]:
    """Every file of a zip but hidden ones, read only as far as it may go, whatever the archive says of its size.

    Args:
        name: of the archive, for faults that concern it as a whole.
        archive: its bytes.
        most_file_bytes: that one file may have.
    """
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield Unpacked(name, fault="zip_damaged")
        return
    with opened:
        entries = [entry for entry in opened.infolist() if not entry.is_dir() and not _is_hidden(entry)]
        if not entries or len(entries) > MOST_FILES:
            yield Unpacked(name, fault="zip_too_many" if entries else "zip_empty")
            return
        left = MOST_BYTES
        for entry in entries:
            found = _read(opened, entry, min(most_file_bytes, left))
            left -= len(found.content)
            yield found


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> Unpacked:
    name = _parts(entry)[-1]
    if entry.flag_bits & _ENCRYPTED:
        return Unpacked(name, fault="zip_encrypted")
    if (entry.external_attr >> 16) & 0o170000 == _SYMLINK or is_archive(name):
        return Unpacked(name, fault="zip_within")
    content = io.BytesIO()
    try:
        with opened.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content.write(chunk)
                if content.tell() > most:
                    return Unpacked(name, fault="zip_too_large")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        return Unpacked(name, fault="zip_damaged")
    return Unpacked(name, content.getvalue())


def _is_hidden(entry: zipfile.ZipInfo) -> bool:
    return any(part.startswith(_HIDDEN) for part in _parts(entry))


def _parts(entry: zipfile.ZipInfo) -> list[str]:
    """The folders of an entry and its name. What would lead out of the archive is only a name without meaning."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:  # in whatever the packing system wrote; zipfile takes it for its own old code page
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")] or ["unnamed"]
