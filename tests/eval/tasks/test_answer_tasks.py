"""Answers, citations, abstention and latency, through the product's own answer path over a small set."""

from pathlib import Path

import pytest

from eval.runs import read_run, write_run
from eval.tasks.abstention import evaluate_abstention
from eval.tasks.answer_sets import AnsweredQuestion
from eval.tasks.answers import evaluate_answers, is_right
from eval.tasks.citations import evaluate_citations
from eval.tasks.latency import evaluate_latency
from kb.errors import ModelError, NotFoundError, UsageError
from tests.eval.tasks.small_sets import QUESTIONS, settings_at, write_set
from tests.fakes import HashEmbedder, ScriptedChatModel

TASKS = (evaluate_answers, evaluate_citations, evaluate_abstention, evaluate_latency)


def run(task, folder: Path, **options):  # type: ignore[no-untyped-def]
    given = {"embedder": HashEmbedder(), "cache": folder.parent / "cache"} | options
    return task(folder, settings_at(folder.parent / "home"), **given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "tiny")


def values_of(found, name: str) -> dict[str, float]:  # type: ignore[no-untyped-def]
    return {query.id: query.values[name] for query in found.queries if name in query.values}


def test_extractive_answers_in_all_three_writings_contain_the_gold_answer(folder: Path) -> None:
    found = run(evaluate_answers, folder)
    assert values_of(found, "containment") == {"en": 1, "hans": 1, "hant": 1}
    assert (found.set, found.task, found.config["answers by"]) == ("tiny", "answers", "extractive")
    assert found.metrics["answered"].mean == 1
    assert 0 < found.metrics["F1"].mean < 1  # whole sentences are said for a number
    assert found.metrics["EM"].mean == 0
    english = found.queries[0]
    assert "40 euros" in english.details["answer"]
    assert english.details["cited"][0] == english.details["expected"][0]["id"] == "fee"
    assert found.queries[1].details["group"] == "law"
    assert found.collection["passages"] == 4


def test_a_models_answer_is_measured_without_its_markers(folder: Path) -> None:
    model = ScriptedChatModel(["40 euros [1]"], ["三十日", "[1]"], ["上午九時[1]"])
    found = run(evaluate_answers, folder, model=model)
    for name in ("EM", "F1", "containment", "ROUGE-L", "chrF", "answered"):
        assert values_of(found, name) == pytest.approx({"en": 1, "hans": 1, "hant": 1}), name
    assert found.config["answers by"] == "scripted"


def test_a_refused_question_counts_as_nothing_said(folder: Path) -> None:
    model = ScriptedChatModel(["NO_ANSWER_IN_PASSAGES"], ["三十日[1]"], ["上午九時[1]"])
    found = run(evaluate_answers, folder, model=model)
    assert {name: value for name, value in found.queries[0].values.items() if value} == {}
    assert found.metrics["EM"].mean == pytest.approx(2 / 3)
    assert found.queries[0].details["status"] == "refused"


def test_a_question_whose_answer_failed_counts_as_nothing_and_the_others_go_on(folder: Path) -> None:
    model = ScriptedChatModel(ModelError("the model broke off"), ["三十日[1]"], ["上午九時[1]"])
    found = run(evaluate_answers, folder, model=model)
    assert values_of(found, "EM") == {"en": 0, "hans": 1, "hant": 1}
    assert "broke off" in found.queries[0].details["failure"]


def test_a_model_that_is_down_ends_the_run(folder: Path) -> None:
    with pytest.raises(ModelError, match="down"):
        run(evaluate_answers, folder, model=ScriptedChatModel(*[ModelError("the model is down")] * 3))


def test_explanations_are_not_asked_for_to_the_letter(tmp_path: Path) -> None:
    long = "The fee for a resit is forty euros, which every student has to pay before the examination begins again."
    folder = write_set(tmp_path / "long", [QUESTIONS[0] | {"answers": [f"{long} {long[4:]}"]}])
    found = run(evaluate_answers, folder)
    assert found.metrics.keys() == {"F1", "ROUGE-L", "chrF", "BLEU", "answered"}
    assert all(0 < found.metrics[name].mean < 1 for name in ("F1", "ROUGE-L", "chrF", "BLEU"))


def test_the_citations_of_extractive_answers_stand_where_they_say(folder: Path) -> None:
    found = run(evaluate_citations, folder)
    for name in ("answered", "citation recall", "citation precision", "quotes in place", "gold passage recall"):
        assert values_of(found, name) == {"en": 1, "hans": 1, "hant": 1}, name
    assert found.config["judge"] == "packaged"


def test_a_sentence_that_cites_nothing_or_the_wrong_thing_lowers_citation_recall(folder: Path) -> None:
    model = ScriptedChatModel(
        ["The fee for a resit is 40 euros [1]. It was 30 euros in the year before that."],
        ["出租人应当在三十日内退还押金[1]。"],
        ["NO_ANSWER_IN_PASSAGES"],
    )
    found = run(evaluate_citations, folder, model=model)
    assert values_of(found, "citation recall") == {"en": 0.5, "hans": 1}
    assert values_of(found, "citation precision") == {"en": 1, "hans": 1}
    assert values_of(found, "answered") == {"en": 1, "hans": 1, "hant": 0}


