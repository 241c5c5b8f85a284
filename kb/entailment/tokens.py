"""A text and a sentence as one row of tokens: what of either a model reads, and where the sentence stands in it.

A text that is longer than the model's window is read in several, cut between sentences. What a tokenizer reads as its
own special tokens ([SEP], </s>) is taken apart in both, so that no document can pretend that it ends here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokenizers import Encoding, Tokenizer

from kb.text.sentences import split_sentences

EVIDENCE, SENTENCE = "{evidence}", "{sentence}"  # in a template

# What stands in a row's marks: 0 padding, then these.
FIRST, OF_SENTENCE, SECOND = 1, 2, 3  # a token of the first text or of its ends; of the sentence; of the sentence's end

_SPECIAL_TOKENS = 8  # around a pair; BERT has three, XLM-RoBERTa four


class Row(NamedTuple):
    """One window with the sentence: token numbers, marks, and the sentence's characters under each token."""

    numbers: list[int]
    marks: list[int]
    characters: list[tuple[int, int]]  # (0, 0) for tokens that are not the sentence's


class EvidenceTokenizer:
    """A model's fast tokenizer, for texts and sentences.

    Args:
        written: the tokenizer as JSON.
        max_tokens: the model's window, special tokens counted.
        template: how a text and a sentence are one text; "" where the model takes a pair.
    """

    def __init__(self, written: str, max_tokens: int, template: str = "") -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its own threads would be lost after a fork
        self._tokenizer = Tokenizer.from_str(written)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._max_tokens = max_tokens
        self._template = template
        self._special = _special_tokens(written)

    def rows(self, sentence: str, text: str) -> list[Row]:
        """A row for each window of `text`. The sentence is cut at half of the model's window."""
        said = self._cut(self._apart(sentence), (self._max_tokens - _SPECIAL_TOKENS) // 2)
        frame = self._count(self._template) if self._template else 0
        room = max(1, self._max_tokens - _SPECIAL_TOKENS - frame - self._count(said))
        return [self._row(said, window) for window in self._windows(self._apart(text), room)]

    def _row(self, sentence: str, window: str) -> Row:
        if self._template:
            before, _, after = self._template.partition(SENTENCE)
            first = before.replace(EVIDENCE, window)
            encoding: Encoding = self._tokenizer.encode(first + sentence + after.replace(EVIDENCE, window))
            inside = [len(first) <= start < end <= len(first) + len(sentence) for start, end in encoding.offsets]
            places = [(start - len(first), end - len(first)) for start, end in encoding.offsets]
        else:
            encoding = self._tokenizer.encode(window, sentence)
            inside = [sequence == 1 for sequence in encoding.sequence_ids]
            places = list(encoding.offsets)
        marks = [
            OF_SENTENCE if own else SECOND if kind else FIRST
            for own, kind in zip(inside, encoding.type_ids, strict=True)
        ]
        characters = [place if own else (0, 0) for own, place in zip(inside, places, strict=True)]
        most = self._max_tokens
        return Row(encoding.ids[:most], marks[:most], characters[:most])

    def _windows(self, text: str, room: int) -> Iterator[str]:
        """The text in as few pieces as fit, cut between sentences; a sentence that does not fit is cut within."""
        if self._count(text) <= room:
            yield text
            return
        start, end, held = 0, 0, 0
        for unit_start, unit_end in split_sentences(text):
            taken = self._count(text[unit_start:unit_end])
            if held and held + taken > room:
                yield text[start:end]
                held = 0
            if taken > room:
                yield from self._pieces(text[unit_start:unit_end], room)
                continue
            start, end, held = (start if held else unit_start), unit_end, held + taken
        if held:
            yield text[start:end]

    def _pieces(self, text: str, room: int) -> Iterator[str]:
        while text:
            piece = self._cut(text, room) or text[:1]
            yield piece
            text = text[len(piece) :]

    def _cut(self, text: str, most: int) -> str:
        """The beginning of the text that takes no more than so many tokens."""
        if len(text.encode()) <= most:  # a token spells at least one byte
            return text
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return text if len(offsets) <= most else text[: offsets[most - 1][1]]

    def _count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids) if text else 0

    def _apart(self, text: str) -> str:
        """`text` with a space after the first character of what would be read as a special token."""
        return self._special.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text) if self._special else text


def _special_tokens(written: str) -> re.Pattern[str] | None:
    added: Sequence[dict[str, object]] = json.loads(written).get("added_tokens") or ()
    contents = [str(token["content"]) for token in added if token.get("special") and len(str(token["content"])) > 1]
    if not contents:
        return None
    return re.compile("|".join(map(re.escape, sorted(contents, key=len, reverse=True))), re.IGNORECASE)
