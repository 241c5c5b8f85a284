"""LangChain's own standard suites for retrievers, embeddings and vector stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

from kb.catalog import Catalog
from retriever import Searcher
from retriever.langchain import IbidEmbeddings, IbidRetriever, IbidVectorStore
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document

EMBEDDER = HashEmbedder()
PARAGRAPHS = "\n".join(f"The library of house {number} opens at {number + 5}." for number in range(1, 6))


class TestEmbeddings(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return IbidEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"embedder": EMBEDDER}


class TestEmbeddingsAtWork(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return IbidEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"embedder": EMBEDDER}


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def collection(self, tmp_path: Path) -> None:
        self.searcher = Searcher(make_catalog(tmp_path, EMBEDDER, make_document(PARAGRAPHS)), EMBEDDER)

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return IbidRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"searcher": self.searcher}

    @property
    def retriever_query_example(self) -> str:
        return "When does the library open?"


class TestVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[VectorStore]:  # type: ignore[override]
        catalog = Catalog.create(tmp_path / "texts")
        yield IbidVectorStore(Searcher(catalog, EMBEDDER))
        catalog.close()
