"""What sets passages apart for a question: one number for each passage and kind of evidence.

All are shares of what could be had, mostly between 0 and 1, so that one set of weights serves short and long questions.
"""

from __future__ import annotations

import numpy as np

from retriever.evidence.matches import Asked, Floats, Matches
from retriever.evidence.words import Numbers

_SATURATION = 2.0  # BM25's k1: repetitions count for longer than at tantivy's 1.2, which the fused score has already
_NORMALISATION = 0.75  # BM25's b
_SENTENCE = 25.0  # words of a usual sentence
_RANK_DAMPING = 10.0  # how fast a place in a ranking loses worth


def feature_table(asked: Asked, dense: Floats, body: Matches, place: Matches) -> dict[str, Floats]:
    """Every feature by name, each of shape (passages,).

    Args:
        asked: the question.
        dense: the passages' cosines to the question.
        body: the asked words in the passages' texts.
        place: the asked words in their titles and headings.
    """
    counts = _counts(asked, body)
    titled = _counts(asked, place)
    return (
        _nearest(dense)
        | _coverage(asked, counts, titled, place)
        | _pairs(asked, body)
        | _sentences(asked, body)
        | {"frequent": _frequency(asked, counts, titled, body), "length": np.log1p(body.lengths)}
    )


def _counts(asked: Asked, matches: Matches) -> Floats:
    """Shape (texts, asked words)."""
    width = len(asked.numbers)
    flat = np.bincount(matches.texts * width + matches.asked, minlength=matches.size * width)
    return flat.reshape(matches.size, width).astype(np.float64)


def _nearest(dense: Floats) -> dict[str, Floats]:
    """How a passage's vector stands among the others', whatever range the model's cosines have."""
    ranks = np.empty(len(dense))
    ranks[np.argsort(-dense, kind="stable")] = np.arange(len(dense))
    return {
        "dense rank": _RANK_DAMPING / (_RANK_DAMPING + ranks),
        "dense spread": 0.1 * (dense - dense.mean()) / (dense.std() or 1.0),
    }


def _coverage(asked: Asked, counts: Floats, titled: Floats, place: Matches) -> dict[str, Floats]:
    rarity = asked.rarity
    somewhere = (counts > 0) | (titled > 0)
    squares = rarity**2
    return {
        "covered": somewhere @ squares / squares.sum(),
        "all words": (counts > 0).all(axis=1).astype(np.float64),
        "covered by title": (titled > 0) @ rarity / rarity.sum(),
        "title covered": np.bincount(place.texts, minlength=place.size) / np.maximum(place.lengths, 1),
    }


def _frequency(asked: Asked, counts: Floats, titled: Floats, body: Matches) -> Floats:
    """BM25 of text and title as a share of its bound, with repetitions counting longer than in the index."""
    both = counts + (titled > 0)
    limit = _SATURATION * (1 - _NORMALISATION + _NORMALISATION * body.lengths / max(float(body.lengths.mean()), 1.0))
    share: Floats = both / (both + limit[:, None]) @ asked.rarity / asked.rarity.sum()
    return share


def _pairs(asked: Asked, body: Matches) -> dict[str, Floats]:
    """Words that stand side by side as in the question."""
    width = len(asked.pair_rarity)
    begins = np.flatnonzero(body.pairs >= 0)
    if width == 0 or len(begins) == 0:
        nothing = np.zeros(body.size)
        return {"pairs": nothing, "triples": nothing}
    texts, which = body.texts[begins], body.pairs[begins]
    present = np.zeros((body.size, width))
    present[texts, which] = 1.0
    follows = np.flatnonzero((np.diff(begins) == 1) & (texts[1:] == texts[:-1]))
    triples = np.unique((texts[follows] * width + which[follows]) * width + which[follows + 1]) // width**2
    return {
        "pairs": present @ asked.pair_rarity / asked.pair_rarity.sum(),
        "triples": np.bincount(triples, minlength=body.size) / max(asked.triples, 1),
    }


def _sentences(asked: Asked, body: Matches) -> dict[str, Floats]:
    """What the best sentence of each passage has of the question, and the same where the words stand close together."""
    if len(body.texts) == 0:
        nothing = np.zeros(body.size)
        return {"sentence": nothing, "tight sentence": nothing}
    first = np.flatnonzero(np.diff(body.sentences, prepend=-1))
    texts = body.texts[first]
    which = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(body.sentences))))
    present = np.zeros((len(first), len(asked.numbers)))
    present[which, body.asked] = 1.0
    covered = present @ asked.rarity / asked.rarity.sum()
    last = np.append(first[1:], len(body.texts)) - 1
    spans = body.places[last] - body.places[first] + 1
    return {
        "sentence": _best(covered, texts, body.size),
        "tight sentence": _best(covered / (0.5 + 0.5 * spans / _SENTENCE), texts, body.size),
    }


def _best(values: Floats, texts: Numbers, count: int) -> Floats:
    """The highest of each text's values; `texts` are ascending."""
    best = np.zeros(count)
    firsts = np.flatnonzero(np.diff(texts, prepend=-1))
    best[texts[firsts]] = np.maximum.reduceat(values, firsts)
    return best
