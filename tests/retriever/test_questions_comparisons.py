from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.fusion import Fused
from retriever.questions import Glossary, interleave, read_question
from retriever.questions.comparisons import sides_of


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between metformin and insulin?", ("metformin", "insulin")),
        ("BM25 versus dense retrieval", ("BM25", "dense retrieval")),
        ("metformin vs. insulin for children", ("metformin for children", "insulin for children")),
        (
            "Compare the notice period in the lease with the notice period in the service agreement.",
            ("notice period in the lease", "notice period in the service agreement"),
        ),
        ("How does rank fusion differ from a weighted sum?", ("rank fusion", "weighted sum")),
        ("How do LSTMs and GRUs differ in memory use?", ("LSTMs in memory use", "GRUs in memory use")),
        ("Which is faster, exact search or IVF?", ("exact search faster", "IVF faster")),
        (
            "What are the differences between Article 5, Article 6 and Article 7 under the Act?",
            ("Article 5 under the Act", "Article 6 under the Act", "Article 7 under the Act"),
        ),
        ("BM25和向量检索有什么区别？", ("BM25", "向量检索")),
        ("k1和b的区别是什么？", ("k1", "b")),
        ("比较甲方与乙方的违约责任", ("甲方 违约责任", "乙方 违约责任")),
        ("二甲双胍与胰岛素在副作用方面有什么不同？", ("二甲双胍 在副作用方面", "胰岛素 在副作用方面")),
        ("请问作业一和作业五的截止时间有何不同？", ("作业一 截止时间", "作业五 截止时间")),
        ("二甲双胍和胰岛素哪个更适合儿童？", ("二甲双胍 适合儿童", "胰岛素 适合儿童")),
        ("在BM25中，k1和b有什麼區別？", ("k1 在BM25中", "b 在BM25中")),
        ("民法典与合同法、侵权法的异同", ("民法典", "合同法", "侵权法")),
    ],
)
def test_a_comparison_has_a_question_for_each_side(question: str, sides: tuple[str, ...]) -> None:
    assert sides_of(question) == sides
    first, *others = read_question(question, Glossary({}))
    assert first.text == question
    assert tuple(variant.text for variant in others) == sides


@pytest.mark.parametrize(
    "question",
    [
        "What is the notice period for tenants?",
        "Who won the game between Denver and Carolina?",
        "What is the distance between Paris and London?",
        "Which documents do I need?",
        "What are the terms and conditions?",
        "",
        "甲方和乙方的义务有哪些？",
        "有什么区别？",
        "如何比较两个系统？",
        "原告和被告分别是谁",
        "哪些药物不能一起吃？",
    ],
)
def test_other_questions_have_no_sides(question: str) -> None:
    assert sides_of(question) == ()


@pytest.mark.parametrize("question", ["difference between " + "a and b " * 4000, "vs " * 90, "A和" * 130 + "区别"])
def test_hostile_questions_take_no_time(question: str) -> None:
    begun = time.process_time()
    sides_of(question)
    assert time.process_time() - begun < 0.1


def ranking(*numbers: int) -> list[Fused]:
    return [Fused(number, 1 - place / 10, 0.5, 2.0) for place, number in enumerate(numbers)]


def test_every_ranking_has_its_turn_and_scores_never_rise() -> None:
    merged = interleave([ranking(1, 2, 3), ranking(4, 1, 5), ranking(6)])
    assert [item.number for item in merged] == [1, 4, 6, 2, 3, 5]
    assert [item.score for item in merged] == sorted((item.score for item in merged), reverse=True)


def test_a_higher_score_behind_a_lower_one_is_lowered() -> None:
    low = [item._replace(score=item.score / 2) for item in ranking(1, 2)]
    assert [(item.number, item.score) for item in interleave([low, ranking(3, 4)])] == [
        *((1, 0.5), (3, 0.5), (2, 0.45), (4, 0.45))
    ]


def test_one_ranking_stays_as_it_is() -> None:
    assert interleave([ranking(3, 1, 2)]) == ranking(3, 1, 2)
    assert interleave([[], ranking(3)]) == ranking(3)


RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=8), min_size=1, max_size=4)


@given(numbers=RANKINGS)
def test_interleaving_loses_nothing_and_repeats_nothing(numbers: list[list[int]]) -> None:
    merged = [item.number for item in interleave([ranking(*own) for own in numbers])]
    assert sorted(merged) == sorted({number for own in numbers for number in own})
    firsts = {own[0] for own in numbers if own}
    assert firsts <= set(merged[: len(numbers)])
