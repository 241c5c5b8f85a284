from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.questions import Glossary, Pair, PairKind, QuestionReader, QuestionVariant, alternatives, read_question
from retriever.questions.collection_glossary import CollectionGlossary
from retriever.questions.pairs import find_pairs
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store


def pairs(text: str, title: str = "", headings: tuple[str, ...] = ()) -> set[tuple[str, str, str]]:
    return {(pair.short, pair.long, pair.kind.value) for pair in find_pairs(title, headings, text)}


def glossary(*texts: str) -> Glossary:
    return Glossary(Counter(pair for text in texts for pair in find_pairs("", (), text)))


def added(known: Glossary, question: str) -> list[str]:
    return [item.added for item in known.expansions(question)]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Patients with atrial fibrillation (AF) were seen.", "AF", "atrial fibrillation"),
        ("We used convolutional neural networks (CNNs) here.", "CNN", "convolutional neural networks"),
        ("The rate of AF (atrial fibrillation) rose.", "AF", "atrial fibrillation"),
        ("area under the curve (AUC, n = 20)", "AUC", "area under the curve"),
        ("Levels of interleukin-6 (IL-6) fell.", "IL-6", "interleukin-6"),
        ("The World Health Organization (WHO) advises.", "WHO", "World Health Organization"),
        ("a Statement of Work (“SOW”) signed", "SOW", "Statement of Work"),
        ("使用支持向量机（support vector machine，SVM）分类", "SVM", "support vector machine"),
    ],
)
def test_acronyms_are_read_with_what_they_stand_for(text: str, short: str, long: str) -> None:
    assert (short, long, "initials") in pairs(text)


@pytest.mark.parametrize(
    "text",
    [
        "Take 500 mg (two tablets).",
        "The city (Frankfurt) grew.",
        "He paid 20 euros (VAT included).",
        "This was found (see Fig. 2).",
        "The plan (A) failed.",
        "本条所称的机关（包括派出机构）应当公开。",
    ],
)
def test_other_brackets_are_no_acronyms(text: str) -> None:
    assert pairs(text) == set()


@pytest.mark.parametrize(
    ("text", "latin", "han"),
    [
        ("所谓机器学习（Machine Learning，ML）是一门学科。", "Machine Learning", "机器学习"),
        ("常见的损失函数是*平方误差*（squared error）。", "squared error", "平方误差"),
        ("所謂“倒排索引”（inverted index）如下。", "inverted index", "倒排索引"),
        ("我们采用了交叉验证（英语：cross-validation）。", "cross-validation", "交叉验证"),
        ("世界卫生组织（WHO）建议", "WHO", "世界卫生组织"),
        ("梯度下降法。用梯度下降法（gradient descent）求解", "gradient descent", "梯度下降法"),
        ("其中 overfitting（过拟合）最常见", "overfitting", "过拟合"),
        ("学生成绩单很重要。课程设置学生成绩单（transcript）", "transcript", "学生成绩单"),
    ],
)
def test_terms_given_in_two_languages_are_read(text: str, latin: str, han: str) -> None:
    assert (latin, han, "translation") in pairs(text)


@pytest.mark.parametrize("heading", ["3.2 考核方式 / Assessment", "Assessment: 考核方式", "考核方式 (Assessment)"])
def test_headings_in_two_languages_are_read(heading: str) -> None:
    assert any(pair[:2] == ("Assessment", "考核方式") for pair in pairs("", headings=(heading,))) or "(" in heading


@pytest.mark.parametrize("heading", ["使用 Docker", "Python 基础", "3.2 Assessment", "考核方式"])
def test_other_headings_are_not(heading: str) -> None:
    assert pairs("", title=heading) == set()


