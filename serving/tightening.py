"""From the sentences that bear a claim out to the clause that does, so that the highlight shows the words.

A statute's sentence may be half a page: items after ；, conditions, provisos. What is cut off must neither hold words
of the claim nor change what is left: an exception, a condition and a "not" stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from kb.text.folding import fold
from serving.citations import Span, quotes_of
from serving.negation import find_exceptions, is_negated
from serving.statements import split_statements
from serving.verification import LexicalVerifier
from serving.writing import compared_terms

_LONG = 40  # characters: shorter quotes are taken in at a glance
_ROW = " | "  # between the cells of a table's row, which is read as a whole
_CLAUSE_END = re.compile(r"[，；;]|,(?=[\u2e80-\uffff])")  # English commas part too many other things
# A clause that says when, where or for whom another holds.
_CONDITION = re.compile(
    r"^\s*(?:如果?|若|当|倘|凡|除|未|非|经|按|依|根据|因|由于|为|对于?|但|而|否则|并|且|其|该|只要|只有|在|自|于|以|可|应|不|即|包括)"
    r"|(?:的|时|后|前|下|者|内|外|之日起|情形|情况)[，,；;]?\s*$"
)


class _Piece(NamedTuple):
    """A clause of a quote: `[start:end]` of it; `group` counts the statements."""

    start: int
    end: int
    group: int


def tighten(sentence: str, spans: Sequence[Span]) -> list[Span]:
    """Each span cut to the clauses that hold what `sentence` shares with it, as long as words give the same verdict.

    Args:
        sentence: a sentence of an answer without its markers.
        spans: what it cites.
    """
    tight = [_cut(sentence, span) for span in spans]
    if tight == list(spans):
        return tight
    judge = LexicalVerifier()
    before, after = judge.verify(sentence, quotes_of(spans)), judge.verify(sentence, quotes_of(tight))
    return tight if after.verdict is before.verdict else list(spans)


def _cut(sentence: str, span: Span) -> Span:
    quote = span.quote
    wanted = _words(sentence) & _words(quote)
    if len(quote) < _LONG or _ROW in quote or not wanted:
        return span
    pieces = _pieces(quote)
    for size in range(1, len(pieces)):
        for first in range(len(pieces) - size + 1):
            kept = pieces[first : first + size]
            start = kept[0].start
            end = start + len(quote[start : kept[-1].end].rstrip("，,；; "))
            if wanted <= _words(quote[start:end]) and _may_go(quote, pieces, kept):
                return Span(span.hit, span.start + start, span.start + end)
    return span


def _words(text: str) -> frozenset[str]:
    terms = compared_terms(text)
    return terms.exact | terms.loose


def _pieces(quote: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    for group, (first, last) in enumerate(split_statements(quote)):
        ends = [match.end() for match in _CLAUSE_END.finditer(quote, first, last)]
        for start, end in pairwise(sorted({first, *ends, last})):
            text = quote[start:end]
            pieces.append(_Piece(start + len(text) - len(text.lstrip()), end, group))
    return pieces


def _may_go(quote: str, pieces: Sequence[_Piece], kept: Sequence[_Piece]) -> bool:
    """Whether what is not kept leaves what is kept as it is."""
    groups = {piece.group for piece in kept}
    gone = [piece for piece in pieces if piece not in kept]
    return not any(piece.group in groups and _binds(quote[piece.start : piece.end]) for piece in gone)


def _binds(clause: str) -> bool:
    return _CONDITION.search(clause) is not None or is_negated(clause) or bool(find_exceptions(fold(clause)))
