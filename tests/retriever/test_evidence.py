import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.catalog import IndexedText
from kb.text.tokens import ordered_words
from retriever.evidence.matches import Floats
from retriever.evidence.stage import EvidenceStage, weights_for
from retriever.evidence.words import WordReader, question_words
from retriever.fusion import Fused

STAGE = EvidenceStage()
READER = WordReader()


def text_of(number: int, text: str, title: str = "", headings: Sequence[str] = ()) -> IndexedText:
    return IndexedText(number, f"document {number}", title, tuple(headings), text)


def features_of(question: str, *texts: str | IndexedText) -> dict[str, Floats]:
    given = [item if isinstance(item, IndexedText) else text_of(place, item) for place, item in enumerate(texts)]
    ranked = [Fused(item.number, 0.5, 0.5, 1.0) for item in given]
    return STAGE.features(question, ranked, given, 1000, lambda _token: 10)


def reordered(question: str, *texts: str, scores: Sequence[float] | None = None) -> list[Fused]:
    stored = {place: text_of(place, text) for place, text in enumerate(texts)}
    ranked = [Fused(place, score, score, score) for place, score in enumerate(scores or [0.5] * len(texts))]
    return STAGE.reorder(question, ranked, stored, 1000, lambda _token: 10)


@pytest.mark.parametrize(
    ("question", "apart", "together"),
    [
        (
            "capital gains tax",
            "The capital is old. Many gains! A heavy tax on fuel.",
            "The capital gains tax is due.",
        ),
        ("故意伤害罪", "伤口是故意的，有害，有罪。", "犯故意伤害罪的，处三年以下有期徒刑。"),
        ("故意傷害罪", "伤口是故意的，有害，有罪。", "犯故意伤害罪的，处三年以下有期徒刑。"),
        ("故意伤害罪", "傷口是故意的，有害，有罪。", "犯故意傷害罪的，處三年以下有期徒刑。"),
    ],
)
def test_words_side_by_side_as_asked_are_seen(question: str, apart: str, together: str) -> None:
    features = features_of(question, apart, together)
    for name in ("pairs", "triples", "tight sentence"):
        assert features[name][1] > features[name][0], name


def test_words_count_as_a_pair_only_within_a_sentence() -> None:
    pairs = features_of("late penalty", "It came late. Penalty paid.", "A late penalty is paid.")["pairs"]
    assert pairs.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("question", "spread", "best"),
    [
        (
            "When does the library open on Sunday?",
            "The library is big. We open. On Sunday it rains.",
            "The library opens on Sunday. It rains. It is big.",
        ),
        ("折旧费用如何计算", "折旧是什么。费用很高。计算很难。", "折旧费用按年计算。其他。很难。"),
    ],
)
def test_the_best_sentence_is_worth_more_than_words_all_over_the_passage(question: str, spread: str, best: str) -> None:
    assert np.diff(features_of(question, spread, best)["sentence"])[0] > 0


def test_a_title_that_holds_the_question_is_seen() -> None:
    features = features_of("parental leave", text_of(0, "Ask us.", "Holidays"), text_of(1, "Ask us.", "Parental leave"))
    assert features["covered by title"].tolist() == [0, 1]
    assert features["title covered"].tolist() == [0, 1]
    assert features["covered"].tolist() == [0, 1]


def test_a_heading_counts_as_a_title_does() -> None:
    under_heading = text_of(1, "Ask us.", "Handbook", ["Leave", "Parental leave"])
    assert features_of("parental leave", text_of(0, "Ask us.", "Handbook"), under_heading)["covered by title"][1] == 1


def test_the_rarest_word_counts_most() -> None:
    frequent = {"leav": 500, "sabbat": 1}
    texts = [text_of(0, "Leave leave leave."), text_of(1, "A sabbatical.")]
    ranked = [Fused(0, 0.5, 0.5, 1.0), Fused(1, 0.5, 0.5, 1.0)]
    found = STAGE.features("sabbatical leave", ranked, texts, 1000, lambda token: frequent.get(token, 1))
    assert found["covered"][1] > found["covered"][0]


def test_vectors_that_cannot_read_chinese_are_no_evidence_for_it() -> None:
    assert weights_for("折旧费用", reads_chinese=True)["dense spread"] > 0
    assert weights_for("折旧费用", reads_chinese=False)["dense spread"] == 0
    assert weights_for("late work", reads_chinese=False) == weights_for("late work", reads_chinese=True)


def test_words_are_no_evidence_where_no_passage_is_in_the_questions_script() -> None:
    texts = {0: text_of(0, "Something else."), 1: text_of(1, "A penalty for late work.")}
    ranked = [Fused(0, 0.6, 0.6, 1.0), Fused(1, 0.5, 0.5, 1.0)]
    given = ("penalty for late work", ranked, texts, 1000, lambda _token: 1, "")
    assert [item.number for item in STAGE.reorder(*given, 1.0)] == [1, 0]
    assert [item.number for item in STAGE.reorder(*given, 0.0)] == [0, 1]


