"""What the document page's components are given to draw: plain data, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ui.browser.api.document_replies import CutPassage, DocumentFacts
from ui.browser.figures import day_in, size_in
from ui.browser.labels import joined, kind_name, language_name
from ui.browser.plain import seen
from ui.browser.wording import Words

_CELL_GAP = " | "  # between the cells of a table's row, as the server's parsers write them


def facts_line(facts: DocumentFacts, words: Words) -> str:
    """What is known of a document in one line."""
    start, end = facts.effective_from, facts.effective_to
    form = "in_force_between" if start and end else "in_force_from" if start else "in_force_until" if end else ""
    return joined(
        seen(facts.name),
        kind_name(facts.media_type, words),
        language_name(facts.language, words) if facts.language else "",
        words.count("pages", facts.pages) if facts.pages else "",
        words.count("passages", facts.passages),
        size_in(facts.size),
        words("added", day=day_in(facts.added_at, words)),
        words(form, start=start, end=end) if form else "",
    )


def outline_data(facts: DocumentFacts, words: Words) -> dict[str, Any]:
    """A document's headings."""
    top = min((heading.level for heading in facts.headings), default=1)
    return {
        "lang": words("html_language"),
        "label": words("outline"),
        "headings": [
            {"text": seen(heading.text), "start": heading.start, "level": min(heading.level - top, 5)}
            for heading in facts.headings
        ],
    }


def passages_data(passages: Sequence[CutPassage], words: Words) -> dict[str, Any]:
    """Passages as they were cut."""
    return {"lang": words("html_language"), "passages": [_passage(passage, words) for passage in passages]}


def _passage(passage: CutPassage, words: Words) -> dict[str, Any]:
    return {
        "number": str(passage.order + 1),
        "where": joined(_pages(passage, words), " › ".join(seen(heading) for heading in passage.headings)),
        "blocks": _blocks(passage),
    }


def _pages(passage: CutPassage, words: Words) -> str:
    if not passage.first_page:
        return ""
    if passage.last_page <= passage.first_page:
        return words("page", page=passage.first_page)
    return words("page_span", first=passage.first_page, last=passage.last_page)


def _blocks(passage: CutPassage) -> list[dict[str, Any]]:
    """The passage in texts and tables, in their order."""
    blocks: list[dict[str, Any]] = []
    done = 0
    for start, end in passage.tables:
        blocks += [_text(passage.text[done:start]), _table(passage.text[start:end])]
        done = end
    blocks.append(_text(passage.text[done:]))
    return [block for block in blocks if block["text"] or block["rows"]]


def _text(text: str) -> dict[str, Any]:
    return {"text": seen(text).strip("\n"), "rows": []}


def _table(text: str) -> dict[str, Any]:
    return {"text": "", "rows": [seen(line).split(_CELL_GAP) for line in text.splitlines() if line.strip()]}
