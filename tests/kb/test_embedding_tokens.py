"""Counting tokens word by word gives what counting whole texts gives."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from kb.embedding import find_preparation
from kb.embedding.tokens import TextTokenizer
from kb.settings import EmbedderSettings

# Pieces on which a text might be parted wrongly: white space of all kinds, controls, accents that stand alone, marks.
WORDS = [
    "the",
    "Clinic",
    "第十二条",
    "患者",
    "1.5",
    "mg",
    "naïve",
    "e\u0301",
    "\u0301",
    "[SEP]",
    "[MASK]",
    "##s",
    "_",
    "😀",
]
SPACES = [" ", "  ", "\n", "\t", "\x0b", "\x1c", "\u00a0", "\u3000", "\u200b", "\r\n"]
PIECES = st.sampled_from([*WORDS, *SPACES])


@pytest.fixture(scope="module")
def file(prepared_models: Path) -> Path:
    found = find_preparation(EmbedderSettings(), prepared_models)
    assert found is not None
    return found.folder / "tokenizer.json"


@pytest.fixture(scope="module")
def tokenizer(file: Path) -> TextTokenizer:
    return TextTokenizer(file, 256)


@pytest.fixture(scope="module")
def whole(file: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@given(st.lists(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60), max_size=6))
def test_every_text_has_as_many_tokens_as_the_tokenizer_makes_of_it(
    tokenizer: TextTokenizer, whole: Tokenizer, texts: list[str]
) -> None:
    expected = [len(encoding.ids) for encoding in whole.encode_batch(texts, add_special_tokens=False)]

    assert tokenizer.count(texts) == expected
    assert tokenizer.count(texts) == expected  # from what is remembered