@pytest.mark.parametrize(
    ("text", "short", "long", "kind"),
    [
        (
            'Brightwell Scanning Ltd (hereinafter "the Supplier") agrees',
            "Supplier",
            "Brightwell Scanning Ltd",
            "shorthand",
        ),
        ("Virtuoso Surgical, Inc. (“Licensor”), a company", "Licensor", "Virtuoso Surgical, Inc", "shorthand"),
        ("出租方：云溪市启明影像设备有限公司（以下简称“甲方”）", "甲方", "云溪市启明影像设备有限公司", "shorthand"),
        ("報國防科學技術工業委員會（以下簡稱國防科工委）批准", "國防科工委", "國防科學技術工業委員會", "initials"),
        ("国家食品药品监督管理局，简称药监局。", "药监局", "药品监督管理局", "initials"),
        ("马铃薯，俗称土豆，是一种作物。", "土豆", "马铃薯", "synonym"),
    ],
)
def test_short_names_and_other_names_are_read(text: str, short: str, long: str, kind: str) -> None:
    assert any((s, k) == (short, kind) and name.rstrip(".").startswith(long) for s, name, k in pairs(text))


def test_an_acronym_is_expanded_and_what_it_stands_for_too() -> None:
    known = glossary("Patients with atrial fibrillation (AF) were seen.")
    assert added(known, "What causes AF?") == ["atrial fibrillation"]
    assert added(known, "What causes Atrial Fibrillations?") == ["AF"]
    assert added(known, "Is atrial fibrillation (AF) dangerous?") == []


def test_words_that_are_no_acronyms_are_left_alone() -> None:
    known = glossary("The World Health Organization (WHO) says.", "Information technology (IT) is used.")
    assert added(known, "who pays for it?") == []
    assert added(known, "What does the WHO say?") == ["World Health Organization"]


def test_what_most_passages_say_counts_and_nothing_where_none_does() -> None:
    heart = "with atrial fibrillation (AF) here"
    assert added(glossary(heart, heart, "the amniotic fluid (AF) there"), "AF?") == ["atrial fibrillation"]
    assert added(glossary(heart, "the amniotic fluid (AF) there", "annulus fibrosus (AF)"), "AF?") == []


def test_what_the_supplier_is_the_contracts_themselves_know() -> None:
    known = glossary('Brightwell Scanning Ltd (hereinafter "the Supplier") agrees')
    assert added(known, "What must the Supplier do?") == []
    assert added(known, "What must Brightwell Scanning Ltd do?") == ["Supplier"]


@pytest.mark.parametrize("question", ["什么是机器学习？", "什麼是機器學習？"])
def test_a_chinese_term_brings_its_english_name_and_the_other_way_round(question: str) -> None:
    known = glossary("所谓机器学习（machine learning）是一门学科。")
    assert added(known, question) == ["machine learning"]
    assert added(known, "What is Machine Learning?") == ["机器学习"]


def test_the_longest_expression_is_the_one_that_is_meant() -> None:
    known = glossary("用随机梯度下降（stochastic gradient descent）求解", "用梯度下降（gradient descent）求解")
    assert added(known, "随机梯度下降为什么快？") == ["stochastic gradient descent"]


def test_a_reworded_question_has_short_names_in_the_place_of_long_ones() -> None:
    known = glossary(
        "Patients with atrial fibrillation (AF) were seen.", "所谓机器学习（machine learning）是一门学科。"
    )
    (variant,) = read_question("What causes atrial fibrillation?", known)
    assert variant.reworded == "What causes AF?"
    assert read_question("What causes AF?", known)[0].reworded == "What causes AF?"
    assert read_question("什么是机器学习？", known)[0].reworded == "什么是machine learning？"


def test_an_expression_is_worth_as_much_as_the_words_it_stands_beside() -> None:
    known = glossary("Patients with atrial fibrillation (AF) were seen.")
    weights = {"af": 1.0, "danger": 1.0}
    ((asked, other),), left = alternatives(weights, known.expansions("Is AF dangerous?"))
    assert asked == {"af": 1.0}
    assert sum(other.values()) == pytest.approx(1.0)
    assert left == {"danger": 1.0}


def test_a_question_without_expansions_costs_next_to_nothing() -> None:
    known = glossary(
        *(f"of {a}lpha {b}eta {c}amma ({a}{b}{c}).".upper() for a in "ABCDEF" for b in "GHIJ" for c in "KLM")
    )
    questions = ["What is the notice period that applies to tenants of the library?", "承租人应当在多少日内提出异议？"]
    begun = time.process_time()
    for _ in range(200):
        for question in questions:
            assert read_question(question, known) == (QuestionVariant(question),)
    assert (time.process_time() - begun) / 400 < 0.001  # .03 ms on an idle machine; what is held is the order


