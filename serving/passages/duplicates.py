"""The same text found twice is read once.

Near-duplicates are found by shingles (Broder, "On the resemblance and containment of documents", SEQUENCES 1997): the
share of five-word runs that two texts have in common. What they differ by decides: two versions of a rule that differ
in a number, a "not" or a name are two texts, and a reader needs both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from kb.text.folding import fold
from serving.passages.records import Reading

_RUN = 5  # words or Chinese characters of a shingle
_ALIKE = 0.8  # of the shingles of both: one exchanged word in a passage of a hundred takes away a tenth of them
_FEWEST = 20  # words: of shorter texts every word counts, so that only the same text is a duplicate

_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_\u3400-\u9fff]+|[\u3400-\u9fff]")
# Words that may differ between two copies of a text: nothing hangs on an article or a particle.
_EMPTY = frozenset(("a", "an", "the", "of", "that", "which", "is", "are", "的", "了", "地", "得", "之"))


@dataclass(frozen=True, slots=True)
class _Words:
    counts: Counter[str]
    runs: frozenset[int]


def fold_duplicates(readings: Sequence[Reading]) -> list[Reading]:
    """The readings without those that say what an earlier one says; that one remembers where else it stands.

    One that lies within an earlier one of the same document is dropped without a word.
    """
    kept: list[Reading] = []
    words: list[_Words] = []
    for reading in readings:
        own = _words_of(reading.hit.passage.text)
        for place, other in enumerate(kept):
            if _lies_within(reading, other):
                break
            if _are_alike(own, words[place]):
                kept[place] = replace(other, also_at=(*other.also_at, reading.hit, *reading.also_at))
                break
        else:
            kept.append(reading)
            words.append(own)
    return kept


def _lies_within(reading: Reading, other: Reading) -> bool:
    one, two = reading.hit.passage, other.hit.passage
    return one.document_id == two.document_id and two.start <= one.start and one.end <= two.end


@lru_cache(maxsize=512)  # the passages that many questions find are read again for each; some 10 MB when full
def _words_of(text: str) -> _Words:
    words = _WORD.findall(fold(text))
    runs = zip(*(islice(words, first, None) for first in range(_RUN)), strict=False)
    return _Words(Counter(words), frozenset(map(hash, runs)))


def _are_alike(one: _Words, two: _Words) -> bool:
    first, second = len(one.runs), len(two.runs)
    if first < _ALIKE * second or second < _ALIKE * first:  # that few cannot be as large a share of the others
        return False
    if one.runs == two.runs and one.counts == two.counts:
        return bool(one.counts)
    if min(first, second) < _FEWEST:
        return False
    in_both = len(one.runs & two.runs)
    if in_both < _ALIKE * (first + second - in_both):
        return False
    differing = (one.counts - two.counts) + (two.counts - one.counts)
    return all(word in _EMPTY for word in differing)
