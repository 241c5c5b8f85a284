"""Pictures of PDF pages with a quote marked, kept in the collection's cache folder."""

from __future__ import annotations

import io
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kb.catalog import Catalog
from kb.errors import NotFoundError, UnreadableFileError
from kb.records import Box, DocumentEntry

if TYPE_CHECKING:
    from PIL.Image import Image

_PDFIUM = threading.Lock()  # pdfium is not made for several threads at once
_YELLOW = (255, 236, 110)  # multiplied with the page, so that the letters stay black
_MARGIN = 1.5  # points around the words: a marker pen is wider than its line
_MOST_PIXELS = 20_000_000  # of one picture: a page may be a poster
_MOST_KEPT = 1_000  # pictures in one collection's cache, some 100 MB; then it is begun anew


def page_picture(catalog: Catalog, entry: DocumentEntry, page: int, span: tuple[int, int] | None, width: int) -> bytes:
    """A PNG of a page.

    Args:
        catalog: holds the document.
        entry: the document.
        page: from 1.
        span: offsets into the document's text to mark, where they stand on this page.
        width: in pixels.

    Raises:
        NotFoundError: the document has no such page, or is of a format without page pictures.
        UnreadableFileError: the stored PDF cannot be drawn.
    """
    if entry.media_type != "application/pdf":
        raise NotFoundError(
            f"{entry.name} has no page pictures", f"it is {entry.media_type}", "Read the text around the quote instead"
        )
    if not 1 <= page <= entry.pages:
        raise NotFoundError(f"{entry.name} has no page {page}", f"it has pages 1 to {entry.pages}")
    boxes = _boxes_on(catalog, entry, page, span)
    kept = _folder(catalog) / entry.id / f"{page}-{width}{f'-{span[0]}-{span[1]}' if span and boxes else ''}.png"
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        pass
    picture = _draw(catalog.blobs.path(entry.id), entry.name, page, boxes, width)
    _keep(catalog, kept, picture)
    return picture


def forget_pictures(catalog: Catalog, document_id: str) -> None:
    """Removes the kept pictures of a document."""
    shutil.rmtree(_folder(catalog) / document_id, ignore_errors=True)


def forget_all_pictures(catalog: Catalog) -> None:
    """Removes the kept pictures of every document."""
    shutil.rmtree(_folder(catalog), ignore_errors=True)


def _folder(catalog: Catalog) -> Path:
    return catalog.cache_folder / "pages"


def _boxes_on(catalog: Catalog, entry: DocumentEntry, page: int, span: tuple[int, int] | None) -> list[Box]:
    if span is None:
        return []
    with catalog.snapshot() as snapshot:
        _, boxes = snapshot.place(entry.id, *span)
    return [box for box in boxes if box.page == page]


def _draw(path: Path, name: str, page: int, boxes: Sequence[Box], width: int) -> bytes:
    import pypdfium2  # type: ignore[import-untyped]  # it has no types

    try:
        with _PDFIUM:
            document = pypdfium2.PdfDocument(path)
            try:
                sheet = document[page - 1]
                points_wide, points_high = sheet.get_size()
                scale = min(width / points_wide, (_MOST_PIXELS / (points_wide * points_high)) ** 0.5)
                image = sheet.render(scale=scale).to_pil()
            finally:
                document.close()
    except (pypdfium2.PdfiumError, OSError, IndexError, ZeroDivisionError) as error:
        raise UnreadableFileError(f"page {page} of {name} cannot be drawn", str(error)) from error
    out = io.BytesIO()
    _marked(image.convert("RGB"), boxes, scale).save(out, "PNG", compress_level=3)  # half the time of the default
    return out.getvalue()


def _marked(image: Image, boxes: Sequence[Box], scale: float) -> Image:
    if not boxes:
        return image
    from PIL import Image as Images
    from PIL import ImageChops, ImageDraw

    marker = Images.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(marker)
    for box in boxes:
        corners = (box.x0 - _MARGIN, box.y0 - _MARGIN, box.x1 + _MARGIN, box.y1 + _MARGIN)
        pen.rectangle([corner * scale for corner in corners], fill=_YELLOW)
    return ImageChops.multiply(image, marker)


def _keep(catalog: Catalog, path: Path, picture: bytes) -> None:
    """Writes whole or not at all; drops what belongs to deleted documents. A full disk only costs speed."""
    temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        _tidy(catalog)
        for folder in (
            catalog.cache_folder,
            _folder(catalog),
            path.parent,
        ):  # not the collection's, which may be deleted
            folder.mkdir(exist_ok=True)
        temporary.write_bytes(picture)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)


def _tidy(catalog: Catalog) -> None:
    folder = _folder(catalog)
    if not folder.is_dir():
        return
    with catalog.snapshot() as snapshot:
        live = {entry.id for entry in snapshot.documents()}
    kept = list(folder.iterdir())
    too_many = sum(1 for path in kept for _ in path.iterdir()) > _MOST_KEPT
    for path in kept:
        if too_many or path.name not in live:
            shutil.rmtree(path, ignore_errors=True)
