"""PNG, JPEG and TIFF pictures, read by OCR. A TIFF may have several pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.parsing import ocr
from ingest.parsing.parts import Parsed
from ingest.parsing.pdf.furniture import PageSegments
from ingest.parsing.pdf.layout import lay_out
from ingest.parsing.pdf.segments import segments_of
from kb.errors import EmptyDocumentError, FileLimitError, MissingPartError

_LARGEST = 80_000_000  # pixels: an A2 page at 400 dots per inch; more is a picture that expands in memory
_LONGEST_SIDE = 3600  # pixels, as for the pages of scanned PDFs
_USUAL_DOTS = 96  # per inch, where a picture does not say, or says what no scanner does
_DOTS = (60, 1300)


def parse_picture(path: Path) -> Parsed:
    """The text of a picture; boxes in points at the picture's own resolution (96 dots per inch where it names none).

    Raises:
        MissingPartError: the extra `ocr` is not installed.
        EmptyDocumentError: no text was recognised.
        FileLimitError: the picture has too many pixels.
    """
    from PIL import Image, ImageOps

    if not ocr.is_installed():
        raise MissingPartError("the picture cannot be read", "text recognition is not installed", ocr.ADVICE)
    pages: list[PageSegments] = []
    with Image.open(path) as image:
        for number in range(1, getattr(image, "n_frames", 1) + 1):
            image.seek(number - 1)
            if image.width * image.height > _LARGEST:
                raise FileLimitError("the picture is too large", f"{image.width} x {image.height} pixels", "Shrink it")
            points = 72 / _dots(image.info.get("dpi"))
            frame = ImageOps.exif_transpose(image).convert("RGB")
            shrink = min(1.0, _LONGEST_SIDE / max(frame.size))
            if shrink < 1:
                frame = frame.resize((round(frame.width * shrink), round(frame.height * shrink)))
            words = ocr.read_picture(np.ascontiguousarray(np.asarray(frame)[:, :, ::-1]), points / shrink)
            size = (frame.width * points / shrink, frame.height * points / shrink)
            pages.append(PageSegments(number, segments_of(words), *size))
    if not any(page.segments for page in pages):
        raise EmptyDocumentError("the picture has no text in it", "none was recognised")
    numbers = " ".join(str(page.number) for page in pages)
    return Parsed(lay_out(pages), pages=len(pages), metadata={"pages_by_ocr": numbers})


def _dots(stated: object) -> float:
    """Dots per inch, where they are believable."""
    try:
        number = float(stated[0]) if isinstance(stated, tuple) and stated else 0.0
    except (TypeError, ValueError, ZeroDivisionError):  # TIFF gives fractions, also of zero
        number = 0.0
    return number if _DOTS[0] <= number <= _DOTS[1] else float(_USUAL_DOTS)
