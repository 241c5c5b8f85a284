"""Files to documents: exact text, marks and boxes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from ingest.parsing.detection import SUFFIXES, FileKind, detect
from ingest.parsing.normalising import clean_line
from ingest.parsing.parts import Parsed, PartKind, assemble
from ingest.parsing.stated_dates import with_stated_dates
from ingest.parsing.structure import add_structure
from kb.errors import EmptyDocumentError, FileLimitError, IbidError, UnreadableFileError
from kb.records import Document
from kb.text.language import detect_language

__all__ = ["SUFFIXES", "parse_file"]

_LONGEST_TITLE = 200  # characters
# How libraries written in C++ say that memory ran out.
_NO_MEMORY = re.compile(
    r"bad_alloc|(?:failed|unable|cannot) to allocate|cannot allocate|out of memory|insufficient memory", re.IGNORECASE
)
# Titles that programs write when the author wrote none.
_NO_TITLE = re.compile(
    r"(?:untitled|unknown|title|document\s?\d*|presentation\s?\d*|powerpoint presentation|slide 1|microsoft word\b.*|"
    r"microsoft powerpoint\b.*|.*\.(?:docx?|pptx?|xlsx?|pdf|indd|tex|dvi|qxd|rtf|html?|wpd)|"
    r"无标题.*|文档\s?\d*|演示文稿\s?\d*|"
    r"幻灯片\s?1|\W*|[\d\W_]+|\(anonymous\)|none|null|"
    r"(?:doi:\s?)?10\.\d{4}.*|doi:.*|[\w.-]*[\d_][\w.-]*)",
    re.IGNORECASE,
)


# First headings that name no document: then its file's name says more.
_SAYS_NOTHING = re.compile(
    r"(?:table of )?contents|abstract|summary|introduction|united states(?: of america)?|preface|"
    r"目\s*录|目\s*錄|摘\s*要|前\s*言|引\s*言",
    re.IGNORECASE,
)


def parse_file(path: Path, name: str, *, max_pages: int = 5000) -> Document:
    """Reads the file at `path` into a `Document` called `name`.

    Everything runs in this process; for files from outside use `ingest.sandbox.parse_in_sandbox`.

    Raises:
        UnreadableFileError: the file is broken, locked, not there, or not what its name says.
        UnsupportedFileError: no parser knows its format.
        EmptyDocumentError: there is no text in it; says so if it is a scan.
        FileLimitError: it has more than `max_pages` pages.
        MissingPartError: it is an image and the extra `ocr` is not installed.
    """
    try:
        content_hash = _hash(path, name)
        kind, media_type = detect(path, name)
        parsed = _parse(kind, path, name, max_pages)
    except OSError as error:
        raise UnreadableFileError(
            f"cannot read {name}", error.strerror or str(error), "Check its permissions"
        ) from error
    if parsed.pages > max_pages:
        raise FileLimitError(f"{name} is too long", f"{parsed.pages} pages, {max_pages} allowed", "Split it")
    text, marks, boxes = assemble(parsed)
    if not any(map(str.isalnum, text)):
        raise EmptyDocumentError(f"{name} has no text in it", "; ".join(parsed.warnings))
    metadata, unreadable = with_stated_dates(parsed.metadata, text)
    return Document(
        id=content_hash,
        name=name,
        media_type=media_type,
        title=_title(parsed, name),
        text=text,
        language=detect_language(text),
        marks=tuple(add_structure(text, marks)),
        boxes=tuple(boxes),
        metadata=metadata,
        pages=parsed.pages,
        warnings=(*parsed.warnings, *unreadable),
    )


def _hash(path: Path, name: str) -> str:
    if path.is_dir():
        raise UnreadableFileError(f"cannot read {name}", "it is a folder", "Name the files in it")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if path.stat().st_size == 0:
        raise EmptyDocumentError(f"{name} is empty", "the file has no bytes")
    return digest


def _parse(kind: FileKind, path: Path, name: str, max_pages: int) -> Parsed:
    try:
        return _parser_of(kind, max_pages)(path)
    except (IbidError, OSError, MemoryError):
        raise
    except Exception as error:  # the libraries raise some forty different errors for broken files
        if _NO_MEMORY.search(str(error)):
            raise MemoryError from error
        reason = clean_line(str(error))[:200] or type(error).__name__
        raise UnreadableFileError(
            f"cannot read {name}", f"the {kind} is damaged or cut off ({reason})", "Get a whole copy of it"
        ) from error


def _parser_of(kind: FileKind, max_pages: int) -> Callable[[Path], Parsed]:
    """The function that reads files of this kind; only its own libraries are imported."""
    from importlib import import_module

    module, function = {
        FileKind.PDF: ("pdf", "parse_pdf"),
        FileKind.DOCX: ("word", "parse_word"),
        FileKind.PPTX: ("slides", "parse_slides"),
        FileKind.XLSX: ("sheets", "parse_sheets"),
        FileKind.CSV: ("sheets", "parse_comma_separated"),
        FileKind.HTML: ("web", "parse_web"),
        FileKind.MARKDOWN: ("markdown_text", "parse_markdown"),
        FileKind.TEXT: ("plain_text", "parse_plain_text"),
        FileKind.EPUB: ("book", "parse_book"),
        FileKind.MAIL: ("mail", "parse_mail"),
        FileKind.IMAGE: ("pictures", "parse_picture"),
    }[kind]
    parse: Callable[..., Parsed] = getattr(import_module(f"ingest.parsing.{module}"), function)
    if kind is FileKind.PDF:
        return lambda path: parse(path, max_pages=max_pages)
    return parse


def _title(parsed: Parsed, name: str) -> str:
    """The title that the file names, if it is one; else its first heading; else the file's name without its ending."""
    stated = clean_line(parsed.title)
    if stated and not _NO_TITLE.fullmatch(stated) and len(stated) <= _LONGEST_TITLE:
        return stated
    headings = [part for part in parsed.parts[:40] if part.kind is PartKind.HEADING]
    top = min((part.level for part in headings), default=0)
    for part in headings:
        if part.level == top and not _SAYS_NOTHING.fullmatch(part.text):
            return clean_line(part.text)[:_LONGEST_TITLE]
        if part.level == top:
            break
    return Path(name).stem or name
