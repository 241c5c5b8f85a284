"""Which candidates become questions: found again by search, said once, spread over documents and kinds."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eval.metrics.words import words_of
from eval.synthetic.records import Candidate, Kind
from kb.records import Document, Passage
from kb.text.folding import fold
from retriever import Searcher
from serving.answering import PASSAGES

# The passage must be among as many as an answer reads. Where it is not, either others say the same or the question does
# not fit it: a question that nobody could answer measures nothing.
ROUND_TRIP = PASSAGES
_SAME = 0.8  # share of common words from which two questions of a kind are the same one put twice


class Placed(NamedTuple):
    """A candidate with its document and the passage that holds its first answer."""

    candidate: Candidate
    document: Document
    passage: Passage


def spread(items: Sequence[Placed], seed: int) -> Iterator[Placed]:
    """The items in an order that takes documents in turn and, within each, kinds in turn; the same for a seed."""
    chance = random.Random(seed)  # noqa: S311  (no secret depends on it)
    shelves: dict[str, dict[Kind, list[Placed]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        shelves[item.document.id][item.candidate.kind].append(item)
    order = sorted(shelves)
    chance.shuffle(order)
    queues = {key: _kinds_in_turn(shelves[key], chance) for key in order}
    while queues:
        for key in list(queues):
            try:
                yield next(queues[key])
            except StopIteration:
                del queues[key]


def _kinds_in_turn(kinds: dict[Kind, list[Placed]], chance: random.Random) -> Iterator[Placed]:
    lists = [kinds[kind] for kind in sorted(kinds)]
    for items in lists:
        chance.shuffle(items)
    chance.shuffle(lists)
    for turn in range(max(map(len, lists))):
        for items in lists:
            if turn < len(items):
                yield items[turn]


def is_found_again(placed: Placed, searcher: Searcher) -> bool:
    """Whether the search finds the candidate's passage for its question, among as many as an answer reads."""
    hits = searcher.search(placed.candidate.question, k=ROUND_TRIP).hits
    return any(hit.passage.id == placed.passage.id for hit in hits)


class Said:
    """The questions taken so far; knows a question that was put before in nearly the same words."""

    def __init__(self) -> None:
        self._subjects: dict[Kind, list[frozenset[str]]] = defaultdict(list)

    def is_new(self, candidate: Candidate, answer: str) -> bool:
        """Whether the candidate is unlike all that were new before; it is then one of them."""
        words = frozenset(words_of(f"{candidate.subject} {answer}"))
        known = self._subjects[candidate.kind]
        if any(len(words & other) >= _SAME * len(words | other) for other in known):
            return False
        known.append(words)
        return True


def question_key(question: str) -> str:
    """What is the same for two questions that differ only in case, width, script or white space."""
    return " ".join(fold(question).split())
