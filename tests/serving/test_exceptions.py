"""What changes a rule: exceptions left out or made up, and what says no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import Verdict
from serving.negation import denials, find_exceptions, is_negated
from serving.verification import LexicalVerifier

SUPPORTED, PARTLY, CONTRADICTED = Verdict.SUPPORTED, Verdict.PARTLY, Verdict.CONTRADICTED
SUBLETTING = "The tenant may sublet the flat, unless the landlord objects in writing. Pets are welcome."
TRANSFER = "债权人可以转让债权，但是根据合同性质不得转让的除外。债务人应当履行。"


@pytest.mark.parametrize(
    ("sentence", "quote", "verdict"),
    [
        ("The tenant may sublet the flat.", SUBLETTING, PARTLY),
        ("The tenant may sublet the flat, unless the landlord objects in writing.", SUBLETTING, SUPPORTED),
        ("The tenant may sublet the flat if the landlord does not object in writing.", SUBLETTING, SUPPORTED),
        ("Pets are welcome.", SUBLETTING, SUPPORTED),
        ("Pets are welcome, except for snakes.", SUBLETTING, PARTLY),
        ("债权人可以转让债权。", TRANSFER, PARTLY),
        ("債權人可以轉讓債權，但是根據合同性質不得轉讓的除外。", TRANSFER, SUPPORTED),
        ("债务人应当履行。", TRANSFER, SUPPORTED),
        ("债务人应当履行，但未成年人除外。", TRANSFER, PARTLY),
        ("除发烧以外，还可能出现头痛。", "可能出现发烧和头痛。", SUPPORTED),
    ],
)
def test_an_exception_is_neither_left_out_nor_made_up(sentence: str, quote: str, verdict: Verdict) -> None:
    judgement = LexicalVerifier().verify(sentence, [quote])
    assert judgement.verdict is verdict, judgement.why


def test_an_exception_that_another_sentence_does_not_make_is_not_missed() -> None:
    quote = "The library is open daily except on public holidays. In May the library is open daily."
    assert LexicalVerifier().verify("In May the library is open daily.", [quote]).verdict is SUPPORTED


def test_the_reason_names_the_exception() -> None:
    why = LexicalVerifier().verify("The tenant may sublet the flat.", [SUBLETTING]).why
    assert why == "the cited words say “unless the landlord objects in writing” where the answer does not"


@pytest.mark.parametrize(
    ("clause", "negated"),
    [
        ("The fee is not due", True),
        ("Neither party may assign it", True),
        ("Neither the tenant nor the landlord may assign it", True),
        ("The fee is not only due but payable", False),
        ("No matter who pays, it is due", False),
        ("You cannot but pay", False),
        ("Smoking is prohibited", True),
        ("The fee is no more than 5 euros", False),
        ("no. 5 applies", False),
        ("承租人不得转租", True),
        ("承租人不得不搬走", False),
        ("不仅要交租金", False),
        ("无论是否到期", False),
        ("無論是否到期", False),
        ("可能出现不良反应", False),
        ("不动产登记", False),
        ("押金不得超过3个月", False),
        ("患者会不会发烧", False),
        ("非经同意不可转让", False),
    ],
)
def test_what_says_no(clause: str, negated: bool) -> None:
    assert is_negated(clause) is negated


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Subletting is not allowed to the tenant.", "Subletting is prohibited to the tenant."),
        ("承租人必须搬走。", "承租人不得不搬走。"),
        ("本品的不良反应为头痛。", "本品的不良反应为头痛和恶心。"),
        ("Neither the tenant nor the landlord may assign it.", "The tenant and the landlord may not assign it."),
    ],
)
def test_what_only_looks_like_a_denial_contradicts_nothing(sentence: str, quote: str) -> None:
    assert LexicalVerifier().verify(sentence, [f"{quote}"]).verdict is not CONTRADICTED


@given(st.text(st.sampled_from("neither not nor but except unless 除外但，不得。无非 only at least以上"), max_size=50))
def test_denials_and_exceptions_stand_in_the_text(text: str) -> None:
    for start, end in (*denials(text), *find_exceptions(text)):
        assert 0 <= start < end <= len(text)
