import json
from pathlib import Path

import pytest

from eval.question_cache import RememberingEmbedder
from eval.runs import run_json, run_table
from eval.sets import Span, read_question_lines, read_retrieval_set, take_sample
from eval.statistics.intervals import bootstrap_interval
from eval.tasks.retrieval import evaluate_retrieval
from kb.errors import NotFoundError, UsageError
from kb.settings import Settings
from retriever import SearchMode
from tests.fakes import HashEmbedder

CORPUS = [
    {"_id": "a", "title": "Library", "text": "The library opens at eight.", "doc": "handbook", "start": 0, "end": 27},
    {"_id": "b", "title": "Library", "text": "It closes at ten.", "doc": "handbook", "start": 28, "end": 45},
    {"_id": "c", "title": "考试", "text": "迟交作业扣百分之十。", "doc": "规定", "start": 0, "end": 10},
]
QUERIES = [
    {
        "_id": "1",
        "text": "When does the library open?",
        "part": "dev",
        "doc": "handbook",
        "spans": [{"doc": "handbook", "start": 18, "end": 26}],
        "category": "hours",
    },
    {"_id": "2", "text": "迟交作业扣多少？", "part": "test", "doc": "规定", "spans": []},
    {"_id": "3", "text": "zzz qqq", "part": "dev", "doc": "规定"},
    {"_id": "4", "text": "not judged", "part": "dev", "doc": "规定"},
]
QRELS = "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tc\t2\n3\tc\t1\n"


