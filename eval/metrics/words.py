"""The words that text metrics count: Latin words and numbers whole, Chinese by character, all folded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kb.text.folding import fold, simplified_characters

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"

_WORDS = re.compile(f"[{HAN}]|[^\\W_{HAN}]+")
_IS_HAN = re.compile(f"[{HAN}]")
_LETTERS_FOR_ONE = 3  # a Chinese character stands for some three letters


def words_of(text: str) -> list[str]:
    """The words of `text`, without case and accents, Chinese characters in their simplified form."""
    return _WORDS.findall(fold(text))


def is_chinese(*texts: str) -> bool:
    """Whether Chinese outweighs Latin writing in the texts together."""
    written = "".join(texts)
    han = len(_IS_HAN.findall(written))
    latin = sum(character.isascii() and character.isalpha() for character in written)
    return han * _LETTERS_FOR_ONE > latin


def simplified(text: str) -> str:
    """`text` with each traditional Chinese character in its simplified form, and nothing else changed."""
    return text if text.isascii() else text.translate(_simplified_table())


@cache
def _simplified_table() -> dict[int, str]:
    return {ord(traditional): plain for traditional, plain in simplified_characters().items()}


def shared_in_order(left: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest common subsequence, by Crochemore et al.'s bit-parallel rule (2001).

    Bit i of `open_places` is 0 where a longest common subsequence of `left[: i + 1]` and what was read of `right` ends
    at place i: one addition moves all of them at once.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << place
    everything = (1 << len(left)) - 1
    open_places = everything
    for word in right:
        met = open_places & places.get(word, 0)
        open_places = (open_places + met | open_places - met) & everything
    return len(left) - open_places.bit_count()
