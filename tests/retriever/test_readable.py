"""The share of passages that a question shares a script with, and what it does to the fusion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retriever.fusion import dense_weight
from retriever.readable import ReadableShare
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

EMBEDDER = HashEmbedder()
MULTILINGUAL = replace(EMBEDDER.space, model="all-MiniLM-L6-v2+multilingual-e5-small")
ENGLISH_ONLY = replace(EMBEDDER.space, model="all-MiniLM-L6-v2")


@pytest.mark.parametrize(
    ("question", "share"),
    [("What is the deposit?", 0.75), ("押金是多少？", 0.25), ("押金 INF 342 是多少？", 0.25)],
)
def test_passages_are_counted_by_their_documents_language(tmp_path: Path, question: str, share: float) -> None:
    english = replace(make_document("One.\nTwo.\nThree.", name="a.txt"), language="en")
    chinese = replace(make_document("押金为五百元。", name="b.txt"), language="zh-Hans")
    catalog = make_catalog(tmp_path, EMBEDDER, english, chinese)
    with catalog.snapshot() as snapshot:
        assert ReadableShare().of(snapshot, question) == share


def test_a_new_version_is_counted_anew_and_unknown_languages_count_as_readable(tmp_path: Path) -> None:
    shares = ReadableShare()
    catalog = make_catalog(tmp_path, EMBEDDER, replace(make_document("1 2 3", name="a.txt"), language=""))
    with catalog.snapshot() as snapshot:
        assert shares.of(snapshot, "押金") == 1.0
    store(catalog, EMBEDDER, replace(make_document("Words.", name="b.txt"), language="en"))
    with catalog.snapshot() as snapshot:
        assert shares.of(snapshot, "押金") == 0.0
        assert shares.of(snapshot, "deposit") == 1.0


def test_vectors_count_more_across_languages_and_less_where_they_cannot_read_the_question() -> None:
    assert dense_weight("押金", MULTILINGUAL, 0.0) > dense_weight("押金", MULTILINGUAL, 1.0)
    assert dense_weight("押金", ENGLISH_ONLY, 0.0) < dense_weight("deposit", ENGLISH_ONLY, 1.0)
