"""Each text metric in English, simplified and traditional Chinese, against what can be worked out by hand."""

import math
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.bleu import bleu
from eval.metrics.chrf import chrf
from eval.metrics.containment import contains
from eval.metrics.exact_match import exact_match, squad_text
from eval.metrics.rouge import rouge_l
from eval.metrics.segments import compared_text, segments_of
from eval.metrics.token_f1 import token_f1
from eval.metrics.words import is_chinese, shared_in_order, words_of

TEXT = st.text(st.sampled_from("ab c.,甲乙丙、。說说 1"), max_size=14)
METRICS = (exact_match, token_f1, rouge_l, bleu, chrf)


def run_by_trying_all(left: list[str], right: list[str]) -> int:
    """The longest common run, by comparing all runs of one with all of the other."""
    runs = {tuple(left[i:j]) for i, j in combinations(range(len(left) + 1), 2)}
    return max((j - i for i, j in combinations(range(len(right) + 1), 2) if tuple(right[i:j]) in runs), default=0)


def subsequence_by_table(left: str, right: str) -> int:
    """The textbook's table of longest common subsequences."""
    row = [0] * (len(right) + 1)
    for sign in left:
        before = row
        row = [0]
        for place, other in enumerate(right):
            row.append(before[place] + 1 if sign == other else max(before[place + 1], row[-1]))
    return row[-1]


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("The Normans.", "normans"),
        ("  a   HOUSE, of cards", "House of Cards!"),
        ("in 1066", "In 1066"),
        ("《红楼梦》", "红楼梦"),
        ("鼓、锣、钹和板", "鼓锣钹和板"),
        ("威廉·瓊斯", "威廉瓊斯"),
        ("威廉·瓊斯", "威廉·琼斯"),  # the same name in the other writing
        ("NBA总冠军", "nba总冠军"),
    ],
)
def test_an_answer_matches_whatever_its_case_punctuation_and_writing(answer: str, gold: str) -> None:
    assert exact_match(answer, [gold]) == exact_match(gold, [answer]) == 1.0


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("Norman", "normans"), ("the", "an apple"), ("锣鼓点子", "锣鼓点"), ("鑼鼓點", "锣鼓"), ("1066", "1067")],
)
def test_what_differs_in_a_letter_does_not_match(answer: str, gold: str) -> None:
    assert exact_match(answer, [gold]) == 0.0


def test_squad_keeps_what_is_no_ascii_punctuation() -> None:
    assert squad_text("The “Café”, an inn") == "“café” inn"
    assert squad_text("state-of-the-art") == "stateoftheart"


def test_no_gold_answer_is_matched_by_saying_nothing() -> None:
    for metric in (exact_match, token_f1):
        assert metric("", []) == metric("the", [""]) == 1.0
        assert metric("something", []) == 0.0


def test_f1_in_english_counts_words_as_often_as_both_have_them() -> None:
    # "the cat the cat sat" has cat, cat, sat; the gold answer cat, sat, down: two shared, P = 2/3, R = 2/3
    assert token_f1("the cat the cat sat", ["a cat sat down"]) == pytest.approx(2 / 3)
    assert token_f1("sat cat", ["cat sat"]) == 1.0  # order does not count
    assert token_f1("nothing here", ["cat"]) == 0.0
    assert token_f1("cat", ["dog", "big cat", "horse"]) == pytest.approx(2 / 3)


def test_f1_in_chinese_counts_the_longest_common_run() -> None:
    # 三十日内退还 (6) and 应在三十日内返还 (8): 三十日内 (4) is the longest run; P = 4/6, R = 4/8
    assert token_f1("三十日内退还", ["应在三十日内返还"]) == pytest.approx(2 * 4 / 14)
    assert token_f1("三十日內退還", ["应在三十日内返还"]) == pytest.approx(2 * 4 / 14)
    assert token_f1("内日十三", ["三十日内"]) == pytest.approx(2 * 1 / 8)  # order counts
    assert token_f1("甲乙", ["丙丁"]) == 0.0


def test_latin_words_among_chinese_are_one_segment_each() -> None:
    assert segments_of("NBA的3.5亿美元, 10%") == ["nba", "的", "3.5", "亿", "美", "元", ",", "10", "%"]
    run = segments_of("甲Terry A. Gates, 1,000人(B.C.)")
    assert run == ["甲", "terry", "a.", "gates", ",", "1,000", "人", "(", "b.c", ".", ")"]
    assert segments_of("北緯40 °15 ″") == ["北", "纬", "40", "°15", "″"]
    assert segments_of("A-B：甲……乙") == ["ab", "甲", "……", "乙"]  # the official list drops - and ：, not …
    assert compared_text("「臺灣」") == "台湾"


@settings(max_examples=60)
@given(TEXT, TEXT)
def test_f1_is_what_comes_of_comparing_everything_with_everything(answer: str, gold: str) -> None:
    if is_chinese(answer, gold):
        left, right = segments_of(answer), segments_of(gold)
        shared = run_by_trying_all(left, right)
    else:
        left, right = squad_text(answer).split(), squad_text(gold).split()
        rest = list(right)
        shared = sum(bool(rest.remove(word) or True) for word in left if word in rest)
    precision, recall = shared / (len(left) or 1), shared / (len(right) or 1)
    expected = 2 * precision * recall / (precision + recall) if shared else float(left == right and not left)
    if not (is_chinese(answer, gold) and not left and not right):  # the CMRC script gives two empty answers 0
        assert token_f1(answer, [gold]) == pytest.approx(expected)


