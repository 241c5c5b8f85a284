"""Pages of a PDF that hold no text: read as pictures where the extra `ocr` is installed, reported where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.parsing import ocr
from ingest.parsing.pdf.characters import PageText, Word
from kb.document_warnings import warning
from kb.errors import EmptyDocumentError

_DOTS_PER_INCH = 300  # of 150, 200 and 300 the one at which slanted and noisy pages still came out whole
_LONGEST_SIDE = 3600  # pixels: an A4 page at 300 dots; pages that are photographs at huge sizes come down to it
_GLANCE_SIDE = 200  # pixels: enough to see whether anything is on a page
_INK = 40  # grey values that a spot must differ from the paper by: a faint watermark does not


def read_scans(document: Any, texts: list[PageText], bare: list[int], warnings: list[str]) -> list[PageText]:
    """`texts` with the pages of the indices `bare` read by OCR. Blank pages stay as they are.

    Raises:
        EmptyDocumentError: no page has text and there is no OCR.
    """
    pictured = [index for index in bare if _is_picture(document[index], has_words=bool(texts[index].words))]
    if not pictured:
        return texts
    if not ocr.is_installed():
        return _report(texts, pictured, warnings)
    texts = list(texts)
    for index in pictured:
        found = _read(document[index], texts[index])
        if sum(len(word.text) for word in found) > sum(len(word.text) for word in texts[index].words):
            texts[index] = PageText(found, texts[index].width, texts[index].height)
        elif not found:
            warnings.append(warning("page_not_recognised", page=index + 1))
    return texts


def _report(texts: list[PageText], pictured: list[int], warnings: list[str]) -> list[PageText]:
    if not any(text.words for index, text in enumerate(texts) if index not in pictured):
        pages = "its page is a picture" if len(texts) == 1 else f"all of its {len(pictured)} printed pages are pictures"
        raise EmptyDocumentError("the PDF has no text in it", f"it is a scan: {pages}", ocr.ADVICE)
    warnings.extend(warning("page_without_text", page=index + 1, advice=ocr.ADVICE) for index in pictured)
    return texts


def _is_picture(page: Any, *, has_words: bool) -> bool:
    """Whether something beside words is to be seen on a page."""
    if has_words:  # a few words of their own are exact: only a photograph around them is worth reading
        from pypdfium2 import raw  # type: ignore[import-untyped]  # ships no types

        return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]))
    width, height = page.get_size()
    glance = page.render(scale=_GLANCE_SIDE / max(width, height, 1.0), grayscale=True).to_numpy()
    return bool(int(glance.max()) - int(glance.min()) > _INK)


def _read(page: Any, text: PageText) -> list[Word]:
    longest = max(text.width, text.height, 1.0)
    scale = min(_DOTS_PER_INCH / 72, _LONGEST_SIDE / longest)
    picture: NDArray[np.uint8] = page.render(scale=scale, rev_byteorder=False).to_numpy()
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    return ocr.read_picture(np.ascontiguousarray(picture[:, :, :3]), 1 / scale)
