"""What a collection's documents call the same thing, looked up for a question."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kb.text.folding import fold
from retriever.questions.records import Expansion, Pair, PairKind

# An expression stands for what most passages say it does; where none of them is in the majority, for nothing. In one
# collection of abstracts AF is 200 times atrial fibrillation and three times something else.
_MAJORITY = {
    PairKind.INITIALS: 0.5,
    PairKind.TRANSLATION: 0.4,  # one Chinese term is cut out of its line in different lengths
    PairKind.SYNONYM: 0.5,
    PairKind.SHORTHAND: 0.9,  # "the Supplier" is another one in each contract
}
_MOST_WORDS = 8  # of an expression that is looked for
_MOST_CHARACTERS = 16  # the same for Chinese
_MOST_EXPANSIONS = 4  # for one question: more would drown it

_UNIT = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_IS_HAN = re.compile(r"[\u3400-\u9fff]")
_VOWEL = re.compile("[aeiouy]")


class _Meaning(NamedTuple):
    said: str  # the expression as written in the documents
    added: str
    kind: PairKind


class Glossary:
    """Expressions and what else the documents call them. Looking a question up takes some 20 microseconds.

    Args:
        counts: in how many passages each pair stands.
        chinese: whether documents are in Chinese, so that Chinese names are worth adding.
        latin: the same for documents in Latin script.
    """

    def __init__(self, counts: Mapping[Pair, int], *, chinese: bool = True, latin: bool = True) -> None:
        self._added_scripts = (latin, chinese)
        self._meanings: dict[str, list[_Meaning]] = {}
        keys = {text: _key(fold(text)) for pair in counts for text in (pair.short, pair.long)}
        for kind in PairKind:
            of_kind = {pair: count for pair, count in counts.items() if pair.kind is kind}
            if kind is not PairKind.SHORTHAND:  # what "the Supplier" is, the documents that say it know
                self._learn(kind, {(pair.short, pair.long): count for pair, count in of_kind.items()}, keys)
            self._learn(kind, {(pair.long, pair.short): count for pair, count in of_kind.items()}, keys)
        self._beginnings = frozenset(_beginning(key) for key in self._meanings)

    def __len__(self) -> int:
        return len(self._meanings)

    def expansions(self, question: str) -> list[Expansion]:
        """Other expressions for words of `question`, longest words first; none that it holds already."""
        if not self._meanings:
            return []
        folded = fold(question)
        holds = f" {_key(folded)} "
        found: dict[str, Expansion] = {}
        taken: list[tuple[int, int]] = []
        for start, end, key in _expressions(folded, self._beginnings):
            if key not in self._meanings or any(start < last and first < end for first, last in taken):
                continue
            for meaning in self._meanings[key]:
                if not self._is_worth_adding(meaning):
                    continue
                if _is_meant(meaning, question) and f" {_key(fold(meaning.added))} " not in holds:
                    taken.append((start, end))
                    found.setdefault(_key(fold(meaning.added)), Expansion(*meaning))
        return list(found.values())[:_MOST_EXPANSIONS]

    def _is_worth_adding(self, meaning: _Meaning) -> bool:
        """A name in the other script finds nothing where no document is written in it."""
        return meaning.kind is not PairKind.TRANSLATION or self._added_scripts[bool(_IS_HAN.search(meaning.added))]

    def _learn(self, kind: PairKind, counts: Mapping[tuple[str, str], int], keys: Mapping[str, str]) -> None:
        """Keeps for each expression what most passages give for it."""
        by_key: dict[str, dict[str, list[tuple[int, str, str]]]] = defaultdict(lambda: defaultdict(list))
        for (said, other), count in counts.items():
            by_key[keys[said]][keys[other]].append((count, said, other))
        for key, others in by_key.items():
            totals = {other: sum(count for count, _, _ in written) for other, written in others.items()}
            best = max(totals, key=lambda other: (totals[other], other))
            if key and best and totals[best] >= _MAJORITY[kind] * sum(totals.values()):
                _, said, added = max(others[best])
                self._meanings.setdefault(key, []).append(_Meaning(said, added, kind))


def _key(folded: str) -> str:
    """What expressions are compared by: words without plural endings, parted by blanks; Chinese runs as they are."""
    return " ".join(unit if _IS_HAN.match(unit) else _singular(unit) for unit in _UNIT.findall(folded))


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


def _beginning(key: str) -> str:
    return key[:2] if _IS_HAN.match(key) else key.partition(" ")[0]


def _expressions(folded: str, beginnings: frozenset[str]) -> Iterator[tuple[int, int, str]]:
    """All that may be an expression with one of these beginnings, with its offsets; the longest of each place first."""
    units = [(match.start(), match.end(), match[0]) for match in _UNIT.finditer(folded)]
    for index, (start, _, unit) in enumerate(units):
        if _IS_HAN.match(unit):
            for first in range(len(unit) - 1):
                if unit[first : first + 2] in beginnings:
                    for last in range(min(len(unit), first + _MOST_CHARACTERS), first + 1, -1):
                        yield start + first, start + last, unit[first:last]
        elif _singular(unit) in beginnings:
            yield from reversed(_phrases(units[index : index + _MOST_WORDS]))


def _phrases(units: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    words: list[str] = []
    spans: list[tuple[int, int, str]] = []
    for _, stop, word in units:
        if _IS_HAN.match(word):
            break
        words.append(_singular(word))
        spans.append((units[0][0], stop, " ".join(words)))
    return spans


def _is_meant(meaning: _Meaning, question: str) -> bool:
    """Whether the question means this expression, and the other one can help to find it.

    "who" and "it" are no acronyms, "WHO" and "IT" are; "pcr" cannot be another word. A single word is seldom
    replaced by its acronym in the same documents.
    """
    said = meaning.said
    if not said.isascii() or " " in said or "-" in said:
        return True
    if said.islower() or said.istitle():
        return meaning.kind is not PairKind.INITIALS or len(meaning.added) >= len(said)
    if re.search(rf"(?<![A-Za-z0-9]){re.escape(said)}(?:s|es|'s)?(?![A-Za-z0-9])", question):
        return True
    return len(said) > 1 and not _VOWEL.search(said.lower())
