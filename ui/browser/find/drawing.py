"""What the list of found passages is given to draw: plain data, no Streamlit."""

from __future__ import annotations

import re
from typing import Any

from kb.text.folding import fold
from kb.text.tokens import UNSPACED, question_tokens, word_stem
from ui.browser.api.finding import Found
from ui.browser.labels import in_force, place_label
from ui.browser.plain import seen
from ui.browser.wording import Words

_WORD = re.compile(r"[^\W_]+")


def results_data(found: Found, selected: int | None, words: Words) -> dict[str, Any]:
    """What the list of passages is given to draw."""
    tokens = frozenset(question_tokens(found.wanted.words))
    return {
        "lang": words("html_language"),
        "selected": -1 if selected is None else selected,
        "results": [
            {
                "label": place_label(place, words),
                "path": " › ".join(seen(heading) for heading in place.headings),
                "dates": in_force(place, words),
                "pieces": marked(place.quote, tokens),
            }
            for place in found.places
        ],
    }


def marked(text: str, tokens: frozenset[str]) -> list[dict[str, Any]]:
    """`text` in pieces, those marked that hold a word of the search: the same ones that the search itself goes by."""
    pieces: list[dict[str, Any]] = []
    done = 0
    for start, end in _spans(text, tokens):
        if start > done:
            pieces.append({"text": text[done:start], "match": False})
        pieces.append({"text": text[start:end], "match": True})
        done = end
    if done < len(text):
        pieces.append({"text": text[done:], "match": False})
    return pieces


def _spans(text: str, tokens: frozenset[str]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        own = _in_unspaced(text, match, tokens) if UNSPACED.search(match[0]) else _whole(match, tokens)
        for start, end in own:
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
    return spans


def _whole(match: re.Match[str], tokens: frozenset[str]) -> list[tuple[int, int]]:
    return [match.span()] if word_stem(fold(match[0])) in tokens else []


def _in_unspaced(text: str, match: re.Match[str], tokens: frozenset[str]) -> list[tuple[int, int]]:
    """Pairs of characters, since Chinese has no blanks between words; single ones would mark half of a page."""
    pairs = ((at, at + 2) for at in range(match.start(), match.end() - 1))
    return [(start, end) for start, end in pairs if fold(text[start:end]) in tokens]
