"""Language: English, Chinese in both scripts, and everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.language import detect_language

ENGLISH = [
    "Machine learning",
    "The tenant shall pay the rent on the first day of each month.",
    "What is the dose of ibuprofen for a child?",
    "He visited 北京 last year.",
    "naïve Bayes and the café",
    "Take 500 mg twice daily",
    "Table 1 | Dose | mg",
]
SIMPLIFIED = [
    "机器学习",
    "第一条 为了保护民事主体的合法权益，制定本法。",
    "什么是 gradient descent？",
    "RNN 和 LSTM 的区别",
    "布洛芬每日500 mg",
    "使用 Python 3.11 运行 main.py 并查看输出",
    "人",
]
TRADITIONAL = ["機器學習", "中華民國憲法保障人民的權利。", "什麼是 gradient descent？", "請說明 Transformer 的優點"]
OTHERS = [
    "",
    "   \n",
    "12345 -- 67 %",
    "これは日本語の文章です。",
    "東京は日本の首都です",
    "안녕하세요 세계",
    "هذا نص باللغة العربية",
    "Das ist nicht die Sache, um die es sich in diesem Text handelt.",
    "Le tribunal a décidé que la loi est applicable dans les cas prévus.",
    "El paciente debe tomar el medicamento con los alimentos y no con agua.",
    "Это русский текст о погоде.",
    "Il contratto è stato firmato dalle parti con la presenza di un notaio.",
    "De huurder moet de huur op de eerste dag van het jaar betalen en niet later.",
    "ภาษาไทยเป็นภาษาที่มีเสียงวรรณยุกต์",
]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        *((text, "en") for text in ENGLISH),
        *((text, "zh-Hans") for text in SIMPLIFIED),
        *((text, "zh-Hant") for text in TRADITIONAL),
        *((text, "") for text in OTHERS),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_long_document_is_judged_by_its_whole_length() -> None:
    cover = "ANNUAL REPORT 2024\n" * 20
    assert detect_language(cover + "第一章 公司治理結構與風險管理的說明。\n" * 2000) == "zh-Hant"


def test_a_bilingual_contract_is_chinese() -> None:
    assert detect_language("甲方应当支付租金。The tenant shall pay the rent.\n" * 30) == "zh-Hans"


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert detect_language(text) in {"en", "zh-Hans", "zh-Hant", ""}
