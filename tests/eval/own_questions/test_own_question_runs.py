"""A collection is asked its questions through the answer path, and each answer is worth what was expected of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.own_questions import (
    OwnQuestion,
    evaluate_collection,
    evaluation_folder,
    find_questions,
    read_questions,
    read_recorded,
    record_run,
    write_questions,
)
from eval.own_questions.printing import run_lines
from eval.own_questions.scoring import is_document, values_of
from eval.records import Run
from eval.runs import read_run
from kb.catalog.collections import open_collection
from kb.errors import ModelError, NotFoundError, UsageError
from kb.records import Answer, AnswerStatus, Claim, DocumentEntry, Hit, HitSource, Passage, Verdict
from kb.settings import Settings
from retriever import Searcher
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.serving.library import make_collection

QUESTIONS = (
    OwnQuestion("fee", "What is the fee for a resit?", ("40 euros", "forty euros"), "handbook.txt"),
    OwnQuestion("dose", "What is the usual adult dose of Metforin?", ("500 mg",), "handbook.txt"),  # the wrong document
    OwnQuestion("hans", "出租人应当在多少日内退还押金？", ("三十日",), "条例.txt", tags=("law",)),
    OwnQuestion("hant", "出租人應當在多少日內退還押金？", ("三十日",), "条例.txt"),
    OwnQuestion("refuse", "Who painted the ceiling of the Sistine Chapel?", must_refuse=True),
    OwnQuestion("place", "When is the library open?", document="handbook.txt"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_collection(tmp_path, HashEmbedder()).close()
    return tmp_path


def run_of(home: Path, questions: tuple[OwnQuestion, ...] = QUESTIONS, model: ScriptedChatModel | None = None) -> Run:
    searcher = Searcher(open_collection(home, "default"), HashEmbedder())
    return evaluate_collection(Settings(home=home), "default", questions, searcher=searcher, model=model)


def test_each_answer_is_worth_what_was_expected_of_it(home: Path) -> None:
    run = run_of(home)
    values = {query.id: query.values for query in run.queries}
    assert list(values) == [own.id for own in QUESTIONS]
    assert values["fee"] == values["fee"] | {"found@5": 1, "MRR": 1, "answer contains": 1, "cites document": 1}
    assert values["fee"]["wrong refusal"] == 0
    assert (values["dose"]["answer contains"], values["dose"]["cites document"]) == (1, 0)
    assert values["hans"]["answer contains"] == values["hant"]["answer contains"] == 1
    assert values["refuse"] == values["refuse"] | {"right refusal": 1}
    assert {"answer contains", "found@5", "wrong refusal"}.isdisjoint(values["refuse"])
    assert "answer contains" not in values["place"]
    assert run.metrics["right refusal"].mean == 1
    assert run.metrics["cites document"].mean == pytest.approx(4 / 5)


def test_details_show_what_was_expected_answered_cited_and_read(home: Path) -> None:
    fee = run_of(home).queries[0]
    assert fee.details["expected"] == {
        "answers": ["40 euros", "forty euros"],
        "document": "handbook.txt",
        "page": None,
        "must_refuse": False,
    }
    assert "40 euros" in fee.details["answer"]
    assert fee.details["citations"][0]["document"] == "handbook.txt"
    assert fee.details["top"][0]["text"]
    assert fee.details["status"] == "answered"


def test_a_run_says_what_it_was_of(home: Path) -> None:
    run = run_of(home)
    assert (run.set, run.task, run.collection["version"]) == ("default", "own questions", 3)
    assert run.config["answers by"] == "extractive"
    assert run.machine
    assert run.started


def test_a_wrong_page_counts_against_search_and_citation(tmp_path: Path) -> None:
    from kb.catalog import Catalog
    from kb.records import Document
    from tests.serving.library import store_document

    catalog = Catalog.create(tmp_path / "collections" / "default")
    text = "Rules\n\nLate reports lose five marks a day."
    document = Document("f" * 64, "rules.pdf", "application/pdf", "Rules", text, language="en", pages=2)
    store_document(catalog, HashEmbedder(), document)
    asked = "How many marks do late reports lose?"
    questions = (
        OwnQuestion("right", asked, document="rules.pdf", page=1),
        OwnQuestion("wrong", asked + " ", document="rules.pdf", page=2),
    )
    right, wrong = run_of(tmp_path, questions).queries
    assert (right.values["found@5 on page"], right.values["MRR"]) == (1, 1)
    assert (wrong.values["found@5"], wrong.values["found@5 on page"], wrong.values["MRR"]) == (1, 0, 0)
    assert wrong.values["cites document"] == 1
    assert wrong.values["cites page"] == 0


def test_a_question_on_which_the_model_fails_is_not_answered_and_not_refused(home: Path) -> None:
    questions = (QUESTIONS[0], QUESTIONS[3], QUESTIONS[2])
    model = ScriptedChatModel(["The fee is 40 euros [1]."], ModelError("it broke off"), ["三十日[1]。"])
    run = run_of(home, questions, model)
    assert [query.values["answer contains"] for query in run.queries] == [1, 0, 1]
    failed = run.queries[1]
    assert "broke off" in failed.details["failure"]
    assert "confidence" not in failed.values
    assert failed.values["wrong refusal"] == 0
    assert any("model failed: 1" in line for line in run_lines(run))


def test_a_model_that_is_down_ends_the_measuring(home: Path) -> None:
    model = ScriptedChatModel(*[ModelError("cannot be reached")] * 3)
    with pytest.raises(ModelError, match="cannot be reached"):
        run_of(home, QUESTIONS[:4], model)
    with pytest.raises(ModelError):
        run_of(home, QUESTIONS[:1], ScriptedChatModel(ModelError("cannot be reached")))


def test_expected_documents_that_are_not_there_are_named(home: Path) -> None:
    run = run_of(home, (OwnQuestion("a", "What is the fee for a resit?", document="missing.pdf"),))
    assert run.config["missing documents"] == ["missing.pdf"]
    assert any("missing.pdf" in line for line in run_lines(run))


def answer_of(text: str, status: AnswerStatus) -> Answer:
    return Answer("q", "c", 1, status, 0.5, "extractive", (Claim(text, Verdict.SUPPORTED, ""),), ())


def hit_in(name: str, order: int) -> Hit:
    entry = DocumentEntry(name, name, name, "text/plain", "en", 0, 1, 1, "")
    return Hit(Passage(name, order, order, order + 1, "x"), entry, 1.0 / (order + 1), HitSource.FUSED)


def test_only_the_first_five_passages_count_as_found() -> None:
    own = OwnQuestion("a", "q", document="right.txt")
    hits = [hit_in("wrong.txt", order) for order in range(5)] + [hit_in("right.txt", 5)]
    late = values_of(own, hits, None, 0.0)
    assert (late["found@5"], late["MRR"]) == (0, pytest.approx(1 / 6))
    assert values_of(own, hits[1:], None, 0.0)["found@5"] == 1
    assert values_of(own, hits[:5], None, 0.0)["MRR"] == 0


def test_a_refusal_that_names_the_answer_has_not_given_it() -> None:
    own = OwnQuestion("a", "q", ("40 euros",))
    text = "I found no answer. I looked at “Fees of 40 euros”."
    assert values_of(own, (), answer_of(text, AnswerStatus.REFUSED), 0.0)["answer contains"] == 0
    assert values_of(own, (), answer_of(text, AnswerStatus.ANSWERED), 0.0)["answer contains"] == 1


@pytest.mark.parametrize(
    ("said", "expected", "contained"),
    [
        ("“The fee is 40 euros.” [1]", "40 euros", 1),
        ("“The fee is 140 euros.” [1]", "40 euros", 0),
        ("“最大剂量为每日2,000 mg。”[1]", "2,000mg", 1),
        ("「每冊每日滯還金新臺幣5元」[1]", "每册每日滞还金新台币5元", 1),
        ("The fee[1] is 40[2] euros.", "is 40 euros", 1),
        ("It is ＦＲＥＥ of charge.", "free", 1),
        ("罚款150元。", "50元", 0),
        ("罚款50元，或者150元。", "50元", 1),
        ("共1,150元", "150", 0),
        ("共1,150元", "1150", 1),
        ("比例为3.5", "3", 0),
        ("比例为 3 5 之间", "3", 1),
        ("第15条", "第15条", 1),
        ("It is within 48 hours, and 5 more.", "48 hours", 1),
    ],
)
def test_an_answer_contains_a_phrase_whatever_its_marks_width_and_script(
    said: str, expected: str, contained: int
) -> None:
    found = values_of(OwnQuestion("a", "q", ("never", expected)), (), answer_of(said, AnswerStatus.ANSWERED), 0.0)
    assert found["answer contains"] == contained


@pytest.mark.parametrize(
    ("name", "wanted", "same"),
    [
        ("law/act.pdf", "act.pdf", True),
        ("law/act.pdf", "law/act.pdf", True),
        ("law/act.pdf", "law\\act.pdf", True),
        ("contact.pdf", "act.pdf", False),
        ("re\u0301sume\u0301.pdf", "résumé.pdf", True),
        ("act.pdf", "law/act.pdf", False),
    ],
)
def test_a_document_is_named_by_the_end_of_its_path(name: str, wanted: str, same: bool) -> None:
    assert is_document(name, wanted) is same


def test_questions_and_recorded_run_stand_in_the_collections_folder(home: Path) -> None:
    folder = evaluation_folder(home, "default")
    assert folder == home / "collections" / "default" / "evaluation"
    with pytest.raises(NotFoundError, match="carries no questions"):
        find_questions(home, "default")
    assert read_recorded(home, "default") is None
    write_questions(folder / "questions.yaml", QUESTIONS)
    assert read_questions(find_questions(home, "default")) == QUESTIONS
    write_questions(folder / "questions.csv", QUESTIONS)
    with pytest.raises(UsageError, match="several"):
        find_questions(home, "default")
    run = run_of(home)
    path = record_run(home, "default", run)
    assert path == folder / "recorded.json"
    assert read_recorded(home, "default") == read_run(path) == run
    with pytest.raises(NotFoundError):
        find_questions(home, "other")


def test_made_questions_are_counted_apart_from_peoples(home: Path) -> None:
    assert not any("synthetic" in line for line in run_lines(run_of(home)))
    mixed = (QUESTIONS[0], replace(QUESTIONS[1], synthetic=True), replace(QUESTIONS[2], synthetic=True))
    lines = run_lines(run_of(home, mixed))
    assert "1 people's questions: answer contains 1.000, found@5 1.000" in lines
    assert "2 synthetic questions: answer contains 1.000, found@5 " in "\n".join(lines)


def test_progress_is_told(home: Path) -> None:
    told: list[tuple[str, int, int]] = []
    searcher = Searcher(open_collection(home, "default"), HashEmbedder())
    evaluate_collection(
        Settings(home=home), "default", QUESTIONS[:2], lambda *step: told.append(step), searcher=searcher
    )
    assert told == [("asking", 0, 2), ("asking", 1, 2), ("asking", 2, 2)]
