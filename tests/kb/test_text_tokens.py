import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.tokens import asked_text, ordered_words, question_tokens, search_tokens


def meets(question: str, passage: str) -> set[str]:
    return set(question_tokens(question)) & set(search_tokens(passage))


@pytest.mark.parametrize(
    ("question", "passage", "token"),
    [
        ("What are the penalties?", "A penalty of 5 % is due.", "penalti"),
        ("CAFÉ opening", "the cafe opens", "cafe"),
        ("covid19 vaccine", "COVID-19 vaccines", "covid19"),
        ("COVID-19", "the covid 19 pandemic", "covid"),
        ("IL-6 inhibitors", "IL6 inhibition", "il6"),
        ("p53", "the P 53 protein", "53"),
        ("Article 12(3)", "under Art. 12(3) the court", "12(3)"),
        ("Art. 12(3)", "§ 12 Abs. 3 gilt", "12(3)"),
        ("§ 12 Abs. 3", "Article 12, paragraph 3, applies", "12(3)"),
        ("Article 12 para. (3)", "第十二条第三款", "12(3)"),
        ("第12條第3款", "依照本法第十二条第三款的规定", "12(3)"),
        ("第十二条第三款", "第12条 （三）第3款", "第3款"),
        ("§ 4.2", "Section 4.2 Indemnity", "4.2"),
        ("Ａｒｔ．１２（３）", "Art. 12(3)", "12(3)"),
        ("0.5 mg", "a dose of 0.5 mg", "0.5"),
        ("1,000 units", "1000 units", "1000"),
        ("１２３", "123", "123"),
        ("第12条是什么？", "第十二条 本法自公布之日起施行。", "第12条"),
        ("第一百零三條規定什麼", "第103条 违约责任", "第103条"),
        ("第二十章", "第20章", "第20章"),
        ("過敏原有哪些？", "常见过敏原为花粉。", "过敏"),
        ("过敏", "花粉過敏", "过敏"),
        ("癌", "癌症", "癌"),
        ("糖尿病 metformin 的用法", "二甲双胍（Metformin）", "metformin"),
    ],
)
def test_a_question_and_a_passage_about_the_same_share_a_token(question: str, passage: str, token: str) -> None:
    assert token in meets(question, passage)


def test_function_words_are_no_tokens() -> None:
    assert search_tokens("What is the of it?") == []
    assert question_tokens("What is the fee?") == ["fee"]


def test_what_only_phrases_a_chinese_question_is_left_out() -> None:
    assert question_tokens("请问什么是折旧？") == ["折", "旧", "折旧"]


@pytest.mark.parametrize("word", ["被告", "有限公司", "和解", "就诊", "其他"])
def test_words_that_hold_a_function_character_stay_whole_in_questions(word: str) -> None:
    pairs = {word[n : n + 2] for n in range(len(word) - 1)}
    assert pairs <= set(question_tokens(f"请问{word}的责任是什么？"))


def test_a_question_of_nothing_but_question_words_still_has_tokens() -> None:
    assert "什么" in question_tokens("什么？")


def test_a_number_is_not_torn_apart() -> None:
    tokens = search_tokens("It rose 2.75 in 2021.")
    assert "2.75" in tokens
    assert "75" not in tokens


@pytest.mark.parametrize("text", ["", " \n", "。。。", "!?", "\u0000", "🙂"])
def test_a_text_without_words_has_no_tokens(text: str) -> None:
    assert search_tokens(text) == question_tokens(text) == []


@given(st.text(max_size=200))
def test_no_token_is_empty_or_holds_white_space(text: str) -> None:
    assert all(token.split() == [token] for token in (*search_tokens(text), *question_tokens(text)))


@given(st.text(alphabet="abcXYZ 12-/().,第十百条款的什么过過", max_size=60))
def test_a_text_asked_as_a_question_finds_itself_if_it_has_tokens(text: str) -> None:
    assert set(question_tokens(text)) <= set(search_tokens(text))
    assert bool(question_tokens(text)) == bool(search_tokens(text))


def test_many_threads_get_the_same_tokens() -> None:
    words = [f"running{chr(97 + n % 26)}ation{n}s compounding" for n in range(500)]
    expected = [search_tokens(word) for word in words]
    found: list[list[list[str]]] = []
    threads = [threading.Thread(target=lambda: found.append([search_tokens(w) for w in words])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_words_in_order_are_stems_and_single_characters_clause_by_clause() -> None:
    assert ordered_words("The late penalties. 過敏 of COVID-19!\n") == [
        *("late", "penalti", ""),
        *("过", "敏", "covid", "19", "", ""),
    ]


def test_what_only_phrases_a_question_parts_its_words() -> None:
    assert ordered_words(asked_text("折旧的年限是什么")) == ["折", "旧", "", "年", "限", "", ""]
    assert asked_text("什么？") == "什么？"
