import threading
from datetime import date
from pathlib import Path

import pytest

from kb.catalog import Catalog, Snapshot, text_key
from kb.errors import EmbeddingSpaceError, QuestionError, UsageError
from kb.records import Filters, HitSource
from retriever import Searcher, SearchMode
from retriever.questions import QuestionVariant
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

EMBEDDER = HashEmbedder()
HANDBOOK = make_document(
    "Late work loses ten percent for each day.\nThe library opens at eight.\nMetformin is taken with food.",
    "handbook.txt",
    metadata={"course": "econ"},
)
STATUTE = make_document(
    "第十二条 迟交作业的，每日扣除成绩的百分之十。\n第十三条 图书馆八时开放。",
    "条例.txt",
    language="zh-Hans",
    metadata={"effective_from": "2020-01-01", "effective_to": "2022-12-31"},
)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, EMBEDDER, HANDBOOK, STATUTE)


@pytest.fixture
def searcher(catalog: Catalog) -> Searcher:
    return Searcher(catalog, EMBEDDER)


def first_text(searcher: Searcher, question: str, mode: SearchMode = SearchMode.HYBRID) -> str:
    return searcher.search(question, mode=mode).hits[0].passage.text


@pytest.mark.parametrize("mode", SearchMode)
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the library open?", "The library opens at eight."),
        ("How is metformin taken?", "Metformin is taken with food."),
        ("图书馆几时开放？", "第十三条 图书馆八时开放。"),
    ],
)
def test_the_passage_that_answers_comes_first(
    searcher: Searcher, question: str, expected: str, mode: SearchMode
) -> None:
    assert first_text(searcher, question, mode) == expected


@pytest.mark.parametrize("mode", [SearchMode.HYBRID, SearchMode.LEXICAL])
def test_a_traditional_question_finds_a_simplified_text(searcher: Searcher, mode: SearchMode) -> None:
    assert first_text(searcher, "圖書館八時開放嗎", mode) == "第十三条 图书馆八时开放。"


def test_an_article_is_found_by_its_number_however_written(searcher: Searcher) -> None:
    for question in ("第12条", "第十二條"):
        assert first_text(searcher, question, SearchMode.LEXICAL).startswith("第十二条")


def test_a_hit_says_where_its_score_comes_from(searcher: Searcher) -> None:
    hit = searcher.search("library opens").hits[0]
    assert hit.source is HitSource.FUSED
    assert hit.dense_score is not None
    assert hit.dense_score <= 1.001
    assert hit.lexical_score is not None
    assert hit.lexical_score > 0
    assert searcher.search("library", mode=SearchMode.LEXICAL).hits[0].source is HitSource.LEXICAL
    assert searcher.search("library", mode=SearchMode.DENSE).hits[0].source is HitSource.DENSE
    assert hit.document.name == "handbook.txt"


def test_the_result_names_its_collection_version_and_timings(searcher: Searcher) -> None:
    result = searcher.search("library", k=2)
    assert (result.collection, result.version, len(result.hits)) == ("test", 1, 2)
    assert {"lexical", "dense", "embed", "read"} <= set(result.timings)
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)


def test_several_texts_of_a_question_are_searched_and_take_turns(catalog: Catalog) -> None:
    def reword(_snapshot: Snapshot, question: str) -> tuple[QuestionVariant, ...]:
        return QuestionVariant(question), QuestionVariant("library opens")

    store(catalog, EMBEDDER, *(make_document(f"Notice {n} about parking.", f"{n}.txt") for n in range(30)))
    other_words = Searcher(catalog, EMBEDDER, reword=reword)
    both = [hit.passage.text for hit in other_words.search("metformin", k=2).hits]
    assert both == ["Metformin is taken with food.", "The library opens at eight."]


