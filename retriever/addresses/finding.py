"""The passages of the articles that a question names stand first: their address says more than any score."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from kb.catalog import Snapshot
from kb.ports import Ids
from kb.records import MarkKind
from retriever.addresses.naming import named_documents
from retriever.addresses.reading import Address, names_nothing_else, numbered_line, read_addresses
from retriever.fusion import Fused

_DOCUMENTS_TRIED = 5  # of the best passages, where the question names an article and no document: it is in one of them
_MOST_READ = 2_000_000  # characters of a document, some 800 pages, in which a clause without a mark is looked for
_LINE = 40  # characters in which a clause's number and its first word stand
_SUBCLAUSE = re.compile(r"(?m)^[ \t]*\d{1,3}(?:\.\d{1,3})+[.)]?[ \t]+[^\W\d]")
_SEVERAL = 3  # documents whose article is put first where nothing tells which of them is meant
_MOST_FIRST = 6  # passages put first: an article of more is long enough to be looked for by words


def addressed_first(
    snapshot: Snapshot, question: str, ranked: Sequence[Fused], allowed: Ids | None = None
) -> list[Fused]:
    """`ranked` with the passages of the articles that `question` names before all others.

    An article is looked for in the documents that the question names; where it names none, in those of the best
    passages, and the first of them that has it gives it; where it says nothing but the article's number, the first few
    do, since any of them may be meant. Scores of what is put first are the best one's.

    Args:
        snapshot: of the collection that was searched.
        question: as it was asked.
        ranked: what the search found, best first.
        allowed: the passages that may be found, ascending; None for all.
    """
    addresses = read_addresses(question)
    if not addresses:
        return list(ranked)
    numbers: list[int] = []
    named = [entry.id for entry in named_documents(question, snapshot.documents())]
    for address in addresses:
        among = named or _documents_of(snapshot, ranked)
        most = len(named) or (_SEVERAL if names_nothing_else(question) else 1)
        numbers += _found(snapshot, address, among, most)
    numbers = [number for number in dict.fromkeys(numbers) if _is_allowed(number, allowed)][:_MOST_FIRST]
    if not numbers:
        return list(ranked)
    known = {item.number: item for item in ranked}
    best = ranked[0].score if ranked else 1.0
    first = [known.get(number, Fused(number, best, None, None))._replace(score=best) for number in numbers]
    return first + [item for item in ranked if item.number not in numbers]


def _found(snapshot: Snapshot, address: Address, documents: Sequence[str], most: int) -> list[int]:
    """The passages of the article in the first `most` of the documents that have it."""
    found: list[list[int]] = []
    for document in documents:
        numbers: list[int] = []
        for start, end in _articles(snapshot, address, document) or _numbered(snapshot, address, document):
            numbers += snapshot.numbers_within(document, start, end)
        if numbers:
            found.append(numbers)
        if len(found) == most:
            break
    return [number for numbers in found for number in numbers]


def _articles(snapshot: Snapshot, address: Address, document: str) -> list[tuple[int, int]]:
    marks = snapshot.marks(document, MarkKind.ARTICLE)
    return [(mark.start, mark.end) for mark in marks if address in read_addresses(mark.label)]


def _numbered(snapshot: Snapshot, address: Address, document: str) -> list[tuple[int, int]]:
    """Where a clause stands that has a number alone: "12. Charges" as a heading, "12.1 The Client" as a line."""
    text = snapshot.text_between(document, 0, _MOST_READ)
    headings = [mark.start for mark in snapshot.marks(document, MarkKind.HEADING) if mark.start < len(text)]
    begins: list[tuple[int, Address | None]] = [(start, _line_at(text, start)) for start in headings]
    if "." in address.number:
        begins = sorted({*begins, *((m.start(), numbered_line(m[0])) for m in _SUBCLAUSE.finditer(text))})
    spans = []
    for place, (start, number) in enumerate(begins):
        if number == address:
            later = begins[place + 1 :]
            end = next((s for s, n in later if n is None or not n.number.startswith(f"{address.number}.")), len(text))
            spans.append((start, end))
    return spans[:1]  # a table of contents and a schedule have the same numbers: the first one with a body is enough


def _line_at(text: str, start: int) -> Address | None:
    return numbered_line(text[start : start + _LINE])


def _documents_of(snapshot: Snapshot, ranked: Sequence[Fused]) -> list[str]:
    """The documents of the best passages, each once, best first."""
    best = [item.number for item in ranked[: 4 * _DOCUMENTS_TRIED]]
    stored = snapshot.passages(best)
    found = dict.fromkeys(stored[number].document.id for number in best if number in stored)
    return list(found)[:_DOCUMENTS_TRIED]


def _is_allowed(number: int, allowed: Ids | None) -> bool:
    if allowed is None:
        return True
    place = int(np.searchsorted(allowed, number))
    return place < len(allowed) and int(allowed[place]) == number
