from __future__ import annotations

from pathlib import Path

import pytest

from kb.catalog import Catalog
from retriever.searcher import Searcher, SearchMode
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document

HEART = "Patients with atrial fibrillation (AF) were seen.\nThe clinic opens at nine.\nBooks are lent for a month."
OLD_AGE = "Atrial fibrillation is common in old age.\nThe bus stops at the gate."
TERM = "所谓机器学习（machine learning）是一门学科。\n图书馆九点开门。"
DATA = "Machine learning needs data.\nThe lease ends in May."


def catalog_of(folder: Path, *texts: str) -> tuple[Catalog, HashEmbedder]:
    embedder = HashEmbedder()
    documents = [
        make_document(text, f"{n}.txt", language="en" if text.isascii() else "zh-Hans") for n, text in enumerate(texts)
    ]
    return make_catalog(folder, embedder, *documents), embedder


@pytest.mark.parametrize(
    ("texts", "question", "found"),
    [
        ((HEART, OLD_AGE), "AF", "Atrial fibrillation is common in old age."),
        ((TERM, DATA), "机器学习", "Machine learning needs data."),
        ((TERM, DATA), "機器學習", "Machine learning needs data."),
        ((TERM, DATA), "machine learning", "所谓机器学习（machine learning）是一门学科。"),
    ],
)
def test_what_the_documents_call_the_same_thing_is_found_by_either_name(
    tmp_path: Path, texts: tuple[str, ...], question: str, found: str
) -> None:
    catalog, embedder = catalog_of(tmp_path, *texts)
    hits = Searcher(catalog, embedder).search(question, mode=SearchMode.LEXICAL).hits
    assert found in [hit.passage.text for hit in hits]


@pytest.mark.parametrize("mode", [SearchMode.LEXICAL, SearchMode.HYBRID])
def test_both_sides_of_a_comparison_are_among_the_first(tmp_path: Path, mode: SearchMode) -> None:
    many = "\n".join(f"Metformin lowers sugar, difference {n} of metformin between meals." for n in range(12))
    catalog, embedder = catalog_of(tmp_path, many, "Insulin is injected before meals.")
    question = "What is the difference between metformin and insulin?"
    hits = Searcher(catalog, embedder).search(question, k=3, mode=mode).hits
    assert {hit.passage.text.split()[0] for hit in hits} == {"Metformin", "Insulin"}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