def test_rouge_l_of_lins_own_example() -> None:
    # Lin 2004, section 3.1: S1 "police killed the gunman"; S2 and S3 share 3 and 2 words with it in order
    reference = "police killed the gunman"
    assert rouge_l("police kill the gunman", [reference]) == pytest.approx(3 / 4)
    assert rouge_l("the gunman kill police", [reference]) == pytest.approx(2 / 4)


def test_rouge_l_in_chinese_is_over_characters_in_either_writing() -> None:
    # 承租人应在十五日内提出 (11) / 承租人應當在收到後十五日內提出 (15): all 11 stand in order, P = 1, R = 11/15
    assert rouge_l("承租人应在十五日内提出", ["承租人應當在收到後十五日內提出"]) == pytest.approx(2 * 11 / 26)
    assert rouge_l("", ["甲"]) == rouge_l("甲", []) == 0.0
    assert words_of("Café 第12條，COVID-19") == ["cafe", "第", "12", "条", "covid", "19"]


@settings(max_examples=60)
@given(st.text("abc甲", max_size=40), st.text("abc甲", max_size=40))
def test_the_bit_parallel_subsequence_is_that_of_the_textbook(left: str, right: str) -> None:
    assert shared_in_order(left, right) == subsequence_by_table(left, right)


def bleu_by_hand(answer: list[str], gold: list[str]) -> float:
    """Papineni's formula for texts in which every order has a match."""
    logs = []
    for order in range(1, min(4, len(answer)) + 1):
        said, wanted = (Counter(tuple(x[i : i + order]) for i in range(len(x) - order + 1)) for x in (answer, gold))
        logs.append(math.log((said & wanted).total() / said.total()))
    return math.exp(min(0.0, 1 - len(gold) / len(answer))) * math.exp(sum(logs) / len(logs))


def test_bleu_is_papinenis_formula() -> None:
    answer, gold = "the cat sat on the mat today", "the cat sat on the mat"
    assert bleu(answer, [gold]) == pytest.approx(bleu_by_hand(answer.split(), gold.split()))
    assert bleu(gold, [answer]) == pytest.approx(bleu_by_hand(gold.split(), answer.split()))
    hans, hant = "承租人应在十五日内提出", "承租人應在十五日內書面提出"
    assert bleu(hans, [hant]) == pytest.approx(bleu_by_hand(list(hans), list("承租人应在十五日内书面提出")))


def chrf_by_hand(answer: str, gold: str) -> float:
    said, wanted = answer.replace(" ", ""), gold.replace(" ", "")
    rates = []
    for order in range(1, 7):
        left, right = (Counter(x[i : i + order] for i in range(len(x) - order + 1)) for x in (said, wanted))
        if left and right:
            shared = (left & right).total()
            rates.append((shared / left.total(), shared / right.total()))
    precision, recall = (sum(column) / len(rates) for column in zip(*rates, strict=True))
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("The fee is 40 euros.", "A fee of 40 euros"),
        ("出租人应在三十日内退还押金", "出租人应当在三十日内退还押金"),
        ("出租人應當退還押金", "出租人應當在三十日內退還押金"),
    ],
)
def test_chrf_is_popovics_formula(answer: str, gold: str) -> None:
    from eval.metrics.words import simplified

    assert chrf(answer, [gold]) == pytest.approx(chrf_by_hand(simplified(answer), simplified(gold)))
    assert chrf(answer, [gold]) == pytest.approx(chrf(simplified(answer), [gold]))


@pytest.mark.parametrize("text", ["Paris", "The fee for a resit is 40 euros", "三十日内退还押金", "三十日內退還押金"])
@pytest.mark.parametrize("metric", METRICS)
def test_saying_the_gold_answer_is_perfect_and_something_else_is_not(metric, text: str) -> None:  # type: ignore[no-untyped-def]
    assert metric(text, ["something else", text]) == pytest.approx(1.0)
    assert metric("xyzzy", [text]) < 0.2


@settings(max_examples=60)
@given(TEXT, st.lists(TEXT, min_size=1, max_size=3))
def test_every_metric_is_between_nothing_and_everything_and_another_gold_answer_never_hurts(
    answer: str, golds: list[str]
) -> None:
    for metric in METRICS:
        value = metric(answer, golds)
        assert 0 <= value <= 1 + 1e-9
        if metric is not bleu:  # its length penalty looks for the nearest gold answer, which may change
            assert metric(answer, golds[:1]) <= value + 1e-9


@settings(max_examples=60)
@given(TEXT, TEXT)
def test_f1_and_rouge_l_do_not_care_who_says_what(answer: str, gold: str) -> None:
    for metric in (exact_match, token_f1, rouge_l):
        assert metric(answer, [gold]) == pytest.approx(metric(gold, [answer]))


def test_an_answer_contains_a_gold_answer_whatever_the_writing() -> None:
    assert contains(["It costs $12, or so."], ["$12"])
    assert contains(["出租人應當在三十日內退還押金。"], ["三十日内"])
    assert contains(["出租人应当在 30 日内退还。"], ["30日"])
    assert contains(["nothing", "a Café"], ["tea", "the cafe"])
    assert not contains(["出租人退还押金"], ["三十日"])
    assert not contains(["anything"], ["the", "…"])  # gold answers of which nothing is left
    assert not contains([], ["x"])


def test_containment_may_ask_for_whole_words() -> None:
    assert contains(["the category"], ["cat"])
    assert not contains(["the category"], ["cat"], whole_words=True)
    assert contains(["the cat sat"], ["cat"], whole_words=True)
    assert contains(["三十日内退还"], ["十日"], whole_words=True)  # Chinese has no spaces to tell words by
