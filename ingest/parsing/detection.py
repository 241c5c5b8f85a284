"""What a file really is: told from its bytes first, and from its name only where bytes say nothing."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from pathlib import Path

from kb.errors import FileLimitError, UnreadableFileError, UnsupportedFileError
from kb.text.decoding import chinese_in_utf_16


class FileKind(StrEnum):
    """The formats that ibid reads."""

    PDF = "PDF"
    DOCX = "Word document (DOCX)"
    PPTX = "PowerPoint presentation (PPTX)"
    XLSX = "Excel workbook (XLSX)"
    EPUB = "EPUB book"
    HTML = "HTML page"
    MARKDOWN = "Markdown text"
    CSV = "CSV table"
    MAIL = "e-mail message"
    TEXT = "plain text"
    IMAGE = "image"


MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.EPUB: "application/epub+zip",
    FileKind.HTML: "text/html",
    FileKind.MARKDOWN: "text/markdown",
    FileKind.CSV: "text/csv",
    FileKind.MAIL: "message/rfc822",
    FileKind.TEXT: "text/plain",
}
_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_NAMES = {
    ".pdf": FileKind.PDF, ".docx": FileKind.DOCX, ".docm": FileKind.DOCX, ".pptx": FileKind.PPTX,
    ".pptm": FileKind.PPTX, ".xlsx": FileKind.XLSX, ".xlsm": FileKind.XLSX, ".epub": FileKind.EPUB,
    ".html": FileKind.HTML, ".htm": FileKind.HTML,
    ".xhtml": FileKind.HTML, ".md": FileKind.MARKDOWN, ".markdown": FileKind.MARKDOWN, ".csv": FileKind.CSV,
    ".tsv": FileKind.CSV, ".eml": FileKind.MAIL, ".txt": FileKind.TEXT, ".text": FileKind.TEXT, ".log": FileKind.TEXT,
    ".rst": FileKind.TEXT, ".png": FileKind.IMAGE, ".jpg": FileKind.IMAGE, ".jpeg": FileKind.IMAGE,
    ".tif": FileKind.IMAGE,
    ".tiff": FileKind.IMAGE,
}  # fmt: skip
SUFFIXES = frozenset(_NAMES)
_ZIP_PARTS = (
    ("word/document.xml", FileKind.DOCX),
    ("ppt/presentation.xml", FileKind.PPTX),
    ("xl/workbook.xml", FileKind.XLSX),
)
_PACKAGED = {FileKind.DOCX, FileKind.PPTX, FileKind.XLSX, FileKind.EPUB}
# Beginnings of formats that people mistake for one of ours, and what to do with them.
_FOREIGN = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office file of before 2007, or a locked one",
     "Save it as DOCX, PPTX or XLSX"),
    (b"{\\rtf", "RTF", "Save it as DOCX or PDF"),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it first"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first"),
    (b"GIF8", "a GIF image", "Save it as PNG"),
    (b"%!PS", "PostScript", "Convert it to PDF"),
    (b"\x7fELF", "a program", ""),
    (b"MZ", "a program", ""),
    (b"SQLite format 3\x00", "a SQLite database", ""),
    (b"OggS", "a sound or film file", ""),
    (b"ID3", "a sound file", ""),
    (b"\x00\x00\x00\x18ftyp", "a film", ""),
    (b"\x00\x00\x00\x20ftyp", "a film", ""),
)  # fmt: skip
_MOST_EXPANSION = 100  # times its packed size that an archive may grow; office files grow 5 to 30 times
_HARMLESS_SIZE = 20_000_000  # bytes unpacked below which growth does not matter: empty sheets pack very well
_LARGEST_SIZE = 2_000_000_000  # bytes
_MOST_ENTRIES = 20_000
_HEAD = 4096  # bytes that tell a format
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_CONTROLS = bytes({*range(1, 9), *range(14, 27), *range(28, 32)})  # that no text has: all but tab, line ends, escape
_MAIL = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{1,40}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2,}")
_MAIL_FIELDS = (b"from:", b"subject:", b"message-id:", b"mime-version:")


def detect(path: Path, name: str) -> tuple[FileKind, str]:
    """The kind of the file at `path` and its media type. `name` is what the file is called; only its ending counts.

    Raises:
        UnreadableFileError: the name promises one format and the bytes are none that can be read, or are damaged.
        UnsupportedFileError: neither name nor bytes belong to a format that is read here.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    ending = Path(name).suffix.lower()
    promised = _NAMES.get(ending)
    for beginning, media_type in _IMAGES:
        if head.startswith(beginning):
            return FileKind.IMAGE, media_type
    kind = _from_bytes(path, head, name, promised) or _from_text(head, name, promised)
    return kind, MEDIA_TYPES[kind]


