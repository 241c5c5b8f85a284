"""One thing wrong in an otherwise true sentence, in both languages, and what must not be taken for wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import Verdict
from serving.alignment import Kind, gaps, read_tokens
from serving.dates import find_dates
from serving.verification import LexicalVerifier

LEASE = (
    "The tenant shall give 3 months' notice before June 30, 2024. The landlord, Harbour Homes Ltd, keeps the deposit "
    "of 500 euros for 2 months, except where Section 12 applies. No pets are allowed."
)
RULE = (
    "第十二条 承租人应当在2024年6月30日前提前3个月书面通知出租人。押金500元由海湾公司保管，期限为2个月，"
    "但第十五条规定的情形除外。《租赁管理办法》另有规定的，从其规定。"
)


def verdict(sentence: str, *quotes: str) -> Verdict:
    return LexicalVerifier().verify(sentence, quotes or (LEASE if sentence.isascii() else RULE,)).verdict


@pytest.mark.parametrize(
    "sentence",
    [
        "The tenant shall give 3 months' notice before June 30, 2024.",
        "The tenant shall give three months' notice before 30 June 2024.",
        "According to the lease, the tenant shall give 3 months' notice before 2024-06-30.",
        "Harbour Homes Ltd keeps the deposit of 500 euros for two months, except where Section 12 applies.",
        "No pets are allowed.",
        "承租人应当在2024年6月30日前提前三个月书面通知出租人。",
        "承租人應當在２０２４年６月３０日前提前3個月書面通知出租人。",
        "根据第12条，承租人应当在2024-06-30 前提前3个月书面通知出租人。",
        "押金500元由海湾公司保管，期限为两个月，但第15条规定的情形除外。",
    ],
)
def test_what_is_only_written_otherwise_is_supported(sentence: str) -> None:
    assert verdict(sentence) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    "sentence",
    [
        "The tenant shall give 2 months' notice before June 30, 2024.",  # a number that stands elsewhere
        "The tenant shall give 3 weeks' notice before June 30, 2024.",
        "The tenant shall give 3 months' notice before July 30, 2024.",
        "The tenant shall give 3 months' notice before June 30, 2025.",
        "The tenant shall not give 3 months' notice before June 30, 2024.",
        "Harbour Homes Ltd keeps the deposit of 500 dollars for 2 months, except where Section 12 applies.",
        "Harbour Homes Ltd keeps the deposit of 500 euros for 2 months, including where Section 12 applies.",
        "Harbour Homes Ltd keeps the deposit of 500 euros for 2 months, except where Section 13 applies.",
        "The landlord, Northern Homes Ltd, keeps the deposit of 500 euros for 2 months.",
        "Pets are allowed.",
        "承租人应当在2024年6月30日前提前2个月书面通知出租人。",
        "承租人应当在2024年6月30日前提前3周书面通知出租人。",
        "承租人应当在2024年7月30日前提前3个月书面通知出租人。",
        "承租人不得在2024年6月30日前提前3个月书面通知出租人。",
        "押金500美元由海湾公司保管，期限为2个月，但第十五条规定的情形除外。",
        "押金500元由海湾公司保管，期限为2个月，第十五条规定的情形在内。",
        "押金500元由海湾公司保管，期限为2个月，但第十六条规定的情形除外。",
        "《房屋管理办法》另有规定的，从其规定。",
    ],
)
def test_one_thing_said_otherwise_is_not_supported(sentence: str) -> None:
    assert verdict(sentence) is not Verdict.SUPPORTED


def test_a_no_in_the_sentence_before_says_nothing_about_this_one() -> None:
    assert verdict("Keep it cool.", "Do not freeze it. Keep it cool. Do not shake it.") is Verdict.SUPPORTED
    leaflet = "Do not drink alcohol. Adults may drive a car after the first week of the treatment. Never share it."
    said = "According to the leaflet, adults may drive a car after the first week of the treatment."
    assert verdict(said, leaflet) is Verdict.SUPPORTED
    assert verdict("Winters are cold. It rains.", "Winters are cold. Snow never falls. It rains.") is Verdict.SUPPORTED
    said = "根据说明，患者可以将本品冷藏保存。"
    assert verdict(said, "不得冷冻。患者可以将本品冷藏保存。不得摇晃。") is Verdict.SUPPORTED


def test_what_another_quote_says_is_borne_out() -> None:
    quotes = ("The dose for adults is 20 mg once a day.", "The dose for children is 10 mg once a day.")
    assert verdict("The dose for children is 10 mg once a day.", *quotes) is Verdict.SUPPORTED
    assert verdict("The dose for children is 15 mg once a day.", *quotes) is not Verdict.SUPPORTED


def test_the_reason_says_what_stands_in_its_place() -> None:
    def why(sentence: str, quote: str) -> str:
        return LexicalVerifier().verify(sentence, [quote]).why

    assert why("The deposit was paid in March 2024.", "The deposit was paid in May 2024.") == (
        "the cited words say May 2024, the answer March 2024"
    )
    assert "the cited words say 500 euros, the answer 500 dollars" in why(
        "It costs 500 dollars.", "It costs 500 euros."
    )
    assert why("The river flows through Lyon to the sea.", "The river flows through Basel to the sea.") == (
        "the cited words say Basel, the answer Lyon"
    )
    assert "引文中没有《房屋法》这几个字" in why("适用《房屋法》的规定。", "适用《租赁法》的规定。")


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("on March 1, 2024", [(2024, 3, 1)]),
        ("1 March 2024 and the 5th of June", [(2024, 3, 1), (0, 6, 5)]),
        ("2024-03-01 or 2024/3/1", [(2024, 3, 1), (2024, 3, 1)]),
        ("二〇二四年三月一日至２０２４年１２月底", [(2024, 3, 1), (2024, 12, 0)]),
        ("in May 2013, by 3 months", [(2013, 5, 0)]),
        ("you may pay 3个月", []),
        ("version 4.2.1 of 31/2", []),
    ],
)
def test_dates_are_read_however_they_are_written(text: str, dates: list[tuple[int, int, int]]) -> None:
    assert [date[:3] for date in find_dates(text)[0]] == dates


@given(st.text(st.sampled_from("the cat 第十条 12 mg 不 not. Bob 2024年3月1日 。ﬁ①"), max_size=80))
def test_any_text_agrees_with_itself(text: str) -> None:
    tokens = read_tokens(text)
    found, share = gaps(tokens, tokens)
    assert all(not gap.said and gap.cited[0].kind is Kind.STOP for gap in found)  # stops at the end are not compared
    assert share == (1.0 if any(token.kind is not Kind.STOP for token in tokens) else 0.0)
    find_dates(text)


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_any_sentence_gets_a_verdict(sentence: str, quotes: list[str]) -> None:
    assert LexicalVerifier().verify(sentence, quotes).why