def test_between_passages_with_the_same_words_the_one_that_says_them_together_comes_first(catalog: Catalog) -> None:
    together = "The fee for a parking permit is ten euros each month for staff."
    apart = "The permit is ten euros. Staff each month for a parking is the fee."
    store(catalog, EMBEDDER, make_document(apart, "a.txt"), make_document(together, "b.txt"))
    result = Searcher(catalog, EMBEDDER).search("fee for a parking permit", k=2)
    assert [hit.passage.text for hit in result.hits] == [together, apart]
    assert "evidence" in result.timings


def test_the_texts_of_a_few_passages_are_those_that_the_index_reads(catalog: Catalog) -> None:
    with catalog.snapshot() as snapshot:
        numbers = snapshot.numbers()
        assert list(snapshot.few_texts(numbers).values()) == list(snapshot.indexed_texts(numbers))
        assert snapshot.few_texts([999]) == {}


def test_a_deleted_passage_is_never_found(catalog: Catalog, searcher: Searcher) -> None:
    assert searcher.search("library opens at eight").hits
    catalog.remove([HANDBOOK.id])
    for mode in SearchMode:
        texts = [hit.passage.text for hit in searcher.search("library opens at eight", k=50, mode=mode).hits]
        assert not any("library" in text for text in texts)


def test_what_is_stored_is_found_by_the_next_search(catalog: Catalog, searcher: Searcher) -> None:
    searcher.search("warm up")
    store(catalog, EMBEDDER, make_document("Zebras graze at noon.", "zoo.txt"))
    for mode in SearchMode:
        assert first_text(searcher, "When do zebras graze?", mode) == "Zebras graze at noon."


def test_a_changed_document_is_found_by_its_new_words_only(catalog: Catalog, searcher: Searcher) -> None:
    store(catalog, EMBEDDER, make_document("Zebras graze at noon.", "zoo.txt"))
    searcher.search("zebras")
    store(catalog, EMBEDDER, make_document("Zebras sleep at noon.", "zoo.txt"))
    texts = [hit.passage.text for hit in searcher.search("zebras", k=50).hits]
    assert "Zebras sleep at noon." in texts
    assert "Zebras graze at noon." not in texts


def test_another_process_sees_the_same(catalog: Catalog, searcher: Searcher) -> None:
    searcher.search("library")
    store(catalog, EMBEDDER, make_document("Zebras graze at noon.", "zoo.txt"))
    other = Searcher(Catalog.open(catalog.folder), EMBEDDER)
    assert first_text(other, "zebras") == "Zebras graze at noon."
    catalog.remove([HANDBOOK.id])
    assert first_text(searcher, "zebras") == "Zebras graze at noon."
    assert other.search("library opens", k=50).hits == searcher.search("library opens", k=50).hits


def test_filters_hold_inside_the_search(catalog: Catalog, searcher: Searcher) -> None:
    store(catalog, EMBEDDER, *(make_document(f"library number {n}", f"{n}.txt") for n in range(300)))
    only_handbook = Filters(metadata={"course": ("econ",)})
    for mode in SearchMode:
        hits = searcher.search("library", k=5, mode=mode, filters=only_handbook).hits
        assert hits
        assert {hit.document.name for hit in hits} == {"handbook.txt"}


def test_many_scattered_documents_can_be_filtered(catalog: Catalog, searcher: Searcher) -> None:
    documents = [make_document(f"library number {n}", f"{n}.txt", metadata={"parity": str(n % 2)}) for n in range(400)]
    store(catalog, EMBEDDER, *documents)
    hits = searcher.search("library", k=30, filters=Filters(metadata={"parity": ("1",)})).hits
    assert len(hits) == 30
    assert {hit.document.metadata["parity"] for hit in hits} == {"1"}


def test_a_filter_that_nothing_meets_finds_nothing(searcher: Searcher) -> None:
    assert searcher.search("library", filters=Filters(metadata={"course": ("law",)})).hits == ()


