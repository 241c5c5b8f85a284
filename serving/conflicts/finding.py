"""Sentences of other documents that disagree with one that an answer rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.records import DocumentEntry
from serving.citations import Span
from serving.conflicts.amended import amended
from serving.conflicts.disagreeing import disagreement, likeness
from serving.conflicts.statements import Statement, read_statement, words_of
from serving.extractive.candidates import Candidate
from serving.extractive.terms import read_terms
from serving.values import read_values

_CELLS = " | "  # a row of a table says what it means only together with its head
# Of the terms of the shorter sentence: it spares more than half of the time and changes no answer of the measured sets.
_NEAR = 0.3
_MOST_RIVALS = 2  # beside the statement itself: a reader takes in three sides


@dataclass(frozen=True, slots=True)
class Rival:
    """A sentence that says otherwise: `own` is what the answer's sentence says, `said` what this one does."""

    span: Span
    own: str
    said: str


def rivals_of(
    span: Span, candidates: Sequence[Candidate], question: str, *, is_asked: Callable[[str], bool]
) -> list[Rival]:
    """Those of the candidates from other documents that disagree with the sentence at `span`, the best hits' first.

    Args:
        span: of a sentence that an answer rests on.
        candidates: the sentences of what was found for the question, the best hit's first.
        question: standing alone.
        is_asked: whether a value of the sentence, as written there, is what the answer is about.
    """
    own = read_statement(span)
    asked = words_of(question)
    near = _statements(candidates, span)
    rivals: list[Rival] = []
    for theirs in _by_document(near, besides=span.hit.document.id):
        other = max(theirs, key=lambda statement: likeness(own, statement))
        editions = _are_editions(span.hit.document, other.span.hit.document)
        found = disagreement(own, other, editions=editions, asked=asked) or (amended(own, other) if editions else None)
        if found and is_asked(found.one) and not _has_a_nearer_one(other, own, near):
            rivals.append(Rival(other.span, found.one, found.other))
    return rivals[:_MOST_RIVALS]


def _statements(candidates: Sequence[Candidate], span: Span) -> list[Statement]:
    """Those of the candidates that share words with the sentence at `span` and give values, where it gives some.

    Of versions of its document also those that give none.
    """
    terms = read_terms(span.quote).loose
    valued = bool(read_values(span.quote).in_order())
    found: list[Statement] = []
    for candidate in candidates:
        edition = _are_editions(span.hit.document, candidate.hit.document)
        if not (valued or edition) or _CELLS in candidate.text or not _is_near(candidate.terms.loose, terms):
            continue
        statement = read_statement(Span(candidate.hit, candidate.start, candidate.end))
        if edition or statement.values:
            found.append(statement)
    return found


def _is_near(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sentences share enough to be worth reading: what disagrees shares nearly all."""
    return len(one & other) >= max(1, _NEAR * min(len(one), len(other)))


def _by_document(statements: Sequence[Statement], *, besides: str) -> list[list[Statement]]:
    by_document: dict[str, list[Statement]] = {}
    for statement in statements:
        by_document.setdefault(statement.span.hit.document.id, []).append(statement)
    by_document.pop(besides, None)
    return list(by_document.values())


def _has_a_nearer_one(other: Statement, own: Statement, statements: Sequence[Statement]) -> bool:
    """Whether the own document says something that is more like the other statement: then both speak of that."""
    nearest = likeness(own, other)
    return any(
        likeness(statement, other) > nearest
        for statement in statements
        if statement.span.hit.document.id == own.span.hit.document.id
    )


def _are_editions(one: DocumentEntry, other: DocumentEntry) -> bool:
    """Whether one document replaces the other."""
    return other.id in (*one.replaces, *one.replaced_by) or one.id in (*other.replaces, *other.replaced_by)
