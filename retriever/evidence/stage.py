"""The second look at the best passages: their fused scores and the evidence of their words, weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kb.catalog import IndexedText
from retriever.evidence.features import feature_table
from retriever.evidence.matches import Floats, Frequency, find, read_question, split
from retriever.evidence.weights import CHINESE_WEIGHTS, LATIN_WEIGHTS, UNREAD_CHINESE_WEIGHTS
from retriever.evidence.words import WordReader, question_words
from retriever.fusion import Fused, chinese_share

# Passages that are looked at: the mean nDCG@10 over all sets is the same for 30, 50, 70 and 100 of them, not the cost.
LOOKED_AT = 30

# Share of what a passage gains by other expressions for the question's words. At 1, medquad-en gains .108 on the
# questions that have some, scifact-en loses .005; at .7, .090 and .003 (docs/decisions/0007-questions-and-passages.md).
_REWORDED = 0.7

_MOST_CHARACTERS = 3_000  # of a passage; the splitter makes them shorter, a table or a set of documents may not


class EvidenceStage:
    """Orders the best of a fused ranking anew by where and how the question's words stand in them."""

    def __init__(self) -> None:
        self._reader = WordReader()

    def reorder(
        self,
        question: str,
        ranked: Sequence[Fused],
        texts: Mapping[int, IndexedText],
        passages: int,
        frequency: Frequency,
        reworded: str = "",
        readable: float = 1.0,
        *,
        reads_chinese: bool = True,
    ) -> list[Fused]:
        """The ranking with the passages of `texts` at its top in a new order, the others after them.

        The best passage takes over the best fused score, the second one the second, and so on: what a score means to
        those who compare it stays as it is.

        Args:
            question: what is asked.
            ranked: the fused ranking.
            texts: the passages to look at, by number.
            passages: how many the collection has.
            frequency: in how many of them a token stands.
            reworded: the question with other expressions for its words; a passage that has more of those gains most of
                what it would gain if that had been asked.
            readable: the share of passages in the question's script; of the others its words are no evidence.
            reads_chinese: whether the vectors of Chinese texts mean anything.
        """
        seen = [item for item in ranked if item.number in texts]
        features = self.features(question, seen, [texts[item.number] for item in seen], passages, frequency)
        if not features:
            return list(ranked)
        fused = np.array([item.score for item in seen])
        weights = {
            name: readable * weight for name, weight in weights_for(question, reads_chinese=reads_chinese).items()
        }
        total = weighed(fused, features, weights)
        read = [texts[item.number] for item in seen]
        if reworded and (other := self.features(reworded, seen, read, passages, frequency)):
            total += _REWORDED * np.maximum(weighed(fused, other, weights) - total, 0.0)
        order = np.argsort(-total, kind="stable")
        again = [seen[place]._replace(score=item.score) for place, item in zip(order.tolist(), seen, strict=True)]
        return again + [item for item in ranked if item.number not in texts]

    def features(
        self,
        question: str,
        seen: Sequence[Fused],
        texts: Sequence[IndexedText],
        passages: int,
        frequency: Frequency,
    ) -> dict[str, Floats]:
        """Every feature of the passages; none where the question has no words or nothing was found."""
        words = question_words(question)
        if not seen or not any(number for _, number in words):
            return {}
        asked = read_question(words, passages, frequency)
        bodies = [item.text[:_MOST_CHARACTERS] for item in texts]
        names = [" ; ".join((item.title, *item.headings)) for item in texts]
        body, place = split(find(asked, self._reader.read(bodies + names)), len(texts))
        return feature_table(asked, np.array([item.dense or 0.0 for item in seen]), body, place)


def weighed(scores: Floats, features: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """The fused scores plus each feature times its weight."""
    total = scores.astype(np.float64)
    for name, weight in weights.items():
        total = total + weight * features[name]
    return total


def weights_for(question: str, *, reads_chinese: bool) -> dict[str, float]:
    """By what the question is written in; between the two for a mixed one."""
    chinese = chinese_share(question)
    table = CHINESE_WEIGHTS if reads_chinese else UNREAD_CHINESE_WEIGHTS
    names = LATIN_WEIGHTS.keys() | table.keys()
    return {name: (1 - chinese) * LATIN_WEIGHTS.get(name, 0.0) + chinese * table.get(name, 0.0) for name in names}