def _from_bytes(path: Path, head: bytes, name: str, promised: FileKind | None) -> FileKind | None:
    if b"%PDF-" in head[:1024]:
        return FileKind.PDF
    if head.startswith(b"PK\x03\x04"):
        return _in_archive(path, name, promised)
    for beginning, what, advice in _FOREIGN:
        if head.startswith(beginning):
            kind = UnreadableFileError if promised else UnsupportedFileError
            raise kind(f"cannot read {name}", f"it is {what}", advice)
    return None


def _in_archive(path: Path, name: str, promised: FileKind | None) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_expansion(archive, name)
            names = set(archive.namelist())
            media = archive.read("mimetype")[:80].strip() if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        what = f"{promised} file" if promised in _PACKAGED else "ZIP archive"
        raise UnreadableFileError(
            f"cannot read {name}", f"the {what} is damaged or cut off", "Get a whole copy of it"
        ) from error
    if media == b"application/epub+zip" or "META-INF/container.xml" in names:
        return FileKind.EPUB
    for part, kind in _ZIP_PARTS:
        if part in names:
            return kind
    if media.startswith(b"application/vnd.oasis.opendocument"):
        raise UnsupportedFileError(f"cannot read {name}", "it is an OpenDocument file", "Save it as DOCX, PPTX or XLSX")
    error_kind = UnreadableFileError if promised else UnsupportedFileError
    raise error_kind(f"cannot read {name}", "it is a ZIP archive without a document in it", "Unpack it first")


def _check_expansion(archive: zipfile.ZipFile, name: str) -> None:
    """Refuses archives that grow beyond measure. What they state can be trusted: no more than that is ever unpacked."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    grows = unpacked > _HARMLESS_SIZE and unpacked > _MOST_EXPANSION * packed
    if grows or unpacked > _LARGEST_SIZE or len(entries) > _MOST_ENTRIES:
        raise FileLimitError(
            f"{name} cannot be unpacked",
            f"its {packed / 1e6:.1f} MB hold {len(entries)} parts of {unpacked / 1e6:,.0f} MB in all",
            "It looks like an archive made to fill the memory",
        )


def _from_text(head: bytes, name: str, promised: FileKind | None) -> FileKind:
    if promised in _PACKAGED or promised in (FileKind.PDF, FileKind.IMAGE):
        what = "plain text" if _looks_like_text(head) else "no file of that kind"
        if _HTML.match(head):
            return FileKind.HTML
        raise UnreadableFileError(
            f"cannot read {name}",
            f"the name says {promised}, but it is {what}",
            "Get a whole copy, or name it for what it is",
        )
    if not _looks_like_text(head):
        kind = UnreadableFileError if promised else UnsupportedFileError
        raise kind(f"cannot read {name}", "it is neither text nor a document of a known format")
    if _HTML.match(head):
        return FileKind.HTML if promised is not FileKind.MARKDOWN else promised
    if promised is None or promised is FileKind.TEXT:
        fields = head.lower()
        if _MAIL.match(head) and sum(field in fields for field in _MAIL_FIELDS) >= 3:
            return FileKind.MAIL
    return promised or FileKind.TEXT


def _looks_like_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    zeros = head.count(0)
    if zeros:  # UTF-16 without a mark has its zeros in every other byte, and no other controls
        in_one_place = max(head[0::2].count(0), head[1::2].count(0)) >= zeros * 0.95
        return (zeros >= len(head) * 0.2 and in_one_place) or bool(chinese_in_utf_16(head))
    return len(head) - len(head.translate(None, _CONTROLS)) <= len(head) * 0.02