def test_every_weight_has_its_feature_and_shares_stay_shares() -> None:
    features = features_of("late penalty for work 折旧费用", "Late work: a penalty.", "折旧费用。", "")
    for question, reads_chinese in (("a question", True), ("折旧", True), ("折旧", False)):
        assert weights_for(question, reads_chinese=reads_chinese).keys() <= features.keys()
    for name, values in features.items():
        assert values.shape == (3,)
        assert np.isfinite(values).all(), name
        if name not in ("length", "dense spread", "tight sentence"):
            assert values.min() >= 0, name
            assert values.max() <= 1, name


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        (
            "What is the penalty for late work?",
            "The penalty for late work is ten percent.",
            "Work is work, late or not; a penalty kick, a penalty.",
        ),
        ("迟交作业扣多少分？", "迟交作业的，每日扣十分。", "作业本。迟到的学生。交通。扣子。"),
        ("遲交作業扣多少分？", "迟交作业的，每日扣十分。", "作业本。迟到的学生。交通。扣子。"),
    ],
)
def test_between_equal_scores_the_passage_with_the_evidence_comes_first(question: str, answer: str, other: str) -> None:
    assert [item.number for item in reordered(question, other, answer)] == [1, 0]


def test_scores_stay_those_of_the_fused_ranking_in_its_order() -> None:
    found = reordered("late penalty", "Nothing.", "A late penalty.", "A penalty.", scores=[0.9, 0.8, 0.3])
    assert [item.score for item in found] == [0.9, 0.8, 0.3]
    assert sorted(item.number for item in found) == [0, 1, 2]


def test_a_far_better_fused_score_is_not_overruled() -> None:
    assert reordered("late penalty", "Nothing of it.", "A late penalty.", scores=[2.0, 0.1])[0].number == 0


def test_what_was_not_looked_at_or_is_gone_follows_in_its_order() -> None:
    ranked = [Fused(number, 1 - number / 10, 0.5, 1.0) for number in range(4)]
    stored = {0: text_of(0, "Nothing."), 2: text_of(2, "A late penalty.")}
    found = STAGE.reorder("late penalty", ranked, stored, 1000, lambda _token: 10)
    assert [item.number for item in found[2:]] == [1, 3]
    assert {item.number for item in found[:2]} == {0, 2}


@pytest.mark.parametrize("question", ["of the", "?!", "🙂"])
def test_a_question_without_words_leaves_the_ranking_as_it_is(question: str) -> None:
    assert [item.number for item in reordered(question, "b", "a")] == [0, 1]


def test_nothing_found_stays_nothing() -> None:
    assert STAGE.reorder("late penalty", [], {}, 1000, lambda _token: 10) == []


def numbers_of(text: str) -> list[int]:
    return READER.read([text]).numbers.tolist()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("CAFÉ openings", "cafe opening"),
        ("ＣＯＶＩＤ－１９", "covid-19"),
        ("過敏", "过敏"),
        ("The penalties of it", "penalty"),
        ("\ud800 word", "word"),
    ],
)
def test_what_reads_the_same_has_the_same_numbers(left: str, right: str) -> None:
    assert numbers_of(left) == numbers_of(right) != []


@given(
    st.lists(
        st.text(alphabet="abcdefgXYZ éüß .!?\n。，；过過敏第十二條١٢🙂\x00\ud800", max_size=60), min_size=1, max_size=5
    )
)
def test_texts_read_together_have_the_words_of_each(texts: list[str]) -> None:
    words = READER.read(texts)
    assert len(words.lengths) == len(texts)
    assert (np.diff(words.sentences) >= 0).all()
    for place, text in enumerate(texts):
        mine = words.texts == place
        assert words.places[mine].tolist() == list(range(int(words.lengths[place])))
        assert words.numbers[mine].tolist() == numbers_of(text)


@given(
    st.lists(
        st.sampled_from(["late", "penalties", "过敏", "過敏原", "cafés", "the", "图书馆,", "八时.", "开放。"]),
        max_size=20,
    )
)
def test_a_passage_has_the_words_that_the_same_question_has(words: list[str]) -> None:
    text = " ".join(words)
    asked = [number for _, number in question_words(text) if number]
    if any(ordered_words(text)):
        assert asked == numbers_of(text)


def test_many_threads_read_the_same() -> None:
    reader = WordReader()
    texts = [f"word{number} penalty{number} 过敏{chr(0x4E00 + number)}" for number in range(300)]
    expected = [numbers_of(text) for text in texts]
    found: list[list[list[int]]] = []
    threads = [
        threading.Thread(target=lambda: found.append([reader.read([text]).numbers.tolist() for text in texts]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_long_words_are_told_apart_by_their_length() -> None:
    assert numbers_of("x" * 25) != numbers_of("x" * 26)


def test_many_words_are_told_apart() -> None:
    reader = WordReader()
    many = " ".join(f"zq{number}x" for number in range(3000))
    first = reader.read([many]).numbers
    assert len(set(first.tolist())) == 3000
    assert reader.read([many]).numbers.tolist() == first.tolist()
