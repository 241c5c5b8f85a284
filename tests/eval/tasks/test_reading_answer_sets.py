"""Which questions, answers and passages are read from sets of each kind."""

from pathlib import Path

import pytest

from eval.tasks.questions import read_answer_set
from kb.errors import UsageError
from tests.eval.tasks.small_sets import CORPUS, QUESTIONS, write_lines, write_set

RGB = {
    "_id": "7",
    "query": "讓分是多少？",
    "answer": [["40欧元", "四十歐元"], "一次"],
    "positive": [["费用为40欧元。"], ["只能重考一次。"]],
    "negative": ["另一个问题。", "再一个问题。"],
}


def test_questions_keep_what_answers_them_and_what_judges_them(tmp_path: Path) -> None:
    found = read_answer_set(write_set(tmp_path / "tiny"))
    assert [question.id for question in found.questions] == ["en", "hans", "hant", "none"]
    assert found.questions[1].answers == ("三十日",)
    assert found.questions[1].gold == ("租赁",)
    assert found.questions[1].group == "law"
    assert [question.answerable for question in found.questions] == [True, True, True, False]
    assert all(question.given == () for question in found.questions)  # the whole corpus is read
    assert not found.long


def test_verdicts_labels_and_items_of_lists_are_no_answers_to_compare_with(tmp_path: Path) -> None:
    asked = {"text": "Is it so?", "about": "fee"}
    lines = [
        {"_id": "1", "answers": ["Yes"]} | asked,
        {"_id": "2", "answers": ["SUPPORT"], "label": "SUPPORT"} | asked,
        {"_id": "3", "answers": ["aspirin", "heparin"], "type": "list"} | asked,
        {"_id": "4", "answers": [" 40 euros ", ""], "type": "factoid"} | asked,
    ]
    found = read_answer_set(write_set(tmp_path / "mixed", lines))
    assert [question.answers for question in found.questions] == [(), (), (), ("40 euros",)]


def test_where_no_short_answers_are_written_down_the_long_ones_count(tmp_path: Path) -> None:
    lines = [
        {"_id": "1", "text": "Is it so?", "about": "fee", "answers": ["no"], "long_answer": "It is not."},
        {
            "_id": "2",
            "text": "And that?",
            "about": "fee",
            "type": "summary",
            "ideal_answers": ["It is.", "Yes, it is."],
        },
    ]
    found = read_answer_set(write_set(tmp_path / "long", lines))
    assert [question.answers for question in found.questions] == [("It is not.",), ("It is.", "Yes, it is.")]


def test_a_part_of_a_set_can_be_read(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "tiny", [QUESTIONS[0] | {"part": "dev"}, QUESTIONS[1] | {"part": "test"}])
    assert [question.id for question in read_answer_set(folder, "test").questions] == ["hans"]
    with pytest.raises(UsageError, match="train"):
        read_answer_set(folder, "train")


def test_questions_that_name_no_case_are_given_their_own_document(tmp_path: Path) -> None:
    found = read_answer_set(write_set(tmp_path / "cail2019-mrc-zh"))
    assert [question.given for question in found.questions] == [("fee",), ("租赁",), ("圖書館",), ()]


def test_a_contract_is_all_its_passages(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "cuad-en", [QUESTIONS[0] | {"about": "fee", "about_doc": "handbook"}])
    lines = [{"_id": name, "title": title, "text": text, "doc": "handbook"} for name, title, text in CORPUS[:2]]
    write_lines(folder / "corpus.jsonl", lines)
    line = {key: value for key, value in QUESTIONS[0].items() if key != "about"} | {"about_doc": "handbook"}
    write_lines(folder / "queries.jsonl", [line])
    assert read_answer_set(folder).questions[0].given == ("library", "fee")


def test_rgb_asks_each_question_with_and_without_the_passages_that_answer_it(tmp_path: Path) -> None:
    write_lines(tmp_path / "data.jsonl", [RGB])
    found = read_answer_set(tmp_path)
    assert [passage.id for passage in found.passages] == ["7+0", "7+1", "7-0", "7-1"]
    answerable, not_answerable = found.questions
    assert (answerable.id, answerable.parts) == ("7", (("40欧元", "四十歐元"), ("一次",)))
    assert answerable.given == ("7+0", "7+1", "7-0", "7-1")
    assert answerable.gold == ("7+0", "7+1")
    assert (not_answerable.answerable, not_answerable.given) == (False, ("7-0", "7-1"))
    assert not_answerable.text == answerable.text


def test_an_rgb_answer_of_one_thing_is_an_ordinary_answer(tmp_path: Path) -> None:
    write_lines(tmp_path / "data.jsonl", [RGB | {"answer": "40欧元", "negative": []}])
    found = read_answer_set(tmp_path)
    assert [(question.answers, question.parts) for question in found.questions] == [(("40欧元",), ())]


def test_a_line_of_rgb_that_lacks_a_field_is_named(tmp_path: Path) -> None:
    write_lines(tmp_path / "data.jsonl", [RGB, {"query": "?"}])
    with pytest.raises(UsageError, match="line 2"):
        read_answer_set(tmp_path)