def test_abstention_tells_right_answers_right_refusals_and_the_rest(folder: Path) -> None:
    # What is refused is asked once more, to be answered however unsure.
    model = ScriptedChatModel(["40 euros [1]"], ["十五日[1]"], *[["NO_ANSWER_IN_PASSAGES"]] * 4)
    found = run(evaluate_abstention, folder, model=model)
    assert values_of(found, "refused") == {"en": 0, "hans": 0, "hant": 1, "none": 1}
    assert values_of(found, "right") == {"en": 1, "hans": 0, "hant": 0, "none": 1}
    assert [query.details["kind"] for query in found.queries] == ["answerable"] * 3 + ["unanswerable"]
    metrics = {name: interval.mean for name, interval in found.metrics.items()}
    assert metrics["refusal precision"] == 0.5
    assert metrics["refusal recall"] == 1
    assert metrics["refusal F1"] == pytest.approx(2 / 3)
    assert metrics["right"] == 0.5
    assert metrics["AUROC right"] == 1  # the wrong answer is the less sure one
    assert metrics["AURC"] == pytest.approx((0 + 1 / 2 + 2 / 3 + 3 / 4) / 4)
    assert metrics["E-AURC"] == pytest.approx(0)
    assert 0 <= metrics["AUROC answerable"] <= 1


def test_what_a_refused_question_would_have_been_told_takes_part_in_the_risk_curve(folder: Path) -> None:
    reworded = QUESTIONS[0] | {"text": "What sum do examinations demand of repeating freshmen?"}
    unsure = write_set(folder.parent / "unsure", [reworded, QUESTIONS[3]])
    found = run(evaluate_abstention, unsure)
    assert values_of(found, "refused") == {"en": 1, "none": 1}
    assert values_of(found, "right") == {"en": 0, "none": 1}
    assert values_of(found, "right if answered") == {"en": 1, "none": 0}


def test_a_failure_is_no_refusal(folder: Path, tmp_path: Path) -> None:
    only = write_set(tmp_path / "two", [QUESTIONS[0], QUESTIONS[1] | {"answerable": False}])
    found = run(evaluate_abstention, only, model=ScriptedChatModel(["40 euros [1]"], ModelError("the model broke off")))
    assert values_of(found, "refused") == {"en": 0, "hans": 0}
    assert values_of(found, "right") == {"en": 1, "hans": 0}


def test_questions_of_another_set_can_be_mixed_in_as_unanswerable(folder: Path, tmp_path: Path) -> None:
    strangers = [{"_id": str(n), "text": f"Which enzyme {n} splits lactose?", "about": "fee"} for n in range(5)]
    other = write_set(tmp_path / "enzymes", strangers)
    found = run(evaluate_abstention, folder, out_of_scope=other)
    mixed = [query.id for query in found.queries if query.details["kind"] == "out of scope"]
    assert len(mixed) == 3  # as many as there are answerable ones
    assert all(name.startswith("enzymes/") for name in mixed)
    assert found.config["out of scope"] == "enzymes"
    assert {"refusal recall, unanswerable", "refusal recall, out of scope"} <= found.metrics.keys()


def test_latency_is_measured_for_search_first_claim_and_answer(folder: Path) -> None:
    found = run(evaluate_latency, folder)
    for stage in ("search ms", "search without embedding ms", "answer ms", "first claim ms", "answer CPU ms"):
        assert 0 < found.metrics[f"{stage} p50"].mean <= found.metrics[f"{stage} p95"].mean
    assert len(found.queries) == 4
    assert "tokens in" not in found.metrics


def test_latency_counts_the_tokens_of_a_model(folder: Path) -> None:
    replies = [["one two three [1]"]] * 7  # three of them to warm up
    found = run(evaluate_latency, folder, model=ScriptedChatModel(*replies))
    assert values_of(found, "tokens out") == {"en": 4, "hans": 4, "hant": 4, "none": 0}  # refused without the model
    assert found.metrics["tokens in"].mean > 100


@pytest.mark.parametrize("task", TASKS)
def test_every_task_gives_a_run_that_can_be_written_and_read(task, folder: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen: list[tuple[str, int, int]] = []
    found = run(task, folder, sample=3, progress=lambda *told: seen.append(told))
    assert len(found.queries) == 3
    assert all(done <= of for _, done, of in seen)
    assert seen
    write_run(tmp_path / "run.json", found)
    back = read_run(tmp_path / "run.json")
    assert back.metrics.keys() == found.metrics.keys()
    assert [query.values for query in back.queries] == [query.values for query in found.queries]


def test_a_sample_is_the_same_every_time(folder: Path) -> None:
    one, two = (run(evaluate_answers, folder, sample=2) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("task", "questions", "said"),
    [
        (evaluate_answers, [QUESTIONS[0] | {"answers": ["yes"]}], "no questions with written answers"),
        (evaluate_citations, [QUESTIONS[0] | {"answerable": False}], "no answerable questions"),
        (evaluate_abstention, QUESTIONS[:3], "no unanswerable questions"),
        (evaluate_abstention, [QUESTIONS[3] | {"about": "fee"}], "no answerable questions"),
    ],
)
def test_a_set_without_what_a_task_needs_is_refused_in_one_line(task, questions, said: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=said) as failure:
        run(task, write_set(tmp_path / "set", questions))
    assert "\n" not in str(failure.value)


def test_a_folder_that_is_no_set_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        run(evaluate_answers, tmp_path / "nowhere")


def test_an_answer_in_parts_must_have_them_all() -> None:
    question = AnsweredQuestion("1", "哪两天？", parts=(("1月3日",), ("12月24日", "二十四日")))
    assert is_right(question, ["1月3日開幕。", "十二月二十四日閉幕。"])
    assert not is_right(question, ["1月3日开幕。"])


def test_a_sentence_out_of_a_longer_gold_answer_is_right() -> None:
    clause = "The licensee may sublicense the work. It shall give notice in writing within ten days."
    question = AnsweredQuestion("1", "Is notice needed?", answers=(clause,))
    assert is_right(question, ["It shall give notice in writing within ten days."])
    assert not is_right(question, ["It shall give notice by telephone within ten days."])
    assert not is_right(question, [])
