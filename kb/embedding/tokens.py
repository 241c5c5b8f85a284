"""From texts to token numbers, by the Rust tokenizer that the preparation saved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Encoding, Tokenizer


class TextTokenizer:
    """The model's tokenizer with two settings: cut at the model's window for embedding, uncut for counting."""

    def __init__(self, file: Path, max_tokens: int, special_tokens: int) -> None:
        # Its own threads would have to be given up after a fork; batches are tokenised beside the model's threads anyway.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self._counting = Tokenizer.from_file(str(file))
        self._counting.no_truncation()
        self._counting.no_padding()
        self._cutting = Tokenizer.from_file(str(file))
        self._cutting.enable_truncation(max_tokens)
        self._cutting.no_padding()
        self._special_tokens = special_tokens

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers with the special tokens, cut at the model's window."""
        encodings: list[Encoding] = self._cutting.encode_batch_fast(list(texts))
        return [encoding.ids for encoding in encodings]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, neither cut nor with special tokens."""
        encodings: list[Encoding] = self._counting.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]
