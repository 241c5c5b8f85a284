"""From texts to token numbers, by the Rust tokenizer that the preparation saved."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Encoding, Tokenizer


class TextTokenizer:
    """The model's tokenizer with two settings: cut at the model's window for embedding, uncut for counting."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        # Its own threads would be lost after a fork; windows of texts are tokenised beside the model's threads anyway.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._file = str(file)
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
        encodings: list[Encoding] = self._uncut.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]
