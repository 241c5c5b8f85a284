from pathlib import Path

import pytest

from kb.errors import UsageError
from kb.records import Filters
from retriever import Searcher, SearchMode
from retriever.langchain import IbidEmbeddings, IbidRetriever, IbidVectorStore
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document

EMBEDDER = HashEmbedder()
TEXT = "The library opens at eight.\n迟交作业扣百分之十。"


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    handbook = make_document(TEXT, "handbook.txt", metadata={"course": "econ"})
    other = make_document("The library closes at ten.", "other.txt", metadata={"course": "law"})
    return Searcher(make_catalog(tmp_path, EMBEDDER, handbook, other), EMBEDDER)


def test_the_retriever_returns_documents_with_their_place(searcher: Searcher) -> None:
    document = IbidRetriever(searcher=searcher, k=1).invoke("迟交作业扣多少？")[0]
    assert document.page_content == "迟交作业扣百分之十。"
    metadata = document.metadata
    assert TEXT[metadata["start"] : metadata["end"]] == document.page_content
    assert (metadata["document"], metadata["page"], metadata["course"]) == ("handbook.txt", None, "econ")
    assert document.id == metadata["passage_id"]
    assert 0 < metadata["score"] <= 1


def test_the_retriever_honours_mode_k_and_filters(searcher: Searcher) -> None:
    retriever = IbidRetriever(
        searcher=searcher, k=3, mode=SearchMode.LEXICAL, filters=Filters(metadata={"course": ("law",)})
    )
    assert [document.page_content for document in retriever.invoke("library")] == ["The library closes at ten."]


def test_the_vector_store_searches_and_makes_retrievers(searcher: Searcher) -> None:
    store = IbidVectorStore(searcher)
    assert store.similarity_search("When does the library open?", k=1)[0].page_content == "The library opens at eight."
    scored = store.similarity_search_with_score("library", k=5, filter={"course": "law"})
    assert [document.metadata["document"] for document, _ in scored] == ["other.txt"]
    assert store.similarity_search("library", filter={"course": ["law", "econ"]})
    found = store.as_retriever(search_kwargs={"k": 2}).invoke("library")
    assert len(found) == 2
    assert all(0 <= score <= 1 for _, score in store.similarity_search_with_relevance_scores("library"))


def test_texts_without_a_file_are_refused_with_advice(searcher: Searcher) -> None:
    with pytest.raises(UsageError, match="ibid ingest"):
        IbidVectorStore(searcher).add_texts(["loose text"])
    with pytest.raises(UsageError, match="ibid ingest"):
        IbidVectorStore.from_texts(["loose text"], IbidEmbeddings(EMBEDDER))
    with pytest.raises(UsageError):
        IbidVectorStore(searcher).similarity_search("library", filter="law")


def test_embeddings_are_those_of_the_embedder() -> None:
    embeddings = IbidEmbeddings(EMBEDDER)
    assert embeddings.embed_query("library") == pytest.approx(EMBEDDER.embed_question("library").tolist())
    assert embeddings.embed_documents(["library", "图书馆"])[1] == embeddings.embed_query("图书馆")
    assert embeddings.embed_documents([]) == []


def test_a_day_and_all_versions_can_be_asked_for(tmp_path: Path) -> None:
    old = make_document("The library opens at eight.", "old.txt")
    new = make_document("The library opens at nine.", "new.txt", metadata={"effective_from": "2024-09-01"})
    catalog = make_catalog(tmp_path, EMBEDDER, old, new)
    catalog.describe(new.id, {"replaces": old.id})
    store = IbidVectorStore(Searcher(catalog, EMBEDDER))

    def found(**wanted: object) -> set[str]:
        documents = store.similarity_search("library", k=5, filter=wanted or None)
        return {document.metadata["document"] for document in documents}

    assert found() == {"new.txt"}
    assert found(as_of="2024年8月31日") == {"old.txt"}
    assert found(all_versions=True) == {"old.txt", "new.txt"}
    with pytest.raises(UsageError, match="not one day"):
        found(as_of="2024")
