"""From texts to token numbers, by the Rust tokenizer that the preparation saved."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Encoding, Tokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer

_AS_SPACES = str.maketrans("\t\n", "  ")
_MOST_COUNTED = 200_000  # words whose number of tokens is remembered: some 20 MB, the words of a library
_LONGEST_WORDS = 12  # characters on average; beyond, a text is not of words and would only fill the memory


def _has_words(text: str) -> bool:
    return len(text) < _LONGEST_WORDS * (1 + text.count(" "))


class TextTokenizer:
    """The model's tokenizer with two settings: cut at the model's window for embedding, uncut for counting."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        # Its own threads would be lost after a fork; windows of texts are tokenised beside the model's threads anyway.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._file = str(file)
        self._counted: dict[str, int] = {}
        self._cutting = Tokenizer.from_file(str(file))
        self._cutting.enable_truncation(max_tokens)
        self._cutting.no_padding()

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers with the special tokens, cut at the model's window."""
        encodings: list[Encoding] = self._cutting.encode_batch_fast(list(texts))
        return [encoding.ids for encoding in encodings]

    @functools.cached_property
    def _uncut(self) -> Tokenizer:
        """Read only when it is asked for: a question does not need it, and reading takes as long as the question."""
        tokenizer = Tokenizer.from_file(self._file)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, neither cut nor with special tokens."""
        by_words = [self._never_crosses_spaces and _has_words(text) for text in texts]
        whole = iter(self._count_whole([text for text, parted in zip(texts, by_words, strict=True) if not parted]))
        words = iter(self._count_words([text for text, parted in zip(texts, by_words, strict=True) if parted]))
        return [next(words) if parted else next(whole) for parted in by_words]

    def _count_words(self, texts: Sequence[str]) -> list[int]:
        """The same by looking each word up: three times as fast, since texts repeat their words."""
        counted = self._counted if len(self._counted) < _MOST_COUNTED else {}
        self._counted = counted
        parted = [text.translate(_AS_SPACES).split(" ") for text in texts]
        new = list({word for words in parted for word in words if word not in counted})
        counted.update(zip(new, self._count_whole(new), strict=True))
        return [sum([counted[word] for word in words]) for words in parted]

    @functools.cached_property
    def _never_crosses_spaces(self) -> bool:
        """Whether a text has as many tokens as what stands between its spaces: so for BERT's pieces, not for all."""
        return isinstance(self._uncut.pre_tokenizer, BertPreTokenizer)

    def _count_whole(self, texts: Sequence[str]) -> list[int]:
        encodings: list[Encoding] = self._uncut.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]
