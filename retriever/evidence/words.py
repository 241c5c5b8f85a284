"""The words of many short texts as numbers, read at once with numpy: a hundred passages in about a millisecond.

The words are those of the lexical index in the order of the text: stems of English words, single Chinese characters;
function words are left out. Two texts share a word where they share its number.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.text.folding import fold
from kb.text.tokens import UNSPACED, asked_text, ordered_words, word_stem

Numbers = NDArray[np.int64]

# What a character is. Whatever separates words is a gap.
_GAP, _STOP, _DOT, _LETTER, _CHARACTER = range(1, 6)
_STOPS = frozenset("。！？；\n\x00")  # end a sentence
_DOTS = frozenset(".!?")  # end a sentence where white space follows

_CODES = 0x32000  # code points with a place in the table: all that are assigned but a few marks; the others are gaps
_SLOT_BITS = (
    18  # so many words are remembered, some ten times the vocabulary of a collection: 2 MB, near a core's cache
)
_AT_ONCE = 4  # characters of 16 bits in a number of 64
_PIECES = 5  # a word is told from others by its first 20 characters and its length
STEMS = 1 << 32  # numbers of stems begin here, above every character's, and end below twice that
_STEM_BITS = np.uint64(33)
_STEM = np.uint64((1 << 33) - 1)
_CHECK = np.uint64((1 << 31) - 1)  # of a word's key, kept with its stem; with the slot's bits, 48 tell words apart
_FACTORS = np.array([pow(0x9E3779B97F4A7C15, n + 1, 1 << 64) for n in range(_PIECES + 1)], np.uint64)
_MASKS = np.array([(1 << 16 * n) - 1 for n in range(_AT_ONCE + 1)], np.uint64)  # keep the first n characters


class Words(NamedTuple):
    """The words of some texts, one behind the other."""

    numbers: Numbers  # which word
    texts: Numbers  # of which text, ascending
    places: Numbers  # how many words of its text stand before it
    sentences: Numbers  # which sentence, counted through all texts
    lengths: Numbers  # of each text, in words


class WordReader:
    """Reads words. What it learns about characters and words is kept; any number of threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._characters = np.zeros(_CODES, np.uint32)  # the folded character and, from bit 24 on, its kind
        self._words = np.zeros(1 << _SLOT_BITS, np.uint64)  # by slot: part of the word's key, then its stem's number

    def read(self, texts: Sequence[str]) -> Words:
        """The words of `texts`. Half characters (lone surrogates) are gaps."""
        joined = "\x00".join(texts) + "\x00"
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        codes = np.where(codes < _CODES, codes, ord(" ")) if codes.max() >= _CODES else codes
        with self._lock:
            characters = self._characters_of(codes)
            kinds = (characters >> 24).astype(np.uint8)
            heads, numbers = self._stems_of(joined, characters, kinds == _LETTER)
        single = np.flatnonzero(kinds == _CHARACTER)
        if len(single):
            heads = np.concatenate((heads, single))
            order = np.argsort(heads, kind="stable")
            heads = heads[order]
            numbers = np.concatenate((numbers, characters[single] & 0xFFFFFF))[order]
        text_ends = np.cumsum([len(text) + 1 for text in texts]) - 1
        return _words(heads, numbers, text_ends, _sentence_ends(kinds))

    def _characters_of(self, codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        characters = self._characters[codes]
        if characters.all():
            return characters
        for code in np.unique(codes[characters == 0]).tolist():
            folded = fold(chr(code)) if not 0xD800 <= code < 0xE000 else " "
            same = len(folded) != 1 or ord(folded) >= _CODES  # ﬃ stays one letter
            self._characters[code] = (code if same else ord(folded)) | _kind(chr(code), folded) << 24
        return self._characters[codes]

    def _stems_of(
        self, joined: str, characters: NDArray[np.uint32], letters: NDArray[np.bool_]
    ) -> tuple[Numbers, Numbers]:
        """Where the words begin and the numbers of their stems, function words left out."""
        edges = np.flatnonzero(np.diff(letters, prepend=False, append=False))
        heads, ends = edges[::2], edges[1::2]
        if len(heads) == 0:
            return heads, heads
        keys = _word_keys(characters, heads, ends - heads)
        slots = (keys >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
        checks = keys & _CHECK | np.uint64(1)  # 0 is an empty slot's
        known = self._words[slots]
        stems = (known & _STEM).astype(np.int64)
        missing = np.flatnonzero(known >> _STEM_BITS != checks)
        if len(missing):
            _, where, back = np.unique(keys[missing], return_index=True, return_inverse=True)
            firsts = missing[where]
            words = [joined[heads[index] : ends[index]] for index in firsts.tolist()]
            found = np.array([_stem_number(word) for word in words], np.int64)
            stems[missing] = found[back]
            self._words[slots[firsts]] = checks[firsts] << _STEM_BITS | found.astype(np.uint64)
        standing = stems != 0
        return heads[standing], stems[standing]


def _word_keys(characters: NDArray[np.uint32], heads: Numbers, lengths: Numbers) -> NDArray[np.uint64]:
    """A number for each word, from its characters four at a time."""
    short = np.zeros(len(characters) + _AT_ONCE * _PIECES, np.uint16)
    short[: len(characters)] = characters  # the low 16 bits
    windows = np.ndarray(len(short) - _AT_ONCE + 1, np.uint64, short, strides=(2,))
    keys: NDArray[np.uint64] = lengths.astype(np.uint64) * _FACTORS[-1]
    rest = np.arange(len(heads))
    for piece in range(_PIECES):
        there = lengths[rest] - _AT_ONCE * piece
        window = windows[heads[rest] + _AT_ONCE * piece] & _MASKS[np.minimum(there, _AT_ONCE)]
        keys[rest] += window * _FACTORS[piece]
        rest = rest[there > _AT_ONCE]
    keys ^= keys >> np.uint64(29)
    keys *= _FACTORS[0]
    return keys


def _sentence_ends(kinds: NDArray[np.uint8]) -> Numbers:
    dots = np.flatnonzero(kinds == _DOT)
    after = kinds[np.minimum(dots + 1, len(kinds) - 1)]
    return np.sort(np.concatenate((np.flatnonzero(kinds == _STOP), dots[(after == _GAP) | (after == _STOP)])))


def _words(heads: Numbers, numbers: Numbers, text_ends: Numbers, sentence_ends: Numbers) -> Words:
    lengths = np.diff(np.searchsorted(heads, text_ends), prepend=0)
    texts = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    places = np.arange(len(heads)) - np.repeat(before, lengths)
    in_sentence = np.diff(np.searchsorted(heads, sentence_ends), prepend=0)
    return Words(numbers, texts, places, np.repeat(np.arange(len(in_sentence)), in_sentence), lengths)


def question_words(question: str) -> list[tuple[str, int]]:
    """A question's words in order with their numbers, less what only phrases it; "" and 0 where a clause ends."""
    found: list[tuple[str, int]] = []
    for word in ordered_words(asked_text(question)):
        number = 0 if not word else ord(word) if UNSPACED.fullmatch(word) else _number_of(word)
        found.append((word, number))
    return found


def _kind(character: str, folded: str) -> int:
    if character in _STOPS:
        return _STOP
    if character in _DOTS:
        return _DOT
    if UNSPACED.match(folded):
        return _CHARACTER
    return _LETTER if folded.isalnum() else _GAP


def _stem_number(word: str) -> int:
    stem = word_stem(fold(word))
    return _number_of(stem) if stem else 0


def _number_of(stem: str) -> int:
    return STEMS + zlib.crc32(stem.encode())
