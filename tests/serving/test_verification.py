from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import Verdict
from serving.quantities import quantities
from serving.verification import LexicalVerifier

SUPPORTED, PARTLY, CONTRADICTED, UNSUPPORTED = (
    Verdict.SUPPORTED,
    Verdict.PARTLY,
    Verdict.CONTRADICTED,
    Verdict.UNSUPPORTED,
)
DOSE = "The usual adult dose is 20 mg once daily."
NOTICE = "第三条 甲方应当在收到通知之日起15日内以书面形式提出异议。"


def judged(sentence: str, *quotes: str) -> Verdict:
    return LexicalVerifier().verify(sentence, quotes).verdict


@pytest.mark.parametrize(
    ("sentence", "quote", "verdict"),
    [
        ("The dose is 20 mg.", DOSE, SUPPORTED),
        ("The dose is 200 mg.", DOSE, CONTRADICTED),
        ("The dose is 20 g.", DOSE, CONTRADICTED),
        ("The dose is twenty milligrams.", DOSE, SUPPORTED),
        ("Take it for three weeks.", "Take it for 3 weeks with food.", SUPPORTED),
        ("Take it for three days.", "Take it for 3 weeks with food.", CONTRADICTED),
        ("The tax rate is 5%.", "The tax rate is five percent.", SUPPORTED),
        ("The tax rate is 15%.", "The tax rate is five percent.", CONTRADICTED),
        ("The fee was $500 in 2024.", "In 2024 the fee was 500 dollars.", SUPPORTED),
        ("The fee was $500 in 2025.", "In 2024 the fee was 500 dollars.", UNSUPPORTED),
        ("甲方应当在十五日内提出异议。", NOTICE, SUPPORTED),
        ("甲方應當在15日內提出異議。", NOTICE, SUPPORTED),
        ("甲方应当在三十日内提出异议。", NOTICE, CONTRADICTED),
        ("根据第十二条，押金应退还。", "第12条 租赁期满，押金应当退还承租人。", SUPPORTED),
        ("根据第十三条，押金应退还。", "第12条 租赁期满，押金应当退还承租人。", CONTRADICTED),
        ("Under Article 12 the deposit is returned.", "Article 12. The deposit is returned.", SUPPORTED),
        ("Under Article 13 the deposit is returned.", "Article 12. The deposit is returned.", CONTRADICTED),
    ],
)
def test_numbers_doses_dates_and_articles_must_stand_in_the_cited_words(
    sentence: str, quote: str, verdict: Verdict
) -> None:
    assert judged(sentence, quote) is verdict


@pytest.mark.parametrize(
    ("sentence", "quote", "verdict"),
    [
        (
            "The tenant may sublet the flat.",
            "The tenant may not sublet the flat without consent.",
            CONTRADICTED,
        ),
        ("The tenant may not sublet the flat.", "The tenant may sublet the flat with written consent.", CONTRADICTED),
        ("The tenant may not sublet the flat.", "The tenant must not sublet the flat.", SUPPORTED),
        ("The report is required.", "The report is required, but the slides are not required.", SUPPORTED),
        ("乙方可以转让合同。", "乙方不得转让合同。", CONTRADICTED),
        ("乙方不能转让合同。", "乙方不得转让合同。", SUPPORTED),
        ("乙方不得转让合同。", "乙方可以转让合同。", CONTRADICTED),
        ("承租人不仅要交租金，还要交押金。", "承租人要交租金和押金。", SUPPORTED),
    ],
)
def test_what_the_cited_words_deny_is_not_supported(sentence: str, quote: str, verdict: Verdict) -> None:
    assert judged(sentence, quote) is verdict


@pytest.mark.parametrize(
    ("sentence", "quote", "verdict"),
    [
        (
            "A student who failed may resit the examination.",
            "A student who fails the examination may resit it.",
            SUPPORTED,
        ),
        ("The sky is green and the grass is blue.", DOSE, UNSUPPORTED),
        ("The adult dose was chosen by a committee of experts in Geneva.", DOSE, UNSUPPORTED),
        ("The usual adult dose is low for small children.", DOSE, PARTLY),
        ("Two conditions apply.", "The conditions that apply: a) age; b) weight.", PARTLY),
    ],
)
def test_the_share_of_words_decides_where_nothing_else_does(sentence: str, quote: str, verdict: Verdict) -> None:
    assert judged(sentence, quote) is verdict


def test_in_another_language_only_the_numbers_are_compared() -> None:
    assert judged("The notice period is 15 days.", NOTICE) is PARTLY
    assert judged("The notice period is 16 days.", NOTICE) is CONTRADICTED


def test_the_reason_names_both_numbers() -> None:
    judgement = LexicalVerifier().verify("The dose is 200 mg.", [DOSE])
    assert judgement.why == "the cited words say 20 mg, the answer 200 mg"


def test_words_around_the_letters_may_deny_them() -> None:
    assert judged("smoking is allowed here", "It is not true that smoking is allowed here.") is not SUPPORTED


def test_the_number_of_a_list_item_is_no_quantity() -> None:
    assert quantities("1. Take it with food.") == ()
    assert [quantity.value for quantity in quantities("3. Take 2 tablets.")] == ["2"]


@given(st.integers(11, 99_999), st.integers(11, 99_999), st.sampled_from(["mg", "days", "%", "元", "天"]))
def test_a_number_is_supported_only_by_itself(stated: int, cited: int, unit: str) -> None:
    pattern = "限额为{}{}。" if unit in "元天" else "The limit is {} {} for everybody."
    verdict = judged(pattern.format(stated, unit), pattern.format(cited, unit))
    assert (verdict is SUPPORTED) == (stated == cited)
