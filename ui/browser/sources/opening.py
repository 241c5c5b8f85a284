"""The source shown beside the chat: the page with the quote highlighted, or the text around the quote."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from ui.browser.api.answer_replies import Place
from ui.browser.api.client import Client
from ui.browser.api.document_replies import DocumentView
from ui.browser.api.failures import ClientError, FailureKind

# Sharp on a column of 650 points on a screen of double density, and about 200 KB as PNG.
_PICTURE_WIDTH = 1200
_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class View:
    """All that the panel shows of one place. `before` + `quote` + `after` is text as it stands in the document."""

    place: Place
    headings: tuple[str, ...]
    before: str
    quote: str
    after: str
    headings_before: tuple[tuple[int, int], ...] = ()  # where headings stand in `before`, and
    headings_after: tuple[tuple[int, int], ...] = ()  # in `after`
    picture: str = ""  # PNG in base64; "" where the format has no pages, or the page could not be drawn
    failure: ClientError | None = None  # why less is shown than there should be


def look_at(client: Client, collection: str, place: Place) -> View:
    """Fetches what there is to see of a place. Never raises: what cannot be had is named in `failure`."""
    try:
        document = client.document(collection, place.document_id, (place.start, place.end))
    except ClientError as error:
        return View(place, place.headings, "", place.quote, "", failure=error)
    before, quote, after = _around(document, place)
    headings = place.headings or headings_above(document, place.start)
    text = View(
        place,
        headings,
        before,
        quote,
        after,
        _headings_in(document, before, place.start - len(before)),
        _headings_in(document, after, place.end),
    )
    if document.media_type != _PDF or place.page is None:
        return text
    try:
        return replace(text, picture=base64.b64encode(client.page_picture(collection, place, _PICTURE_WIDTH)).decode())
    except ClientError as error:
        return replace(text, failure=error)


def headings_above(document: DocumentView, offset: int) -> tuple[str, ...]:
    """The headings under which `offset` stands, from the outermost to the nearest."""
    path: list[tuple[int, str]] = []
    for heading in document.headings:
        if heading.start > offset:
            break
        path = [item for item in path if item[0] < heading.level]
        path.append((heading.level, heading.text))
    return tuple(text for _, text in path)


def _headings_in(document: DocumentView, text: str, offset: int) -> tuple[tuple[int, int], ...]:
    """Where whole headings stand in `text`, which begins at `offset` of the document."""
    spans = (
        (heading.start - offset, heading.start - offset + len(heading.text), heading) for heading in document.headings
    )
    return tuple((start, end) for start, end, heading in spans if start >= 0 and text[start:end] == heading.text)


def _around(document: DocumentView, place: Place) -> tuple[str, str, str]:
    """The text before, of and after the quote. The quote alone where the server's text does not hold it there."""
    start, end = place.start - document.context_start, place.end - document.context_start
    text = document.context
    if 0 <= start < end <= len(text) and text[start:end] == place.quote:
        return text[:start], text[start:end], text[end:]
    return "", place.quote, ""


def is_gone(view: View) -> bool:
    """Whether the document was deleted since it was cited."""
    return view.failure is not None and view.failure.kind is FailureKind.NOT_FOUND
