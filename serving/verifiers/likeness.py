"""How like the words it cites a sentence is: in words, in letters, in meaning, and in what it says of more and less.

Only English is read: the packaged model of English gives the cosines, and every word list is English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.ports import Vectors
from kb.text.folding import fold
from kb.text.numerals import canonical_numerals
from kb.text.sentences import split_sentences
from serving.extractive.terms import is_weak, read_terms

LIKENESS_NAMES = (
    "words",  # share of the sentence's terms that the quotes hold, weak ones counting less
    "letters",  # share of its runs of four letters that they hold: also inflected and compound words
    "meaning",  # length, 0 to 1, of its vector's projection onto those of the nearest cited sentences
    "turned",  # 1 where the one goes up and the other down: increases, reduces
)
Values = NDArray[np.float64]

_NEAREST = (
    3  # cited sentences that are embedded: with 8 or all, no set of human judgements is told better (decision 14)
)
_LETTERS = 4
_WEAK_WEIGHT = 0.3  # as in the verifier by words
_NO_LETTERS = re.compile(r"[\W_]+")
_UP = re.compile(
    r"\b(?:increas|higher|more|greater|rais|elevat|enhanc|promot|improv|upregul|induc|activat|stimul|gain)\w*"
)
_DOWN = re.compile(
    r"\b(?:decreas|lower|less|fewer|reduc|diminish|impair|inhibit|suppress|downregul|prevent|loss|declin|attenuat"
    r"|block)\w*"
)


class Likeness(NamedTuple):
    """`values` in the order of LIKENESS_NAMES, and the cited sentence nearest in meaning."""

    values: Values
    nearest: str


def measure_likeness(
    pairs: Sequence[tuple[str, Sequence[str]]], vectors_of: Callable[[Sequence[str]], Vectors]
) -> list[Likeness]:
    """The likeness of each sentence to the quotes beside it, which hold at least one word.

    Args:
        pairs: sentences, each with its quotes.
        vectors_of: gives unit vectors, shape (texts, dimension); asked once, for all texts of all pairs.
    """
    compared = [(sentence, quotes, _closest_in_words(sentence, quotes)) for sentence, quotes in pairs]
    texts = list(dict.fromkeys(text for sentence, _, closest in compared for text in (sentence, *closest)))
    place = {text: number for number, text in enumerate(texts)}
    vectors = vectors_of(texts)
    return [
        _likeness(sentence, quotes, closest, vectors[place[sentence]], vectors[[place[text] for text in closest]])
        for sentence, quotes, closest in compared
    ]


def _closest_in_words(sentence: str, quotes: Sequence[str]) -> list[str]:
    """The cited sentences that share most words with the sentence, best first."""
    wanted = _terms(sentence)
    cited = [text for quote in quotes for start, end in split_sentences(quote) if (text := quote[start:end].strip())]
    return sorted(dict.fromkeys(cited), key=lambda text: -_weight(wanted & _terms(text)))[:_NEAREST]


def _likeness(
    sentence: str, quotes: Sequence[str], closest: Sequence[str], vector: Vectors, cited: Vectors
) -> Likeness:
    together = "\n".join(quotes)
    wanted, letters = _terms(sentence), _runs(sentence)
    nearest = closest[int(np.argmax(cited @ vector))]
    said, beside = fold(sentence), fold(nearest)
    return Likeness(
        np.array(
            [
                _weight(wanted & _terms(together)) / (_weight(wanted) or 1.0),
                len(letters & _runs(together)) / (len(letters) or 1),
                _projection(vector, cited),
                _turns(said, beside) or _turns(beside, said),
            ],
            dtype=np.float64,
        ),
        nearest,
    )


def _projection(vector: Vectors, cited: Vectors) -> float:
    """How much of the vector the cited ones make up together: a sentence may join what two of them say."""
    shares, *_ = np.linalg.lstsq(cited.T, vector, rcond=None)
    return float(np.linalg.norm(cited.T @ shares))


def _turns(first: str, second: str) -> bool:
    """Whether the first only goes up and the second only down."""
    up, down = bool(_UP.search(first)), bool(_DOWN.search(first))
    return up and not down and bool(_DOWN.search(second)) and not _UP.search(second)


def _terms(text: str) -> frozenset[str]:
    return read_terms(canonical_numerals(text)).exact


def _weight(terms: frozenset[str]) -> float:
    return sum(_WEAK_WEIGHT if is_weak(term) else 1.0 for term in terms)


def _runs(text: str) -> set[str]:
    letters = _NO_LETTERS.sub(" ", fold(text))
    return {letters[start : start + _LETTERS] for start in range(len(letters) - _LETTERS + 1)}
