"""What a question becomes before it is searched for: itself with other expressions for its words, and its parts."""

from __future__ import annotations

from collections.abc import Sequence

from retriever.fusion import Fused
from retriever.questions.comparisons import sides_of
from retriever.questions.glossary import Glossary
from retriever.questions.records import QuestionVariant


def read_question(question: str, glossary: Glossary) -> tuple[QuestionVariant, ...]:
    """The texts to search for: the question first; then, where it compares, one for each side.

    Args:
        question: as asked, or made standalone.
        glossary: what the collection's documents call the same thing.
    """
    texts = (question, *sides_of(question))
    return tuple(QuestionVariant(text, tuple(glossary.expansions(text))) for text in texts)


def interleave(rankings: Sequence[Sequence[Fused]]) -> list[Fused]:
    """One ranking that takes from each in turn, so that every side of a comparison is among the first.

    A passage stands where it comes first. Its score is its own, or the one before it where that is lower: scores never
    rise. Of n rankings each has one of the first n places, as far as they differ.
    """
    if len(rankings) == 1:
        return list(rankings[0])
    taken: dict[int, Fused] = {}
    longest = max(map(len, rankings), default=0)
    lowest = float("inf")
    for place in range(longest):
        for ranking in rankings:
            if place < len(ranking) and ranking[place].number not in taken:
                item = ranking[place]
                lowest = min(lowest, item.score)
                taken[item.number] = item._replace(score=lowest)
    return list(taken.values())
