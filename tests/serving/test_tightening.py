"""A highlight shows the clause that bears a claim out, with all that binds it, and stands at its offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.citations import narrow, quotes_of, whole_span
from serving.tightening import tighten
from serving.verification import LexicalVerifier
from tests.serving.test_citations import hit_of

RENT = "甲方应当在每月五日前支付租金，租金为每月三千元，押金为六千元，由乙方保管至合同终止之日。"
ENDING = (
    "甲方可以解除合同，但应当提前三十日书面通知乙方，并结清所欠的全部租金和水电费用；乙方应当在合同解除后七日内搬离。"
)
CASES = (
    "有下列情形之一的，承租人可以解除合同：（一）租赁物危及承租人安全的；（二）出租人未经通知出卖租赁物的；"
    "（三）租赁物部分毁损，致使不能实现合同目的的。"
)
HOURS = (
    "The library is open on working days from eight to six; the reading room closes at five; on public holidays both "
    "are closed, unless the dean decides otherwise."
)

CONSENT = "未经出租人书面同意，承租人不得将租赁的房屋转租给第三人，也不得改变房屋的用途和结构。"


@pytest.mark.parametrize(
    ("text", "claim", "quote"),
    [
        (RENT, "押金为六千元。", "押金为六千元"),
        (RENT, "押金為六千元。", "押金为六千元"),
        (RENT, "租金为每月三千元，押金为六千元。", "租金为每月三千元，押金为六千元"),
        (ENDING, "乙方应当在合同解除后七日内搬离。", "乙方应当在合同解除后七日内搬离。"),
        # The proviso goes with its rule.
        (ENDING, "甲方可以解除合同。", ENDING[: ENDING.index("；")]),
        (CASES, "租赁物部分毁损，致使不能实现合同目的。", "（三）租赁物部分毁损，致使不能实现合同目的的。"),
        (HOURS, "The reading room closes at five.", "the reading room closes at five"),
        (HOURS, "On public holidays both are closed.", HOURS[HOURS.index("on public") :]),
        ("| 科目名称 | 学分 | 学时安排 |\n| 线性代数 | 3 | 48 |", "线性代数有3学分。", "| 线性代数 | 3 | 48 |"),
        (CONSENT, "承租人不得将房屋转租给第三人。", CONSENT),
    ],
)  # fmt: skip
def test_a_quote_is_cut_to_the_clause_with_all_that_binds_it(text: str, claim: str, quote: str) -> None:
    (span,) = tighten(claim, [narrow(claim, hit_of(text, offset=100))])
    assert span.quote == quote
    assert text[span.start - 100 : span.end - 100] == quote


def test_a_passage_that_bears_a_claim_only_as_a_whole_is_cut_to_what_it_shares() -> None:
    text = "概述。\n" + RENT + "\n" + ENDING + "\n其他约定见附件。"
    (span,) = tighten("押金为六千元，由乙方保管。", [whole_span(hit_of(text))])
    assert span.quote == "押金为六千元，由乙方保管至合同终止之日。"


CLAUSES = st.lists(
    st.sampled_from(
        [
            *("押金为六千元", "乙方应当在七日内搬离", "但未成年人除外", "未经同意", "不得转租房屋", "如果逾期"),
            *("the fee is 20 euros", "unless the dean agrees", "rooms close at five", "no dogs are allowed"),
        ]
    ),
    min_size=1,
    max_size=8,
)
SIGNS = st.sampled_from(["，", "；", "。", "; ", ", ", ". ", "：", "\n"])


@given(CLAUSES, st.data())
def test_the_cut_quote_stands_at_its_offsets_and_gets_the_same_verdict(clauses: list[str], data: st.DataObject) -> None:
    text = "".join(clause + data.draw(SIGNS) for clause in clauses)
    claim = data.draw(st.sampled_from(clauses)) + "。"
    spans = [narrow(claim, hit_of(text, offset=7))]
    (tight,) = tighten(claim, spans)
    assert text[tight.start - 7 : tight.end - 7] == tight.quote
    assert spans[0].start <= tight.start <= tight.end <= spans[0].end
    judge = LexicalVerifier()
    assert judge.verify(claim, quotes_of([tight])).verdict is judge.verify(claim, quotes_of(spans)).verdict
