"""Text folded for comparing: what looks different but reads the same becomes the same.

Folding a text means, in this order: canonical composition, then for each character compatibility decomposition
(full-width forms, ligatures, circled digits), accents off, case folded, Chinese characters to their simplified form. It
is meant for search tokens and for finding a quote; what a person reads is never folded.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from kb.errors import MissingPartError

_ASCII_RUNS = re.compile(r"([\x00-\x7f]+)")

# Latin letters that Unicode does not take apart into a letter and an accent.
_STROKED_LETTERS = dict(ø="o", ł="l", đ="d", ħ="h", ŧ="t", ð="d", þ="th", æ="ae", œ="oe", ı="i")  # noqa: C408

# Pronouns that mainland China does not tell apart. 著 stays: as 着 it would tear 著作权 from the word lists.
_MORE_VARIANTS = {"妳": "你", "牠": "它", "祂": "他"}


def fold(text: str) -> str:
    """The form of `text` to compare. Its length may differ; folding it again changes nothing."""
    if text.isascii():
        return text.lower()
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    table = _fold_table()
    runs = _ASCII_RUNS.split(text)  # ASCII and the rest in turns: the table is slow where it is not needed
    folded = "".join([run.lower() if run.isascii() else run.translate(table) for run in runs])
    return folded if unicodedata.is_normalized("NFC", folded) else fold(folded)  # か and a half-width ﾞ now make が


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Folds `text` and says where each folded character comes from.

    Returns:
        The same string as `fold(text)`, and for each of its characters the offset in `text` of the character (or of the
        first of the combining characters) that it was made from. The offsets never go down.
    """
    if text.isascii():
        return text.lower(), list(range(len(text)))
    if not unicodedata.is_normalized("NFC", text):
        return _fold_clusters(text)
    table = _fold_table()
    pieces: list[str] = []
    offsets: list[int] = []
    start = 0
    for run in _ASCII_RUNS.split(text):
        end = start + len(run)
        folded = run.lower() if run.isascii() else run.translate(table)
        pieces.append(folded)
        if run.isascii() or table.resized.isdisjoint(run):
            offsets.extend(range(start, end))
        else:
            offsets.extend(offset for offset in range(start, end) for _ in table[ord(text[offset])])
        start = end
    return _composed("".join(pieces), offsets)


def _composed(folded: str, offsets: list[int]) -> tuple[str, list[int]]:
    """Folds once more what folding has made composable."""
    if unicodedata.is_normalized("NFC", folded):
        return folded, offsets
    again, inner = fold_with_offsets(folded)
    return again, [offsets[index] for index in inner]


def _fold_clusters(text: str) -> tuple[str, list[int]]:
    """`fold_with_offsets` for text in which characters are still to be composed."""
    starts = _cluster_starts(text)
    ends = [*starts[1:], len(text)]
    pieces = [fold(text[start:end]) for start, end in zip(starts, ends, strict=True)]
    return _composed("".join(pieces), [start for start, piece in zip(starts, pieces, strict=True) for _ in piece])


def _cluster_starts(text: str) -> list[int]:
    """Offsets at which a base character begins with all that may be composed with it."""
    return [index for index, character in enumerate(text) if index == 0 or not _joins_previous(character)]


def _joins_previous(character: str) -> bool:
    if character < "\u0300":
        return False
    is_hangul_vowel_or_final = "\u1160" <= character <= "\u11ff"
    return is_hangul_vowel_or_final or unicodedata.category(character)[0] == "M"


class _FoldTable(dict[int, str]):
    """From a code point to its folded text, filled as characters are met. `resized` became none or several."""

    def __init__(self) -> None:
        super().__init__()
        self.resized: set[str] = set()

    def __missing__(self, code: int) -> str:
        folded = chr(code)
        for _ in range(4):  # a folded form may itself be foldable: K (Kelvin) → K → k
            again = _fold_character_once(folded)
            if again == folded:
                break
            folded = again
        self[code] = folded
        if len(folded) != 1:
            self.resized.add(chr(code))
        return folded


@cache
def _fold_table() -> _FoldTable:
    return _FoldTable()


def _fold_character_once(text: str) -> str:
    simplified = simplified_characters()
    parts = []
    for character in unicodedata.normalize("NFKD", text).casefold():
        if "\u0300" <= character <= "\u036f":  # combining accents
            continue
        plain = _STROKED_LETTERS.get(character, character)
        parts.append(simplified.get(plain, plain))
    return unicodedata.normalize("NFC", "".join(parts))


@cache
def simplified_characters() -> dict[str, str]:
    """Traditional Chinese characters and their simplified form, one to one, from OpenCC's table (about 4,000)."""
    pairs = dict(_MORE_VARIANTS)
    for line in _dictionary_lines("TSCharacters.txt"):
        traditional, _, options = line.partition("\t")
        simplified = options.split(" ")[0]
        if simplified and simplified != traditional:
            pairs.setdefault(traditional, simplified)
    return pairs


@cache
def simplified_only() -> frozenset[str]:
    """Characters that a text in traditional Chinese does not contain: 们, 这, 说."""
    found = set()
    for line in _dictionary_lines("STCharacters.txt"):
        simplified, _, options = line.partition("\t")
        if simplified not in options:
            found.add(simplified)
    return frozenset(found)


@cache
def traditional_only() -> frozenset[str]:
    """Characters that a text in simplified Chinese does not contain: 們, 這, 說."""
    found = set()
    for line in _dictionary_lines("TSCharacters.txt"):
        traditional, _, options = line.partition("\t")
        if traditional not in options:
            found.add(traditional)
    return frozenset(found)


def _dictionary_lines(name: str) -> list[str]:
    # The file is read without importing the package: its converter needs far longer to load than this table.
    spec = find_spec("opencc")
    if spec is None or spec.origin is None:
        raise MissingPartError(
            "the table of Chinese characters is missing", advice="Install ibid again: pip install ibid"
        )
    return (Path(spec.origin).parent / "dictionary" / name).read_text(encoding="utf-8").splitlines()
