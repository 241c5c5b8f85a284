"""What the source panel is given to draw: plain data, no Streamlit."""

from __future__ import annotations

from typing import Any

from ui.browser.labels import joined, page_in
from ui.browser.plain import seen
from ui.browser.sources.opening import View
from ui.browser.wording import Words


def source_data(view: View, words: Words) -> dict[str, Any]:
    """One opened place."""
    place = view.place
    title, name = seen(place.title or place.document), seen(place.document)
    return {
        "lang": words("html_language"),
        "title": title,
        "where": joined(name if name != title else "", page_in(place, words)),
        "path": " › ".join(heading for heading in view.headings if heading != title),
        "picture": view.picture,
        "alt": words("picture_alt", document=title, page=place.page, quote=place.quote) if view.picture else "",
        "left": place.box.x0 if place.box else 0,
        "top": place.box.y0 if place.box else 0,
        "before": _with_headings(view.before, view.headings_before),
        "quote": view.quote,
        "after": _with_headings(view.after, view.headings_after),
        "quote_label": words("quote_text"),
        "enlarge": words("enlarge"),
        "fit": words("fit"),
        "back": words("back"),
    }


def _with_headings(text: str, headings: tuple[tuple[int, int], ...]) -> list[dict[str, Any]]:
    """`text` in pieces, those that are headings marked."""
    pieces: list[dict[str, Any]] = []
    done = 0
    for start, end in headings:
        pieces += [{"text": text[done:start], "heading": False}, {"text": text[start:end], "heading": True}]
        done = end
    return [piece for piece in (*pieces, {"text": text[done:], "heading": False}) if piece["text"]]
