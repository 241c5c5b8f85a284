"""Sentences with the words around them, drawn from question sets: what a true claim and its citation look like."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kb.text.sentences import split_sentences

# Answers and the texts that hold them, medical, legal, course and general, half of them Chinese.
SETS = {
    "en": ("medquad-en", "bioasq-en", "cuad-en", "legalbenchrag-en", "course-d2l-en", "squad2-dev-en"),
    "zh": ("statutes-zh", "meddialog-zh", "cail2019-mrc-zh", "course-d2l-zh", "cmrc2018-zh", "drcd-zhhant"),
}
_SHORTEST = {"en": 40, "zh": 14}  # characters: shorter ones are headings and greetings
_LONGEST = 320


class Source(NamedTuple):
    """A true sentence, and the cited words: the sentence with its neighbours in the passage."""

    set: str
    language: str
    sentence: str
    cited: str


def draw(sets: Path, language: str, generator: random.Random) -> Iterator[Source]:
    """Sentences of one language without end of order: each passage gives one, the sets take turns."""
    passages = {name: passages_of(sets / name, generator) for name in SETS[language]}
    while passages:
        for name in list(passages):
            text = next(passages[name], None)
            if text is None:
                del passages[name]
            elif (source := _source(name, language, text, generator)) is not None:
                yield source


def passages_of(folder: Path, generator: random.Random) -> Iterator[str]:
    """The texts of a set's passages, in an order that `generator` chooses."""
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    generator.shuffle(texts)
    return iter(texts)


def _source(name: str, language: str, text: str, generator: random.Random) -> Source | None:
    spans = split_sentences(text)
    fitting = [
        place
        for place, (start, end) in enumerate(spans)
        if _SHORTEST[language] <= end - start <= _LONGEST and "\n" not in text[start:end] and "$" not in text[start:end]
    ]
    if not fitting:
        return None
    place = generator.choice(fitting)
    first, last = spans[max(0, place - 1)], spans[min(len(spans) - 1, place + 1)]
    start, end = spans[place]
    return Source(name, language, text[start:end], text[first[0] : last[1]])