TEXTS = st.text(st.sampled_from('aAbB fF()（）甲乙方学习简称以下，,"“”*_:：\n AF ML'), max_size=80)


@settings(max_examples=200)
@given(texts=st.lists(TEXTS, max_size=4), question=TEXTS)
def test_whatever_is_read_nothing_breaks_and_the_question_stays_itself(texts: list[str], question: str) -> None:
    known = glossary(*texts)
    first, *_ = read_question(question, known)
    assert first.text == question
    assert all(item.added for item in first.expansions)


def test_a_collections_glossary_follows_what_is_added_and_removed(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    catalog = make_catalog(tmp_path, embedder, make_document("Patients with atrial fibrillation (AF).", "a.txt"))
    reader = QuestionReader(catalog.cache_folder)

    def expansions(question: str, reading: QuestionReader = reader) -> list[str]:
        with catalog.snapshot() as snapshot:
            return [item.added for item in reading(snapshot, question)[0].expansions]

    assert expansions("AF?") == ["atrial fibrillation"]
    late = make_document("the blood pressure (BP) rose", "b.txt")
    store(catalog, embedder, late)
    assert expansions("BP?") == ["blood pressure"]
    assert expansions("BP?", QuestionReader(catalog.cache_folder)) == ["blood pressure"]
    catalog.remove([late.id])
    assert expansions("BP?") == []
    assert expansions("AF?") == ["atrial fibrillation"]
    kept = json.loads((catalog.cache_folder / "glossary.json").read_bytes().partition(b"\n")[2])
    assert "blood pressure" not in str(kept)


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"0" * 64 + b"\n{}"])
def test_a_damaged_glossary_is_learnt_anew(tmp_path: Path, damage: bytes) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), make_document("Patients with atrial fibrillation (AF)."))
    with catalog.snapshot() as snapshot:
        assert len(CollectionGlossary(catalog.cache_folder).at(snapshot)) == 2
        (catalog.cache_folder / "glossary.json").write_bytes(damage)
        assert len(CollectionGlossary(catalog.cache_folder).at(snapshot)) == 2


def test_what_is_kept_is_not_learnt_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), make_document("Patients with atrial fibrillation (AF)."))
    with catalog.snapshot() as snapshot:
        CollectionGlossary(catalog.cache_folder).at(snapshot)
        monkeypatch.setattr("retriever.questions.collection_glossary.find_pairs", lambda *_: pytest.fail("read again"))
        assert len(CollectionGlossary(catalog.cache_folder).at(snapshot)) == 2


def test_where_nothing_can_be_kept_the_glossary_lives_in_memory(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), make_document("Patients with atrial fibrillation (AF)."))
    (tmp_path / "file").write_text("in the way")
    with catalog.snapshot() as snapshot:
        assert len(CollectionGlossary(tmp_path / "file").at(snapshot)) == 2


def test_kinds_of_pairs_are_told_apart() -> None:
    assert {kind.value for kind in PairKind} == {"initials", "shorthand", "synonym", "translation"}
    assert Pair("AF", "atrial fibrillation", PairKind.INITIALS).long == "atrial fibrillation"


@pytest.mark.parametrize(("other", "found"), [("Machine learning is used. ", True), ("学习是一种活动。", False)])
def test_a_name_in_another_language_is_added_only_where_documents_are_in_it(
    tmp_path: Path, other: str, found: bool
) -> None:
    term = make_document("所谓机器学习（machine learning）是一门学科。", "a.txt", language="zh-Hans")
    second = make_document(other, "b.txt", language="en" if found else "zh-Hans")
    catalog = make_catalog(tmp_path, HashEmbedder(), term, second)
    for _ in range(2):  # learnt, then read back
        with catalog.snapshot() as snapshot:
            (variant,) = QuestionReader(catalog.cache_folder)(snapshot, "什么是机器学习？")
        assert bool(variant.expansions) is found