def write_lines(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_lines(folder / "corpus.jsonl", CORPUS)
    write_lines(folder / "queries.jsonl", QUERIES)
    (folder / "qrels.tsv").write_text(QRELS)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def measure(folder: Path, settings: Settings, embedder: HashEmbedder | None = None, **chosen):  # type: ignore[no-untyped-def]
    embedder = embedder or HashEmbedder()
    return evaluate_retrieval(folder, settings, cache=settings.home / "cache", embedder=embedder, **chosen)


def test_an_interval_holds_its_mean_and_is_the_same_every_time() -> None:
    values = [0.0, 1.0] * 50
    interval = bootstrap_interval(values)
    assert interval == bootstrap_interval(values)
    assert interval.low < interval.mean == 0.5 < interval.high
    assert interval.high - interval.low == pytest.approx(0.196, abs=0.02)  # 2 * 1.96 * .5 / sqrt(100)
    assert bootstrap_interval([0.3]) == (0.3, 0.3, 0.3)


@pytest.mark.parametrize("mode", SearchMode)
def test_a_set_is_measured_through_the_products_own_search(folder: Path, settings: Settings, mode: SearchMode) -> None:
    found = measure(folder, settings, mode=mode)
    assert [query.id for query in found.queries] == ["1", "2", "3"]
    assert [query.values["MRR@10"] for query in found.queries[:2]] == [1.0, 1.0]
    assert found.metrics["Success@5"].mean == pytest.approx(2 / 3 if mode is SearchMode.LEXICAL else 1)
    assert found.metrics["Success@5 by doc"].mean >= 2 / 3
    assert found.queries[0].details["top"][0] == "a"
    assert found.config["mode"] == mode.value
    assert found.collection["passages"] == 3
    content = run_json(found)
    assert (content["set"], content["task"]) == ("tiny", "retrieval")
    assert set(content["metrics"]["nDCG@10"]) == {"mean", "low", "high"}
    assert "tiny" in run_table(found)


def test_a_question_for_which_nothing_is_found_counts_as_zero(folder: Path, settings: Settings) -> None:
    found = measure(folder, settings, mode=SearchMode.LEXICAL)
    assert {value for name, value in found.queries[2].values.items()} == {0.0}
    assert found.metrics["nDCG@10"].mean == pytest.approx(2 / 3)


def test_spans_are_measured_for_the_questions_that_have_them(folder: Path, settings: Settings) -> None:
    found = measure(folder, settings, mode=SearchMode.LEXICAL)
    assert found.queries[0].values["span precision@1"] == pytest.approx(8 / 27)
    assert found.queries[0].values["span recall@1"] == 1
    assert "span recall@1" not in found.queries[1].values
    assert found.metrics["span precision@1"].mean == pytest.approx(8 / 27)
    assert "1 of 3 questions" in run_table(found)


def test_a_set_that_does_not_say_where_its_passages_stand_has_no_span_metrics(folder: Path, settings: Settings) -> None:
    without = [{key: value for key, value in line.items() if key != "start"} for line in CORPUS]
    write_lines(folder / "corpus.jsonl", without)
    assert not [name for name in measure(folder, settings).metrics if "span" in name]


def test_a_run_keeps_what_a_person_wants_to_see_of_each_question(folder: Path, settings: Settings) -> None:
    write_lines(folder / "corpus.jsonl", [*CORPUS, {"_id": "d", "text": "long " * 200}])
    first, second, _ = measure(folder, settings, mode=SearchMode.LEXICAL).queries
    assert first.question == "When does the library open?"
    assert first.details["group"] == "hours"
    assert first.details["expected"] == [
        {"id": "a", "title": "Library", "text": "The library opens at eight.", "place": 1}
    ]
    assert first.details["found"][0]["grade"] == 1
    assert second.details["expected"][0]["text"] == "迟交作业扣百分之十。"
    assert all(len(item["text"]) < 300 for query in (first, second) for item in query.details["found"])


def test_a_second_run_embeds_nothing(folder: Path, settings: Settings) -> None:
    first, second = HashEmbedder(), CountingEmbedder()
    one = measure(folder, settings, first)
    two = measure(folder, settings, second)
    assert one == two
    assert len(first.embedded) == 3
    assert (second.embedded, second.asked) == ([], 0)


class CountingEmbedder(HashEmbedder):
    asked = 0

    def embed_question(self, text: str):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().embed_question(text)


class FailingEmbedder(CountingEmbedder):
    """Is interrupted at its third question."""

    def embed_question(self, text: str):  # type: ignore[no-untyped-def]
        if self.asked == 2:
            raise KeyboardInterrupt
        return super().embed_question(text)


def test_an_interrupted_run_keeps_what_it_embedded(folder: Path, settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt):
        measure(folder, settings, FailingEmbedder())
    after = CountingEmbedder()
    measure(folder, settings, after)
    assert (after.embedded, after.asked) == ([], 1)


def test_a_corpus_that_was_stored_in_part_is_completed(folder: Path, settings: Settings) -> None:
    class Interrupted(HashEmbedder):
        def embed_passages(self, texts):  # type: ignore[no-untyped-def]
            if self.embedded:
                raise KeyboardInterrupt
            return super().embed_passages(texts)

    write_lines(folder / "corpus.jsonl", [*CORPUS, *({"_id": f"x{n}", "text": f"filler {n}"} for n in range(2_000))])
    with pytest.raises(KeyboardInterrupt):
        measure(folder, settings, Interrupted())
    after = HashEmbedder()
    measure(folder, settings, after)
    assert len(after.embedded) == 2_003 - 1_024


def test_vectors_that_another_run_kept_meanwhile_stay(tmp_path: Path) -> None:
    one, other = (RememberingEmbedder(HashEmbedder(), tmp_path) for _ in range(2))
    one.embed_question("first")
    other.embed_question("second")
    one.save()
    other.save()
    inner = CountingEmbedder()
    later = RememberingEmbedder(inner, tmp_path)
    later.embed_question("first")
    later.embed_question("second")
    assert inner.asked == 0


def test_a_killed_run_loses_no_more_than_its_last_questions(tmp_path: Path) -> None:
    killed = RememberingEmbedder(HashEmbedder(), tmp_path)
    for number in range(700):
        killed.embed_question(f"question {number}")  # (save is never called)
    inner = CountingEmbedder()
    later = RememberingEmbedder(inner, tmp_path)
    for number in range(700):
        later.embed_question(f"question {number}")
    assert inner.asked == 200


def test_a_damaged_file_of_vectors_is_made_anew(tmp_path: Path) -> None:
    first = RememberingEmbedder(HashEmbedder(), tmp_path)
    first.embed_question("question")
    first.save()
    path = next(tmp_path.glob("*.npz"))
    path.write_bytes(path.read_bytes()[:100])
    inner = CountingEmbedder()
    RememberingEmbedder(inner, tmp_path).embed_question("question")
    assert inner.asked == 1


def test_a_sample_is_always_the_same_keeps_the_order_and_grows_with_its_size() -> None:
    items = list(range(100))
    small, large = take_sample(items, 10), take_sample(items, 30)
    assert small == take_sample(items, 10) == sorted(small)
    assert len(set(small)) == 10
    assert set(small) < set(large)
    assert take_sample(items, 0) == take_sample(items, 100) == take_sample(items, 500) == items
    assert small != items[:10]


def test_a_sample_is_recorded_with_the_run(folder: Path, settings: Settings) -> None:
    found = measure(folder, settings, sample=2)
    assert len(found.queries) == 2
    assert (found.config["sample"], found.config["questions"]) == (2, 2)


def test_a_part_of_a_set_can_be_measured(folder: Path) -> None:
    assert [question.id for question in read_retrieval_set(folder, "test").questions] == ["2"]
    with pytest.raises(UsageError, match="train"):
        read_retrieval_set(folder, "train")


def test_all_questions_can_be_read_also_those_that_nobody_judged(folder: Path) -> None:
    assert [line["_id"] for line in read_question_lines(folder)] == ["1", "2", "3", "4"]
    assert [line["_id"] for line in read_question_lines(folder, "dev")] == ["1", "3", "4"]


def test_spans_and_groups_are_read_with_the_questions(folder: Path) -> None:
    read = read_retrieval_set(folder)
    assert read.questions[0].spans == (Span("handbook", 18, 26),)
    assert [question.group for question in read.questions] == ["hours", "", ""]
    assert read.passages[1].span == Span("handbook", 28, 45)
    write_lines(folder / "queries.jsonl", [{**QUERIES[0], "spans": [{"doc": "handbook"}]}])
    with pytest.raises(UsageError, match="question 1 has a span"):
        read_retrieval_set(folder)


def test_a_link_that_became_a_file_is_followed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("queries.jsonl", "qrels.tsv"):
        (other / name).write_bytes((folder / name).read_bytes())
    (other / "corpus.jsonl").write_text("../tiny/corpus.jsonl")
    assert read_retrieval_set(other).passages == read_retrieval_set(folder).passages


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"_id": "9"}, "line 5 has no _id or no text"),
        ({"text": "?"}, "line 5 has no _id or no text"),
        ({"_id": "9", "text": ["?"]}, "line 5 has no _id or no text"),
        ({"_id": "9", "text": " \n"}, "question 9 of .* is empty"),
        ({"_id": "1", "text": "again"}, "line 5 has the _id '1' of an earlier line"),
    ],
)
def test_a_question_without_words_or_a_name_of_its_own_is_refused(
    folder: Path, line: dict[str, object], said: str
) -> None:
    write_lines(folder / "queries.jsonl", [*QUERIES, line])
    with pytest.raises(UsageError, match=said):
        read_retrieval_set(folder)


def test_numbers_will_do_as_names(folder: Path) -> None:
    write_lines(folder / "queries.jsonl", [{"_id": 1, "text": "When does it open?"}])
    assert read_retrieval_set(folder).questions[0].id == "1"


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
