"""Names: in quotation marks, with a capital, and Chinese ones that nothing marks but the word after them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import Verdict
from kb.text.folding import fold
from serving.chinese_names import chinese_names
from serving.verification import LexicalVerifier

LEASE = "押金由海湾公司保管，合同在江苏省签订，由王小明律师见证。依照《租赁管理办法》，争议由“双方协商”解决。"


@pytest.mark.parametrize(
    "sentence",
    [
        "押金由海湾公司保管。",
        "押金由海灣公司保管。",
        "合同在江苏省签订，由王小明律师见证。",
        "依照「租赁管理办法」，争议由双方协商解决。",
        "依照《租賃管理辦法》，爭議由「雙方協商」解決。",
        "押金由该公司保管。",
    ],
)
def test_the_same_names_in_either_script_are_supported(sentence: str) -> None:
    judgement = LexicalVerifier().verify(sentence, [LEASE])
    assert judgement.verdict is Verdict.SUPPORTED, judgement.why


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("押金由海洋公司保管。", "引文写的是湾公司，回答写的是洋公司"),
        ("押金由北方公司保管。", "引文写的是海湾公司，回答写的是北方公司"),
        ("合同在浙江省签订。", "引文没有提到“浙江省”"),
        ("合同由李大力律師見證。", "引文寫的是王小明律師，回答寫的是李大力律師"),
        ("依照《租赁条例》，争议由双方协商解决。", "引文中没有《租赁条例》这几个字"),
        ("依照《租賃管理辦法》，爭議由「單方決定」解決。", "引文中沒有「單方決定」這幾個字"),
    ],
)
def test_another_name_is_not_supported(sentence: str, why: str) -> None:
    judgement = LexicalVerifier().verify(sentence, [LEASE])
    assert judgement.verdict is not Verdict.SUPPORTED
    assert judgement.why == why


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("押金由海湾公司保管", ["海湾公司"]),
        ("南京市和苏州市的人民法院", ["南京市", "苏州市"]),
        ("该公司是一家上市公司，与分公司不同", []),
        ("两个城市的医院", []),
        ("在上海和美國", ["上海", "美国"]),
    ],
)
def test_what_is_a_chinese_name(text: str, names: list[str]) -> None:
    assert [name.written for name in chinese_names(fold(text))] == names


@given(st.text(st.sampled_from("海湾江苏公司省市王先生的该两家医院"), max_size=30))
def test_names_stand_in_the_text(text: str) -> None:
    assert all(name.written in text and name.written.startswith(name.core) for name in chinese_names(text))