@pytest.mark.parametrize(("day", "found"), [(date(2021, 6, 1), True), (date(2023, 6, 1), False)])
def test_as_of_keeps_what_was_in_force_that_day(searcher: Searcher, day: date, *, found: bool) -> None:
    for mode in SearchMode:
        hits = searcher.search("图书馆八时开放", mode=mode, filters=Filters(as_of=day)).hits
        assert any(hit.document.name == "条例.txt" for hit in hits) is found


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "x" * 20_001])
def test_a_question_that_cannot_be_asked_is_refused_with_advice(searcher: Searcher, question: str) -> None:
    with pytest.raises(QuestionError) as caught:
        searcher.search(question)
    assert caught.value.advice


@pytest.mark.parametrize(
    "question", ["?!", "的", "the", "\ud800 library", "\x00", "a" * 20_000, "图" * 20_000, "()[]+-*:\"'"]
)
def test_odd_questions_do_no_harm(searcher: Searcher, question: str) -> None:
    for mode in SearchMode:
        searcher.search(question, mode=mode)


def test_at_least_one_passage_must_be_wanted(searcher: Searcher) -> None:
    with pytest.raises(UsageError):
        searcher.search("library", k=0)


def test_an_empty_collection_finds_nothing(tmp_path: Path) -> None:
    searcher = Searcher(make_catalog(tmp_path, EMBEDDER), EMBEDDER)
    for mode in SearchMode:
        assert searcher.search("anything", mode=mode).hits == ()


def test_a_collection_that_was_emptied_finds_nothing(catalog: Catalog, searcher: Searcher) -> None:
    searcher.search("library")
    catalog.remove([HANDBOOK.id, STATUTE.id])
    for one in (searcher, Searcher(catalog, EMBEDDER)):
        for mode in SearchMode:
            assert one.search("library", mode=mode).hits == ()


def test_vectors_of_another_model_are_refused_with_advice(catalog: Catalog) -> None:
    searcher = Searcher(catalog, HashEmbedder(model="another"))
    with pytest.raises(EmbeddingSpaceError) as caught:
        searcher.search("library")
    assert "reembed" in caught.value.advice
    assert searcher.search("library", mode=SearchMode.LEXICAL).hits


def test_a_change_of_model_is_followed(catalog: Catalog, searcher: Searcher) -> None:
    searcher.search("library")
    other = HashEmbedder(dimension=32, model="another")
    with catalog.snapshot() as before:
        texts = [stored.passage.text for stored in before.passages(before.numbers()).values()]
        catalog.add_vectors(other.space, {text_key(text): other.embed_question(text) for text in texts})
        catalog.use_space(other.space)
        searcher.catch_up()
        with pytest.raises(EmbeddingSpaceError):
            searcher.search("library")
    changed = Searcher(catalog, other)
    assert first_text(changed, "When does the library open?", SearchMode.DENSE) == "The library opens at eight."


def test_lexical_search_opens_no_embedder(catalog: Catalog) -> None:
    opened = []

    def open_embedder() -> HashEmbedder:
        opened.append(1)
        return EMBEDDER

    searcher = Searcher(catalog, open_embedder)
    searcher.search("library", mode=SearchMode.LEXICAL)
    assert opened == []
    searcher.search("library")
    searcher.search("library")
    assert opened == [1]


def test_threads_search_while_documents_come_and_go(catalog: Catalog, searcher: Searcher) -> None:
    failures: list[BaseException | str] = []
    gone: set[str] = set()
    done = threading.Event()

    def search_on() -> None:
        try:
            while not done.is_set():
                gone_before = set(gone)
                found = {hit.document.id for hit in searcher.search("library number seven", k=40).hits}
                if found & gone_before:
                    failures.append("found what was deleted")
                if HANDBOOK.id not in found:
                    failures.append("did not find what was there all the time")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(15):
        document = make_document(f"library number {n}\nseven {n}", f"{n}.txt")
        store(catalog, EMBEDDER, document)
        if n % 2:
            catalog.remove([document.id])
            gone.add(document.id)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
