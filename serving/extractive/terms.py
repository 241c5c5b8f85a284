"""What two texts can share: word stems in Latin scripts, pairs of neighbouring characters in Chinese.

Pairs need no dictionary, and they also find what a word list would cut wrongly.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from kb.text.folding import fold, fold_with_offsets

# A number with its points and commas, a word, or one Chinese character.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_\u3400-\u9fff]+|[\u3400-\u9fff]")

# Words that say nothing about what is asked for. Question words are among them: questions.py reads those.
_EMPTY_WORDS = frozenset(
    """a an the of in on at to for from by with as and or but nor than then that this these those it its he she they
    them his her their we our us you your i me my is are was were be been being am do does did done has have had having
    can could may might shall should will would must no not what which who whom whose when where why how many much
    there here also into onto upon about after before during over under between among through such so if s t
    some any all each other another one ones up out off only own same very just""".split()  # noqa: SIM905
)
# Words that a question on anything may hold: they count, but little.
_WEAK_WORDS = frozenset(
    """name named call known type kind sort use make made mani people first part year time number find found happen
    give given becom get got go went come came say said new old main includ most more term word way thing like often
    usual long larg refer mean someon someth person amount date place countri citi""".split()  # noqa: SIM905
)
_EMPTY_CHARACTERS = frozenset(
    "的了是在有和与及或也都而被把为以于之其这那此该个些么什谁哪何多少几吗呢吧啊请问怎样如由从到对等所会能可要将则"
)
# Words that people shorten when they ask, and documents write out.
_WRITTEN_OUT = {
    "exam": "examination", "lab": "laboratory", "info": "information", "admin": "administration", "max": "maximum",
    "prof": "professor", "uni": "university", "dept": "department", "phone": "telephone", "bike": "bicycle",
    "math": "mathematics", "maths": "mathematics", "memo": "memorandum", "fridge": "refrigerator", "flu": "influenza",
    "gym": "gymnasium", "advert": "advertisement", "approx": "approximately",
}  # fmt: skip
_LOOSE_LETTERS = 5  # invent-or and invent-ion agree in five letters; four would join "inter-est" and "inter-nal"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one text.

    `sequence` is in reading order; `exact` is its set; `pairs` are neighbours in it; `loose` are beginnings of words
    and single Chinese characters, which also agree where the form of a word differs.
    """

    sequence: tuple[str, ...]
    exact: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    loose: frozenset[str]


_OF_THREAD = threading.local()


def _stemmer() -> Callable[[str], str]:
    """The thread's own: a stemmer must not be shared."""
    from Stemmer import Stemmer  # type: ignore[import-not-found]  # has no types

    if not hasattr(_OF_THREAD, "stem"):
        _OF_THREAD.stem = Stemmer("english").stemWord
    stem: Callable[[str], str] = _OF_THREAD.stem
    return stem


@lru_cache(maxsize=50_000)  # words repeat, and a look-up costs a tenth of stemming
def stem_of(word: str) -> str:
    """The stem of a folded word or number; "" for an empty word."""
    if word in _EMPTY_WORDS:
        return ""
    if word[0].isdigit():
        return word.replace(",", "")
    return _stemmer()(_WRITTEN_OUT.get(word) or _WRITTEN_OUT.get(word.removesuffix("s"), word))


@lru_cache(maxsize=4096)  # the passages that many questions find are read again for each; some 10 MB when full
def read_terms(text: str) -> Terms:
    """The terms of `text`, which is folded first, so that case, accents and Chinese script do not matter."""
    sequence: list[str] = []
    loose: set[str] = set()
    previous, previous_end = "", -1
    for match in _TOKEN.finditer(fold(text)):
        token = match[0]
        if "\u3400" <= token[0] <= "\u9fff":
            if token in _EMPTY_CHARACTERS:
                previous = ""
                continue
            loose.add(token)
            if previous and previous_end == match.start():
                sequence.append(previous + token)
            previous, previous_end = token, match.end()
        elif stem := stem_of(token):
            sequence.append(stem)
            loose.add(beginning_of(stem))
    return Terms(tuple(sequence), frozenset(sequence), frozenset(pairwise(sequence)), frozenset(loose))


def beginning_of(term: str) -> str:
    """What a term shares with other forms of its word; the term itself where it is shorter, or in Chinese."""
    return term[:_LOOSE_LETTERS]


def is_weak(term: str) -> bool:
    """Whether the term is one that a question on anything may hold."""
    return term in _WEAK_WORDS


def words_of(text: str, terms: frozenset[str]) -> tuple[str, ...]:
    """The words of `text`, as written there and in its order, that gave `terms`; Chinese runs are joined."""
    return tuple(dict.fromkeys(text[start:end] for start, end in places_of(text, terms)))


def places_of(text: str, terms: frozenset[str]) -> list[tuple[int, int]]:
    """Where the words of `text` stand that gave `terms`, in order; Chinese runs are joined."""
    folded, offsets = fold_with_offsets(text)
    offsets.append(len(text))
    spans: list[tuple[int, int]] = []
    previous = None
    for match in _TOKEN.finditer(folded):
        token = match[0]
        if not "\u3400" <= token[0] <= "\u9fff":
            if stem_of(token) in terms:
                spans.append(match.span())
        elif previous and previous.end() == match.start() and previous[0] + token in terms:
            joins = bool(spans) and spans[-1][1] >= match.start()
            spans[-1:] = [(spans[-1][0], match.end())] if joins else [*spans[-1:], (previous.start(), match.end())]
        previous = match
    return [(offsets[start], offsets[end - 1] + 1) for start, end in spans]
