from pathlib import Path

import pytest

from kb.errors import UsageError
from kb.home.answers import keep_answer
from kb.home.home import Home
from kb.home.withdrawals import standings_by_answer
from kb.records import Answer, AnswerStatus, Citation, Claim, Filters, Verdict
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


def test_a_text_comes_back_as_it_was_given_and_can_be_filtered_by(searcher: Searcher) -> None:
    store = IbidVectorStore(searcher)
    metadata = {
        "course": "med",
        "year": 2026,
        "final": True,
        "authors": ["Li", "Ray"],
        "document": "kept, not filtered by",
    }
    (text_id,) = store.add_texts(["二甲双胍每日两次，随餐服用。"], [metadata])
    for wanted in ({"course": "med"}, {"year": 2026}, {"final": True}):
        (found,) = store.similarity_search("二甲双胍怎么服用？", filter=wanted)
        assert (found.id, found.metadata) == (text_id, metadata)
    store.add_texts(["二甲双胍每日一次。"], ids=[text_id])
    assert [document.page_content for document in store.get_by_ids([text_id])] == ["二甲双胍每日一次。"]


def test_deleting_texts_leaves_files_alone(searcher: Searcher) -> None:
    store = IbidVectorStore(searcher)
    store.add_texts(["The library is closed in August."], ids=["august"])
    store.delete(["august", "handbook.txt", "nothing"])
    found = {document.page_content for document in store.similarity_search("When is the library closed?", k=5)}
    assert "The library is closed in August." not in found
    assert "The library opens at eight." in found
    with pytest.raises(UsageError, match="nothing says what to delete"):
        store.delete()
    with pytest.raises(UsageError, match="is the name of a file"):
        store.add_texts(["The library is closed."], ids=["handbook.txt"])


@pytest.mark.parametrize(
    ("text", "metadata"), [("  ", {}), ("half \ud83d", {}), ("text", {"made": object()}), ("text", {"n": {1, 2}})]
)
def test_a_text_that_cannot_be_kept_is_refused(searcher: Searcher, text: str, metadata: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"empty|cannot be kept"):
        IbidVectorStore(searcher).add_texts([text], [metadata])


def test_a_vector_store_of_texts_needs_a_collection_and_its_embedder(searcher: Searcher) -> None:
    store = IbidVectorStore.from_texts(["loose text"], IbidEmbeddings(EMBEDDER), ids=["a"], searcher=searcher)
    assert store.get_by_ids(["a"])[0].page_content == "loose text"
    with pytest.raises(UsageError, match="which collection"):
        IbidVectorStore.from_texts(["loose text"], IbidEmbeddings(EMBEDDER))
    with pytest.raises(UsageError, match="its own embedder"):
        IbidVectorStore.from_texts(["loose text"], IbidEmbeddings(HashEmbedder(32)), searcher=searcher)
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


@pytest.mark.parametrize("change", ["delete", "replace"])
def test_past_answers_that_cite_a_text_are_marked_when_it_goes(tmp_path: Path, change: str) -> None:
    home = Home(tmp_path)
    catalog = make_catalog(tmp_path, EMBEDDER, name="课程")
    store = IbidVectorStore(Searcher(catalog, EMBEDDER))
    text = "二甲双胍每日两次，随餐服用。"
    store.add_texts([text], ids=["metformin"])
    with catalog.snapshot() as snapshot:
        (entry,) = snapshot.documents()
    citation = Citation(1, entry.id, entry.name, entry.title, None, 0, len(text), text)
    claim = Claim(text, Verdict.SUPPORTED, "", (1,))
    answer = Answer("?", "课程", 1, AnswerStatus.ANSWERED, 1.0, "m", (claim,), (citation,))
    past = keep_answer(home, "How often?", answer)
    if change == "delete":
        store.delete(["metformin"])
    else:
        store.add_texts(["每日一次。"], ids=["metformin"])
    (standing,) = standings_by_answer(home, [past])[past.number]
    assert not standing.stands
    assert standing.since, "nobody noted when it went"
    home.close()


def test_a_collection_that_stands_alone_gets_no_home_by_a_deletion(tmp_path: Path) -> None:
    store = IbidVectorStore(Searcher(make_catalog(tmp_path, EMBEDDER), EMBEDDER))
    store.delete(store.add_texts(["A text."]))
    assert not list(tmp_path.rglob("ibid.db"))
