"""Answers by what is asked: yes or no, a list, a definition, in both languages."""

from __future__ import annotations

import pytest

from serving.extractive import Extraction, extract
from serving.extractive.questions import read_question
from serving.extractive.yes_no import settles
from tests.serving.test_extractive_quotes import make_hit

_RULES = """Enrolment

Students enrol online. For enrolment the following documents must be handed in:
- a copy of the passport
- the school leaving certificate
- two photographs
The office is open on Mondays. Waivers are signed by the dean. A waiver is a written statement that gives up a right."""
_RULES_CHINESE = """第三条 申请人应当提交下列材料：（一）身份证复印件；（二）学历证明；（三）两张照片。
办公室星期一开放。
要约由双方讨论。要约是希望与他人订立合同的意思表示。
报名时需要带：
1. 申请书
2. 成绩单
逾期不予受理。"""

_BIRDS = (
    "Featherbase is searched daily. Some species called ducks are not true ducks. Duck is the common name of many "
    "waterfowl. This paper introduces Featherbase, an open collection of plumage."
)


def ask(question: str, text: str) -> Extraction:
    return extract(question, [make_hit(text)])


@pytest.mark.parametrize(
    ("question", "sentence", "word"),
    [
        ("May phones be used in the examination?", "Phones may not be used in the examination.", "No."),
        ("Can students use a dictionary in the library?", "Students can use a dictionary in the library.", "Yes."),
        ("Is a deposit required for the lease?", "A deposit is required for the lease.", "Yes."),
        ("Must tenants paint the flat?", "Tenants must paint the flat before they leave.", "Yes."),
        ("承租人可以转租房屋吗？", "承租人不得转租房屋。", "不可以。"),
        ("考试期间可以使用词典吗？", "考试期间可以使用词典。", "可以。"),
        ("是否需要缴纳押金？", "需要缴纳押金。", "需要。"),
        ("承租人會支付利息嗎？", "承租人不支付利息。", "不會。"),
        ("这本书是图书馆的吗？", "这本书是图书馆的。", "是。"),
    ],
)
def test_yes_or_no_is_said_where_the_sentence_settles_it(question: str, sentence: str, word: str) -> None:
    extraction = ask(question, f"{sentence} 另有规定。" if "。" in sentence else f"{sentence} It rains.")
    assert extraction.settled is not None
    assert extraction.settled.word == word
    assert extraction.settled.why
    assert extraction.quotes[0].text == sentence


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("May tenants sublet the flat?", "Tenants may sublet the flat if the landlord agrees."),
        ("May tenants sublet the flat?", "Without consent tenants may not sublet the flat."),
        ("May tenants sublet the flat?", "Tenants must not leave the flat."),
        ("Must tenants sublet the flat?", "Tenants may sublet the flat."),
        ("Can the landlord sue the tenant?", "The tenant can sue the landlord."),
        ("Do all students pay the fee?", "Students pay the fee."),
        ("Do students not pay the fee?", "Students pay the fee."),
        ("Do students pay 20 euros?", "Students pay 25 euros."),
        ("Is coffee harmful to sleep?", "The study aimed to show whether coffee is harmful to sleep."),
        ("When do students pay the fee?", "Students pay the fee."),
        ("承租人可以转租房屋吗？", "未经出租人同意，承租人不得转租房屋。"),
        ("承租人可以转租房屋吗？", "承租人应当爱护房屋，不转租。"),
        ("承租人必须转租房屋吗？", "承租人可以转租房屋。"),
        ("所有学生都要缴费吗？", "学生要缴费。"),
    ],
)
def test_what_depends_or_differs_is_left_to_the_quote(question: str, sentence: str) -> None:
    assert settles(read_question(question), sentence) is None


def test_two_sentences_that_say_yes_and_no_settle_nothing() -> None:
    text = "Students may use phones in the library. The sun shines. Students may not use phones in the library."
    assert ask("May students use phones in the library?", text).settled is None


@pytest.mark.parametrize(
    ("question", "text", "quotes"),
    [
        (
            "Which documents must be handed in for enrolment?",
            _RULES,
            [
                "For enrolment the following documents must be handed in:",
                "- a copy of the passport",
                "- the school leaving certificate",
                "- two photographs",
            ],
        ),
        (
            "申请人应当提交哪些材料？",
            _RULES_CHINESE,
            ["第三条 申请人应当提交下列材料：", "（一）身份证复印件；", "（二）学历证明；", "（三）两张照片。"],
        ),
        ("報名時需要帶什麼？哪些文件？", _RULES_CHINESE, ["报名时需要带：", "1. 申请书", "2. 成绩单"]),
    ],
)
def test_a_list_is_quoted_whole_item_by_item(question: str, text: str, quotes: list[str]) -> None:
    assert [quote.text for quote in ask(question, text).quotes] == quotes


def test_a_list_is_not_unrolled_where_one_thing_is_asked_for() -> None:
    assert len(ask("How many photographs must be handed in for enrolment?", _RULES).quotes) <= 2


@pytest.mark.parametrize(
    ("question", "text", "sentence"),
    [
        ("What is a waiver?", _RULES, "A waiver is a written statement that gives up a right."),
        ("What does waiver mean?", _RULES, "A waiver is a written statement that gives up a right."),
        ("什么是要约？", _RULES_CHINESE, "要约是希望与他人订立合同的意思表示。"),
        ("要約是什麼意思？", _RULES_CHINESE, "要约是希望与他人订立合同的意思表示。"),
        ("What is a duck?", _BIRDS, "Duck is the common name of many waterfowl."),
        ("What is Featherbase?", _BIRDS, "This paper introduces Featherbase, an open collection of plumage."),
    ],
)
def test_a_definition_stands_before_other_sentences_on_the_thing(question: str, text: str, sentence: str) -> None:
    assert ask(question, text).quotes[0].text == sentence
