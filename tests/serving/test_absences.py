from pathlib import Path

import pytest

from kb.catalog import Catalog
from kb.records import Filters, Finished, Verdict
from retriever import Searcher
from serving.absences import judge_absence, missing_words
from serving.answering import answer_question
from serving.verification import LexicalVerifier
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.making import make_catalog, make_document

LEAFLET = make_document(
    "Metformin is taken with food.\nAlcohol raises the risk of lactic acidosis.\nKeep it away from children.",
    "Metformin leaflet.txt",
)
STATUTE = make_document("第一条 试用期不得超过六个月。\n第二条 工资按月支付。", "劳动条例.txt", language="zh-Hans")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, HashEmbedder(), LEAFLET, STATUTE)


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("The documents do not mention grapefruit juice.", {"grapefruit", "juic"}),
        ("The provided passages don't specify the dose of warfarin.", {"dose", "warfarin"}),
        ("None of the documents states the parking fee.", {"park", "fee"}),
        ("There is no information about parking in the handbook.", {"park", "handbook"}),
        ("Grapefruit is not mentioned in the leaflet.", {"grapefruit"}),
        ("文件没有提到停车费。", {"停车", "车费"}),
        ("文档中没有关于停车费的规定。", {"停车", "车费"}),
    ],
)
def test_what_a_sentence_says_is_missing_is_read(sentence: str, missing: set[str]) -> None:
    assert missing_words(sentence) == missing


@pytest.mark.parametrize(
    "sentence",
    [
        "Metformin does not cause drowsiness.",
        "The tablet is not taken without food.",
        "A contract that does not name a date is void.",
        "试用期不得超过六个月。",
        "没有正当理由的，不得解除合同。",
    ],
)
def test_other_denials_are_left_to_the_verifier(sentence: str) -> None:
    assert missing_words(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "verdict", "why"),
    [
        ("The documents do not mention alcohol.", Verdict.CONTRADICTED, "does mention “Alcohol”"),
        ("The metformin leaflet does not mention grapefruit.", Verdict.SUPPORTED, "all 3 passages of “Metformin"),
        ("The documents do not mention grapefruit.", Verdict.SUPPORTED, "all 5 passages of 2 documents"),
        ("The documents do not say.", Verdict.UNCITED, "said of the passages that were read"),
        ("文件没有提到试用期。", Verdict.CONTRADICTED, "提到了“试用期”"),
        ("劳动条例没有规定加班费。", Verdict.SUPPORTED, "《劳动条例》的全部2个段落"),
        ("文件沒有提到停車費與學費。", Verdict.SUPPORTED, "2份文件的全部5個段落"),
    ],
)
def test_the_words_are_looked_for_in_every_passage_of_the_documents_meant(
    catalog: Catalog, sentence: str, verdict: Verdict, why: str
) -> None:
    judgement = judge_absence(sentence, (), catalog)
    assert judgement is not None
    assert (judgement.verdict, why in judgement.why) == (verdict, True), judgement.why


def test_of_a_large_collection_nothing_is_said_that_was_not_looked_at(tmp_path: Path) -> None:
    large = make_document("\n".join(f"Line {number} on rent." for number in range(500)), "lines.txt")
    judgement = judge_absence("The documents do not mention dogs.", (), make_catalog(tmp_path, HashEmbedder(), large))
    assert judgement is not None
    assert judgement.verdict is Verdict.UNCITED


def test_what_the_questions_filters_leave_out_contradicts_nothing(catalog: Catalog) -> None:
    sentence, only = "The documents do not mention alcohol.", Filters({"document": ("劳动条例.txt",)})
    everywhere, there = judge_absence(sentence, (), catalog), judge_absence(sentence, (), catalog, only)
    assert everywhere is not None
    assert there is not None
    assert (everywhere.verdict, there.verdict) == (Verdict.CONTRADICTED, Verdict.SUPPORTED)


def test_a_version_that_was_replaced_contradicts_nothing(tmp_path: Path) -> None:
    replaces = {"replaces": LEAFLET.name, "effective_from": "2020-01-01"}
    newer = make_document("Metformin is taken with food.", "Newer leaflet.txt", metadata=replaces)
    sentence = "The documents do not mention alcohol."
    before = judge_absence(sentence, (), make_catalog(tmp_path / "before", HashEmbedder(), LEAFLET))
    after = judge_absence(sentence, (), make_catalog(tmp_path / "after", HashEmbedder(), LEAFLET, newer))
    assert before is not None
    assert after is not None
    assert (before.verdict, after.verdict) == (Verdict.CONTRADICTED, Verdict.SUPPORTED)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("The documents do not mention alcohol [1].", Verdict.CONTRADICTED),
        ("The metformin leaflet does not mention grapefruit [1].", Verdict.SUPPORTED),
        ("劳动条例没有规定加班费[1]。", Verdict.SUPPORTED),
    ],
)
def test_a_model_that_says_so_is_held_to_every_passage(catalog: Catalog, reply: str, verdict: Verdict) -> None:
    events = answer_question(
        "How is metformin taken with food, and what is said of alcohol?",
        searcher=Searcher(catalog, HashEmbedder()),
        catalog=catalog,
        verifier=LexicalVerifier(),
        model=ScriptedChatModel([reply]),
    )
    answer = next(event.answer for event in events if isinstance(event, Finished))
    assert answer.claims[0].verdict is verdict
