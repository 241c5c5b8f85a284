"""One ranking from two: a weighted sum of comparable scores.

A convex combination of normalised scores finds more than reciprocal rank fusion and needs one number (Bruch, Gai and
Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 2023); measured here the same, by .01 to .05
nDCG@10 (docs/decisions/0003-lexical-and-fusion.md). BM25 is divided by its best score for the question; the cosine
similarity is taken as it is, which makes the dense ranking count only as far as it tells passages apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from kb.records import EmbeddingSpace

# Share of the dense score. The mean over ten English sets is flat between .6 and .8 (.704, .707, .708, .708, .707).
_DENSE_WEIGHT = 0.65

# The same for Chinese questions to a model that knows only English. To it, Chinese is characters without meaning, which
# still tell a passage about the same thing from others, a little: best at .2 on seven Chinese sets.
_UNREAD_WEIGHT = 0.2

# The same where question and passages are in different languages: best at .9 on both cross-lingual sets (.340 → .427
# and .402 → .622, docs/decisions/0006-chinese-static-embedding.md).
_ACROSS_LANGUAGES = 0.9

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_LETTER = re.compile(r"[^\W\d_]+")

# Names of sentence-transformers models that were trained on English alone.
_ENGLISH_ONLY = re.compile(
    r"^(?!.*multilingual)"
    r".*(?:all-minilm|all-mpnet|all-distilroberta|multi-qa|msmarco|gtr-t5|packaged|[-_]en\b)",
    re.IGNORECASE,
)


class Fused(NamedTuple):
    """A passage number with its scores; None where a search did not see it."""

    number: int
    score: float
    dense: float | None
    lexical: float | None


def fuse(lexical: Mapping[int, float], dense: Mapping[int, float], dense_weight: float) -> list[Fused]:
    """Every passage that either search found, best first; equal scores in the order of the numbers.

    Args:
        lexical: BM25 by number.
        dense: cosine similarity by number.
        dense_weight: 0 to 1.
    """
    best = max(lexical.values(), default=0.0) or 1.0
    fused = [
        Fused(
            number,
            (1 - dense_weight) * lexical.get(number, 0.0) / best + dense_weight * max(dense.get(number, 0.0), 0.0),
            dense.get(number),
            lexical.get(number),
        )
        for number in lexical.keys() | dense.keys()
    ]
    return sorted(fused, key=lambda item: (-item.score, item.number))


def dense_weight(question: str, space: EmbeddingSpace, readable: float = 1.0) -> float:
    """How much the dense score counts.

    More, the fewer passages share the question's script, since words that two languages share agree by chance. Less,
    the more of the question is Chinese where the model does not know it.

    Args:
        question: what is asked.
        space: of the vectors.
        readable: the share of passages in the question's script, 0 to 1.
    """
    if reads_chinese(space):
        return readable * _DENSE_WEIGHT + (1 - readable) * _ACROSS_LANGUAGES
    unread = chinese_share(question)
    return unread * _UNREAD_WEIGHT + (1 - unread) * _DENSE_WEIGHT


def reads_chinese(space: EmbeddingSpace) -> bool:
    """Whether vectors of Chinese texts mean anything in this space, as far as its model's name tells."""
    return not _ENGLISH_ONLY.search(space.model)


def chinese_share(text: str) -> float:
    """Chinese characters as a share of Chinese characters and other words; 0 for a text without either."""
    han = len(_HAN.findall(text))
    words = len(_LETTER.findall(_HAN.sub(" ", text)))
    return han / (han + words) if han else 0.0
