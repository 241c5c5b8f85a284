"""Places, kinds, languages and dates in words, as every page says them."""

from __future__ import annotations

from kb.records import ConflictSide
from ui.browser.api.answer_replies import Place
from ui.browser.api.file_replies import StoredFile
from ui.browser.api.warning_replies import DocumentWarning
from ui.browser.plain import seen
from ui.browser.wording import Words

# The same in every language of the interface.
_OFFICE = "application/vnd.openxmlformats-officedocument"
_KINDS = {
    "application/pdf": "PDF",
    f"{_OFFICE}.wordprocessingml.document": "Word",
    f"{_OFFICE}.presentationml.presentation": "PowerPoint",
    f"{_OFFICE}.spreadsheetml.sheet": "Excel",
    "application/epub+zip": "EPUB",
    "text/csv": "CSV",
    "text/html": "HTML",
    "text/markdown": "Markdown",
}

# Languages that people can say a document is in: the two that are read from texts first, then others much written.
LANGUAGE_CODES = ("en", "zh-Hans", "zh-Hant", "de", "fr", "es", "it", "pt", "nl", "ru", "ja", "ko", "ar")


def joined(*parts: str) -> str:
    """Parts of one line; empty ones are left out."""
    return " · ".join(part for part in parts if part)


def in_force(document: ConflictSide | StoredFile | Place, words: Words) -> str:
    """When a document is in force, in words; "" where it does not say."""
    start, end = document.effective_from, document.effective_to
    form = "in_force_between" if start and end else "in_force_from" if start else "in_force_until" if end else ""
    return words(form, start=start, end=end) if form else ""


def place_label(place: Place, words: Words) -> str:
    """A place in one line: title, page or nearest heading."""
    page = page_in(place, words)
    return joined(seen(place.title or place.document), page or (place.headings[-1] if place.headings else ""))


def page_in(place: Place, words: Words) -> str:
    """A place's page in words; "" in a document without pages."""
    return words("page", page=place.page) if place.page is not None else ""


def kind_name(media_type: str, words: Words) -> str:
    """What people call files of a media type."""
    known = _KINDS.get(media_type)
    if known is not None:
        return known
    kind = next((kind for kind in ("image", "message", "text") if media_type.startswith(f"{kind}/")), "")
    return words(f"kind_{kind}") if kind else seen(media_type)


def language_name(code: str, words: Words) -> str:
    """What people call a language."""
    key = f"in_{code.replace('-', '_').lower()}"
    return words(key) if key in words.strings else seen(code)


def warning_sentence(warning: DocumentWarning, words: Words) -> str:
    """What a reader should know of a document; in the server's words where there are none of ours."""
    sentence = words.strings.get(f"warning_{warning.code}", "")
    try:
        return sentence.format_map({name: seen(text) for name, text in warning.values.items()}) or seen(warning.message)
    except KeyError:  # a server that says less of it
        return seen(warning.message)
