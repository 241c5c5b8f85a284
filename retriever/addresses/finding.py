"""The passages of the articles that a question names stand first: their address says more than any score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kb.catalog import Snapshot
from kb.ports import Ids
from kb.records import MarkKind
from retriever.addresses.naming import named_documents
from retriever.addresses.reading import Address, read_addresses
from retriever.fusion import Fused

_DOCUMENTS_TRIED = 5  # of the best passages, where the question names an article and no document: it is in one of them
_MOST_FIRST = 6  # passages put first: an article of more is long enough to be looked for by words


def addressed_first(
    snapshot: Snapshot, question: str, ranked: Sequence[Fused], allowed: Ids | None = None
) -> list[Fused]:
    """`ranked` with the passages of the articles that `question` names before all others.

    An article is looked for in the documents that the question names; where it names none, in those of the best
    passages, and the first of them that has it gives it. Scores of what is put first are the best one's.

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
        numbers += _found(snapshot, address, named or _documents_of(snapshot, ranked), every=bool(named))
    numbers = [number for number in dict.fromkeys(numbers) if _is_allowed(number, allowed)][:_MOST_FIRST]
    if not numbers:
        return list(ranked)
    known = {item.number: item for item in ranked}
    best = ranked[0].score if ranked else 1.0
    first = [known.get(number, Fused(number, best, None, None))._replace(score=best) for number in numbers]
    return first + [item for item in ranked if item.number not in numbers]


def _found(snapshot: Snapshot, address: Address, documents: Sequence[str], *, every: bool) -> list[int]:
    """The passages of the article in the first of the documents that has it, or in `every` one."""
    numbers: list[int] = []
    for document in documents:
        for mark in snapshot.marks(document, MarkKind.ARTICLE):
            if address in read_addresses(mark.label):
                numbers += snapshot.numbers_within(document, mark.start, mark.end)
        if numbers and not every:
            break
    return numbers


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
