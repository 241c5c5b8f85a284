import json
from pathlib import Path

import pytest

from eval.ranking import by_document, measure_rankings
from eval.retrieval import evaluate_retrieval, table_of
from eval.sets import read_retrieval_set
from eval.statistics.intervals import bootstrap_interval
from kb.errors import NotFoundError, UsageError
from kb.settings import EmbedderSettings
from retriever import SearchMode
from tests.fakes import HashEmbedder

CORPUS = [
    {"_id": "a", "title": "Library", "text": "The library opens at eight.", "doc": "handbook"},
    {"_id": "b", "title": "Library", "text": "It closes at ten.", "doc": "handbook"},
    {"_id": "c", "title": "考试", "text": "迟交作业扣百分之十。", "doc": "规定"},
]
QUERIES = [
    {"_id": "1", "text": "When does the library open?", "part": "dev", "doc": "handbook"},
    {"_id": "2", "text": "迟交作业扣多少？", "part": "test", "doc": "规定"},
    {"_id": "3", "text": "zzz qqq", "part": "dev", "doc": "规定"},
    {"_id": "4", "text": "not judged", "part": "dev", "doc": "规定"},
]
QRELS = "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tc\t2\n3\tc\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, lines in (("corpus", CORPUS), ("queries", QUERIES)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels.tsv").write_text(QRELS)
    return folder


def test_measures_are_those_computed_by_hand() -> None:
    grades = {"1": {"a": 1, "b": 2, "x": 0}, "2": {"c": 1}, "3": {"d": 1}}
    rankings = {"1": ["a", "x", "b"], "2": ["x", "y", "z", "u", "v", "c"]}
    values = measure_rankings(grades, rankings)
    ideal = 2 / 1 + 1 / 1.584962500721156
    assert values["1"]["nDCG@10"] == pytest.approx((1 / 1 + 2 / 2) / ideal)
    assert values["1"]["MRR@10"] == 1
    assert values["2"] == pytest.approx(
        {"nDCG@10": 1 / 2.807354922057604, "Recall@10": 1, "Recall@100": 1, "MRR@10": 1 / 6, "Success@5": 0}
    )
    assert set(values["3"].values()) == {0.0}  # judged, and nothing was returned


def test_the_order_of_a_ranking_counts_and_not_the_names_of_the_passages() -> None:
    grades = {"1": {"a": 1}}
    for first, second in (("a", "b"), ("b", "a")):
        value = measure_rankings(grades, {"1": [first, second]})["1"]["MRR@10"]
        assert value == (1 if first == "a" else 0.5)


def test_a_document_stands_where_its_best_passage_does() -> None:
    assert by_document(["p2", "p1", "q1", "p3"], {"p1": "p", "p2": "p", "p3": "p", "q1": "q"}) == ["p", "q"]


def test_an_interval_holds_its_mean_and_is_the_same_every_time() -> None:
    values = [0.0, 1.0] * 50
    interval = bootstrap_interval(values)
    assert interval == bootstrap_interval(values)
    assert interval.low < interval.mean == 0.5 < interval.high
    assert interval.high - interval.low == pytest.approx(0.196, abs=0.02)  # 2 * 1.96 * .5 / sqrt(100)
    assert bootstrap_interval([0.3]) == (0.3, 0.3, 0.3)


@pytest.mark.parametrize("mode", SearchMode)
def test_a_set_is_measured_through_the_products_own_search(folder: Path, tmp_path: Path, mode: SearchMode) -> None:
    found = evaluate_retrieval(folder, EmbedderSettings(), tmp_path / "cache", mode=mode, embedder=HashEmbedder())
    assert [query["id"] for query in found.queries] == ["1", "2", "3"]
    assert [query["MRR@10"] for query in found.queries[:2]] == [1.0, 1.0]
    assert found.metrics["Success@5"].mean == pytest.approx(2 / 3 if mode is SearchMode.LEXICAL else 1)
    assert found.metrics["Success@5 by doc"].mean >= 2 / 3
    assert found.queries[0]["top"][0] == "a"
    content = json.loads(found.to_json())
    assert (content["set"], content["task"]) == ("tiny", "retrieval")
    assert set(content["metrics"]["nDCG@10"]) == {"mean", "low", "high"}
    assert "tiny" in table_of([found])


def test_a_second_run_embeds_nothing(folder: Path, tmp_path: Path) -> None:
    first, second = HashEmbedder(), CountingEmbedder()
    one = evaluate_retrieval(folder, EmbedderSettings(), tmp_path / "cache", embedder=first)
    two = evaluate_retrieval(folder, EmbedderSettings(), tmp_path / "cache", embedder=second)
    assert one == two
    assert len(first.embedded) == 3
    assert (second.embedded, second.asked) == ([], 0)


class CountingEmbedder(HashEmbedder):
    asked = 0

    def embed_question(self, text: str):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().embed_question(text)


def test_a_part_of_a_set_can_be_measured(folder: Path) -> None:
    assert [question.id for question in read_retrieval_set(folder, "test").questions] == ["2"]
    with pytest.raises(UsageError, match="train"):
        read_retrieval_set(folder, "train")


def test_a_link_that_became_a_file_is_followed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("queries.jsonl", "qrels.tsv"):
        (other / name).write_bytes((folder / name).read_bytes())
    (other / "corpus.jsonl").write_text("../tiny/corpus.jsonl")
    assert read_retrieval_set(other).passages == read_retrieval_set(folder).passages


def test_what_is_wrong_with_a_set_is_said_with_its_line(folder: Path) -> None:
    with (folder / "queries.jsonl").open("a") as file:
        file.write("{broken\n")
    with pytest.raises(UsageError, match="line 5"):
        read_retrieval_set(folder)
    (folder / "qrels.tsv").write_text("only two\tfields\n")
    with pytest.raises(UsageError, match="line 1"):
        read_retrieval_set(folder)
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(NotFoundError, match=r"corpus\.jsonl"):
        read_retrieval_set(folder)
