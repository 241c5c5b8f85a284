"""Where a question's words stand in some texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retriever.evidence.words import STEMS, Numbers, Words

Floats = NDArray[np.float64]
Frequency = Callable[[str], int]  # in how many passages a token of the lexical index stands

_MOST_WORDS = 64  # of a question; longer ones are letters to a doctor, whose first sentences say what they are about


class Asked(NamedTuple):
    """A question's distinct words and neighbouring pairs of them, with their rarity.

    `numbers` are ascending; all else is in their order. `pairs[a, b]` is the place of the pair "a b" in `pair_rarity`,
    -1 where the question does not have it. `triples` counts its runs of three words.
    """

    numbers: Numbers
    rarity: Floats
    pairs: Numbers
    pair_rarity: Floats
    triples: int


class Matches(NamedTuple):
    """Every occurrence of an asked word in `size` texts, in the order of the texts."""

    size: int
    texts: Numbers  # of which text
    asked: Numbers  # which of the question's words
    places: Numbers  # how many words of its text stand before it
    sentences: Numbers
    pairs: Numbers  # which asked pair begins here, -1 for none; shape as `texts`
    lengths: Numbers  # of each text, in words


def read_question(words: Sequence[tuple[str, int]], passages: int, frequency: Frequency) -> Asked:
    """What is asked, from the question's words in order (each with its number; "" and 0 where a clause ends).

    Rarity is BM25's: ln(1 + (N - n + 0.5) / (n + 0.5)) (Robertson and Zaragoza 2009, equation 3.4, kept positive). A
    pair of Chinese characters is a token and has its own; any other pair has the mean of its words' rarity.
    """
    words = words[:_MOST_WORDS]
    tokens = dict(sorted({number: token for token, number in words if number}.items()))
    index = {number: place for place, number in enumerate(tokens)}

    def rarity_of(token: str) -> float:
        found = frequency(token)
        return math.log(1 + (max(passages - found, 0) + 0.5) / (found + 0.5))

    rarity = [rarity_of(token) for token in tokens.values()]
    pairs = np.full((len(tokens), len(tokens)), -1, np.int64)
    pair_rarity: list[float] = []
    triples = 0
    for place, ((token, number), (next_token, next_number)) in enumerate(pairwise(words)):
        if not number or not next_number:
            continue
        triples += place > 0 and words[place - 1][1] != 0
        first, second = index[number], index[next_number]
        if pairs[first, second] < 0:
            pairs[first, second] = len(pair_rarity)
            both_characters = max(number, next_number) < STEMS
            pair_rarity.append(
                rarity_of(token + next_token) if both_characters else (rarity[first] + rarity[second]) / 2
            )
    return Asked(np.array(list(tokens), np.int64), np.array(rarity), pairs, np.array(pair_rarity), triples)


def find(asked: Asked, words: Words) -> Matches:
    """The occurrences of the asked words."""
    nearest = np.minimum(np.searchsorted(asked.numbers, words.numbers), len(asked.numbers) - 1)
    found = np.flatnonzero(asked.numbers[nearest] == words.numbers)
    texts, which, places = words.texts[found], nearest[found], words.places[found]
    sentences = words.sentences[found]
    pairs = np.full(len(found), -1, np.int64)
    if len(found) > 1:
        adjacent = (sentences[1:] == sentences[:-1]) & (places[1:] == places[:-1] + 1) & (texts[1:] == texts[:-1])
        pairs[:-1] = np.where(adjacent, asked.pairs[which[:-1], which[1:]], -1)
    return Matches(len(words.lengths), texts, which, places, sentences, pairs, words.lengths)


def split(matches: Matches, size: int) -> tuple[Matches, Matches]:
    """The matches of the first `size` texts and those of the others, whose texts then count from 0."""
    border = int(np.searchsorted(matches.texts, size))
    _, texts, asked, places, sentences, pairs, lengths = matches
    return (
        Matches(
            size, texts[:border], asked[:border], places[:border], sentences[:border], pairs[:border], lengths[:size]
        ),
        Matches(
            matches.size - size,
            texts[border:] - size,
            asked[border:],
            places[border:],
            sentences[border:],
            pairs[border:],
            lengths[size:],
        ),
    )
