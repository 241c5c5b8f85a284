"""A sentence of one version of a text beside the same sentence, amended, of another version."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from itertools import takewhile

from serving.conflicts.disagreeing import Disagreement
from serving.conflicts.statements import Statement

# Share of both sentences, in words and Chinese characters, that stand in the same order, from which a sentence of
# another version is the same one, amended. Below it, it is another sentence.
_ALIKE = 0.6
_PIECE = re.compile(r"[^\W\d_\u3400-\u9fff]+(?:['’-][^\W\d_\u3400-\u9fff]+)*|\d+(?:[.,]\d+)*|\S")


def amended(one: Statement, other: Statement) -> Disagreement | None:
    """Where the wording of two versions of one text differs; None where it is the same, or another sentence.

    Args:
        one: of a document.
        other: the most similar statement of a document that replaces it, or that it replaces.
    """
    same = one.words == other.words and one.denials == other.denials
    if same or one.heading ^ other.heading:
        return None
    mine, its = one.span.quote, other.span.quote
    pieces, others = list(_PIECE.finditer(mine)), list(_PIECE.finditer(its))
    alike = SequenceMatcher(None, [piece[0] for piece in pieces], [piece[0] for piece in others], autojunk=False)
    if alike.ratio() < _ALIKE:
        return None
    before = _common(pieces, others)
    after = _common(pieces[before:][::-1], others[before:][::-1])
    return Disagreement(*(_between(text, found, before, after) for text, found in ((mine, pieces), (its, others))))


def _common(pieces: list[re.Match[str]], others: list[re.Match[str]]) -> int:
    """How many pieces both begin with."""
    pairs = zip(pieces, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0][0].casefold() == pair[1][0].casefold(), pairs))


def _between(text: str, pieces: list[re.Match[str]], before: int, after: int) -> str:
    """What stands between the first and the last difference, to the letter; the whole text where nothing does."""
    inside = pieces[before : len(pieces) - after]
    return text[inside[0].start() : inside[-1].end()] if inside else text
