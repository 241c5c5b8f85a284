"""Whether citations bear an answer out, and whether they are the right ones.

Citation recall and precision are ALCE's (Gao et al. 2023, section 4.3, and its script). A statement's recall is 1 where
it cites something and all it cites together entails it; an answer's is the mean over its statements. A citation counts
as precise unless the statement's recall is 0, or the citation alone does not entail the statement and the others do
without it; precision is the share of precise ones among all citations of the answer, 0 where it has none. What entails
is a `Verifier`: a verdict of "supported" is a yes. ALCE reads whole passages, here it is the quoted words that have to
suffice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from kb.ports import Verifier
from kb.records import Citation, Verdict

AT_MOST = 3  # citations of a statement that are looked at, as in ALCE: more of them only raise recall


class Statement(NamedTuple):
    """A sentence without its markers, and the quotes it cites, in order."""

    text: str
    quotes: tuple[str, ...]


class CitationQuality(NamedTuple):
    """Of one answer, 0 to 1 each."""

    recall: float
    precision: float


def citation_quality(statements: Sequence[Statement], verifier: Verifier) -> CitationQuality:
    """ALCE's two figures of one answer with at least one statement."""
    entailed = precise = cited = 0
    for statement in statements:
        quotes = statement.quotes[:AT_MOST]
        cited += len(quotes)
        if not quotes or not _entails(verifier, statement.text, quotes):
            continue
        entailed += 1
        precise += sum(_is_needed(verifier, statement.text, quotes, place) for place in range(len(quotes)))
    return CitationQuality(entailed / len(statements), precise / cited if cited else 0.0)


def _is_needed(verifier: Verifier, sentence: str, quotes: Sequence[str], place: int) -> bool:
    """False where the quote says nothing of its own and is not missed."""
    if len(quotes) == 1 or _entails(verifier, sentence, quotes[place : place + 1]):
        return True
    return not _entails(verifier, sentence, [*quotes[:place], *quotes[place + 1 :]])


def _entails(verifier: Verifier, sentence: str, quotes: Sequence[str]) -> bool:
    return verifier.verify(sentence, quotes).verdict is Verdict.SUPPORTED


def gold_cited(cited: Collection[str], gold: Collection[str]) -> CitationQuality:
    """Recall: the share of the gold passages that are cited. Precision: the share of the cited ones that are gold."""
    both = len(set(cited) & set(gold))
    return CitationQuality(both / len(set(gold)) if gold else 0.0, both / len(set(cited)) if cited else 0.0)


def quotes_in_place(citations: Sequence[Citation], text_of: Callable[[str], str]) -> float:
    """The share of citations whose quote stands at its offsets of the document's text, to the letter; 1 for none.

    Args:
        citations: of one answer.
        text_of: the text of the document with this id.
    """
    right = sum(text_of(item.document_id)[item.start : item.end] == item.quote for item in citations)
    return right / len(citations) if citations else 1.0
