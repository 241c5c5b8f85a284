"""The statements of a text, each with the proviso that takes something back from it, though ； or 。 stands between."""

from __future__ import annotations

import re

from kb.text.sentences import split_sentences

_PARTED = re.compile(r"[；;](?=\s|$|[\u2e80-\uffff（(①-⑳])")
# A new English sentence that begins with "Except" has a rule of its own, which a part after ; has not.
_TAKES_BACK = re.compile(r"\s*(?:但|除非|(?<=[;；])\s*(?:but|except|unless|provided)\b)", re.IGNORECASE)


def split_statements(text: str) -> list[tuple[int, int]]:
    """Sentences, cut at ； and ; as well, as (start, end) offsets without white space around them, in order."""
    ends = {match.end() for match in _PARTED.finditer(text)} | {end for _, end in split_sentences(text)} | {len(text)}
    found = []
    start = 0
    for end in sorted(ends):
        if end < len(text) and _TAKES_BACK.match(text, end):
            continue
        piece = text[start:end]
        if piece.strip():
            found.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
        start = end
    return found
