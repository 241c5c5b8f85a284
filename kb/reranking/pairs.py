"""A question with each of its passages, as one row of tokens: how much of either a model reads."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Encoding, Tokenizer

# Tokens that a model reads of a pair, where its window is not shorter: passages of 200 tokens with their headings and a
# question fit twice over, the models are trained on 512 to 1,024, and the cost grows with the square.
MOST_TOKENS = 1024

# Special tokens around a pair: BERT has three, XLM-RoBERTa four; a few more do no harm.
_SPECIAL_TOKENS = 8


def question_tokens(max_tokens: int) -> int:
    """How much of the window the question may take: half, so that as much is left for the passage."""
    return max(1, (max_tokens - _SPECIAL_TOKENS) // 2)


class PairTokenizer:
    """The model's tokenizer for pairs: the question is cut at half of the window, then the passage at the rest."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its own threads would be lost after a fork
        self._file = str(file)
        self._most = question_tokens(max_tokens)
        self._pairs = Tokenizer.from_file(self._file)
        self._pairs.enable_truncation(max_tokens, strategy="only_second")
        self._pairs.no_padding()

    def encode(self, question: str, passages: Sequence[str]) -> list[list[int]]:
        """Token numbers of each pair, with the special tokens."""
        # A token spells at least one character, or a part of one: shorter questions need no counting.
        short = question if len(question.encode()) <= self._most else self.cut(question)
        encodings: list[Encoding] = self._pairs.encode_batch_fast([(short, passage) for passage in passages])
        return [encoding.ids for encoding in encodings]

    def cut(self, question: str) -> str:
        """The question's beginning that takes no more than its share of the window."""
        offsets = self._uncut.encode(question, add_special_tokens=False).offsets
        return question if len(offsets) <= self._most else question[: offsets[self._most - 1][1]]

    @functools.cached_property
    def _uncut(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(self._file)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer
