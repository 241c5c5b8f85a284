"""The short answer inside a quoted sentence."""

from __future__ import annotations

import pytest

from serving.extractive.focus import focus_of
from serving.extractive.questions import read_question

_LEASE = "The deposit of 1,200 euros is returned within 30 days after 1 May 2024, and the lease runs for three years."
_LEASE_CHINESE = "押金1200元应当在2024年5月1日之后三十日内退还，租期为三年，共有两名承租人。"
_LEASE_TRADITIONAL = "押金1200元應當在2024年5月1日之後三十日內退還，租期為三年，共有兩名承租人。"


_DOSES = "Start with 500 mg a day; the usual dose is 1,500 mg, and the maximum is 2,000 mg a day."
_DOSES_CHINESE = "从每日500 mg开始，有效剂量一般为每日1,500至2,000 mg，最大剂量为每日2,000 mg。"


def short(question: str, sentence: str) -> str | None:
    span = focus_of(read_question(question), sentence)
    return sentence[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("Within how many days is the deposit returned?", _LEASE, "30 days"),
        ("How long does the lease run?", _LEASE, "three years"),
        ("When did the lease end?", "After 3 extensions the lease ended on 1 May 2024.", "1 May 2024"),
        ("Who wrote the report?", "The report was written by Clara Whitfield in Harbour Street.", "Clara Whitfield"),
        ("押金要在多少日内退还？", _LEASE_CHINESE, "三十日"),
        ("押金是多少元？", _LEASE_CHINESE, "1200元"),
        ("租期有几年？", _LEASE_CHINESE, "三年"),
        ("有多少名承租人？", _LEASE_CHINESE, "两名"),
        ("押金要在多少日內退還？", _LEASE_TRADITIONAL, "三十日"),
        ("有多少名承租人？", _LEASE_TRADITIONAL, "兩名"),
        ("How much is the maximum daily dose?", _DOSES, "2,000 mg"),
        ("二甲双胍每日最大剂量是多少？", _DOSES_CHINESE, "2,000 mg"),
        ("图书馆哪一年搬迁？", "图书馆在春季闭馆两周，2019年3月搬迁。", "2019年3月"),
    ],
)
def test_what_is_asked_for_is_found_among_other_numbers_and_names(question: str, sentence: str, answer: str) -> None:
    assert short(question, sentence) == answer


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Where did the library move?", "The library moved to Harbour Street."),
        ("Why is it closed in 1902?", "It is closed in 1902 because of 3 floods."),
        ("市图书馆由谁创办？", "市图书馆由林若兰于1902年创办。"),
        ("How much is taken a day?", _DOSES),
        ("每日的剂量是多少？", _DOSES_CHINESE),
        ("每日最小剂量是多少？", _DOSES_CHINESE),
        ("How many books?", " | ".join(map(str, range(20, 40)))),
        ("When?", ""),
    ],
)
def test_where_the_span_would_be_a_guess_nothing_is_emphasised(question: str, sentence: str) -> None:
    assert short(question, sentence) is None
