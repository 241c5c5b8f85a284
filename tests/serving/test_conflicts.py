"""Documents that disagree on one thing are told apart from documents that speak of two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from kb.records import (
    Answer,
    DocumentEntry,
    Filters,
    Finished,
    Hit,
    HitSource,
    Passage,
    Policy,
    Turn,
    Verdict,
)
from retriever import Searcher
from serving.answer_json import answer_as_json
from serving.answering import answer_question
from serving.citations import Span
from serving.claims import OF_IBID_ITSELF
from serving.conflicts import labels_of, sides_of
from serving.conflicts.disagreeing import disagreement
from serving.conflicts.sides import Side
from serving.conflicts.statements import read_statement, words_of
from serving.verification import LexicalVerifier
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.serving.library import make_collection

DISAGREE = [
    (
        "Late reports lose 5% a day.",
        "Handbook 2023",
        "Late reports lose 10% per day.",
        "Handbook 2024",
        "late reports?",
    ),
    (
        "Students must hand in the final report within fourteen days after the last lecture.",
        "Course handbook",
        "The final report must be submitted within ten days of the last lecture.",
        "Course handbook 2024",
        "Within how many days must the final report be handed in?",
    ),
    (
        "Claims must be filed within 14 days.",
        "Terms 2022",
        "The time limit for filing a claim is 30 days.",
        "Terms 2023",
        "How long do I have to file a claim?",
    ),
    (
        "The dose must not exceed 2000 mg a day.",
        "Metformin leaflet",
        "The dose of metformin must not exceed 3 g daily.",
        "Diabetes guideline",
        "What is the maximum daily dose of metformin?",
    ),
    (
        "The fee for a resit is 40 euros.",
        "Handbook",
        "A resit costs 60 euros.",
        "Handbook 2024",
        "How much is a resit?",
    ),
    (
        "The exam takes place on 12 June 2025.",
        "Course handbook",
        "The exam takes place on 14 June 2025.",
        "Course handbook (revised)",
        "When is the exam?",
    ),
    (
        "Students may borrow 10 books.",
        "Rules",
        "Students may borrow 12 books at a time.",
        "Rules 2024",
        "How many books?",
    ),
    (
        "The probation period is 6 months.",
        "Contract",
        "The probation period is 90 days.",
        "Contract (amended)",
        "How long?",
    ),
    (
        "承租人应当在收到通知之日起十五日内以书面形式提出异议。",
        "租赁管理条例",
        "承租人应当在收到通知之日起30日内以书面形式提出异议。",
        "租赁管理条例（2024年修订）",
        "承租人应在多少日内提出异议？",
    ),
    (
        "二甲双胍每日最大剂量为2000毫克。",
        "二甲双胍说明书",
        "二甲双胍每日剂量不超过2550毫克。",
        "糖尿病指南",
        "二甲双胍每日最大剂量是多少？",
    ),
    ("迟交作业每天扣5%。", "学生手册2023", "迟交作业每日扣10%。", "学生手册2024", "迟交作业扣多少？"),
    ("遲交報告每日扣5%。", "學生手冊", "迟交报告每日扣百分之十。", "学生手册", "遲交報告扣多少？"),
    (
        "期末考试时间为2024年6月12日。",
        "课程大纲",
        "期末考试时间为2024年6月14日。",
        "课程大纲（更新）",
        "期末考试是哪天？",
    ),
]

DO_NOT = [
    # another course, drug or group of patients
    (
        "Late reports lose 5% a day.",
        "INF 342 handbook",
        "Late reports lose 10% a day.",
        "ECO 101 handbook",
        "late reports?",
    ),
    ("The final report is due on 15 May.", "Databases", "The final report is due on 20 May.", "Algorithms", "When?"),
    (
        "CS101 reports are due within 14 days.",
        "Handbook",
        "CS102 reports are due within 10 days.",
        "Handbook 2024",
        "When?",
    ),
    (
        "The daily dose is 2000 mg.",
        "Metformin",
        "The daily dose is 320 mg.",
        "Gliclazide",
        "The daily dose of metformin?",
    ),
    ("Adults take 500 mg.", "Leaflet", "Children take 250 mg.", "Leaflet 2024", "How much should be taken?"),
    ("The dose is 500 mg.", "Leaflet", "The dose for children is 250 mg.", "Leaflet 2024", "What is the dose?"),
    ("每次口服500毫克，每日两次。", "二甲双胍说明书", "每次口服80毫克，每日两次。", "格列齐特说明书", "每次服多少？"),
    ("成人每次500毫克。", "布洛芬说明书", "儿童每次200毫克。", "布洛芬说明书2024", "每次多少毫克？"),
    ("高血压患者每日服用5毫克。", "说明书", "心绞痛患者每日服用10毫克。", "说明书（修订）", "每日服用多少？"),
    ("本科生可借阅图书10册。", "图书馆规则", "研究生可借阅图书20册。", "图书馆规则2024", "可以借多少册？"),
    ("You have 7 days.", "Exam policy, Faculty of Law", "You have 9 days.", "Exam policy, Faculty of Arts", "Days?"),
    ("Give 30 days of notice.", "Lease A", "Give 60 days of notice.", "Lease B", "How many days of notice?"),
    ("日本国铁于1962年开始制造电车。", "日本国铁", "英国国铁于1954年开始制造电车。", "日本国铁", "何时开始制造电车？"),
    # another amount of the same thing
    ("The usual dose is 500 mg.", "Leaflet", "The maximum dose is 2000 mg.", "Leaflet 2024", "What is the dose?"),
    ("Take 500 mg with food.", "Leaflet", "Take 2000 mg a day with food.", "Leaflet 2024", "How much should I take?"),
    ("The first instalment is 400 euros.", "Fees", "The second instalment is 300 euros.", "Fees 2025", "How much?"),
    # another time
    ("In 2019 the town had 5000 inhabitants.", "Town", "In 2021 the town had 6000 inhabitants.", "Town", "How many?"),
    ("On 5 May 2019, 500 people came.", "Fair", "On 7 June 2021, 600 people came.", "Fair", "How many people came?"),
    # another rule
    ("（四）违法所得一万元以上的；", "解释", "（五）违法所得一万元以上的；", "解释（修订）", "什么情形？"),
    ("(4) The fee is 40 euros.", "Rules", "(5) The fee is 40 euros.", "Rules 2024", "How much is the fee?"),
    ("违反第十二条的，处五百元罚款。", "条例", "违反第十三条的，处八百元罚款。", "条例（修订）", "罚款多少？"),
    ("Article 12 sets a fine of 500 yuan.", "Act", "Article 13 sets a fine of 800 yuan.", "Act 2024", "How much?"),
    # the same, said otherwise
    ("The dose is 500 mg.", "Leaflet", "The dose is 0.5 g.", "Leaflet 2024", "What is the dose?"),
    (
        "Claims must be filed within 30 days.",
        "Terms",
        "Claims must be filed within one month.",
        "Terms 2024",
        "How long?",
    ),
    ("The dose is 500 to 1000 mg.", "Leaflet", "The dose is 850 mg.", "Leaflet 2024", "What is the dose?"),
    ("Reports may be late by 3 days.", "Rules", "Reports may not be late by 5 days.", "Rules 2024", "How late?"),
]


def span(text: str, title: str, *, day: str = "", headings: tuple[str, ...] = (), order: int = 0) -> Span:
    name = f"{title}-{order}.txt"
    entry = DocumentEntry(name, name, title, "text/plain", "", 0, 1, 1, "2026-01-01T00:00:00+00:00", effective_from=day)
    hit = Hit(Passage(entry.id, 0, 0, len(text), text, headings), entry, 1.0, HitSource.FUSED)
    return Span(hit, 0, len(text))


@pytest.mark.parametrize(("one", "title", "other", "other_title", "question"), DISAGREE)
def test_another_value_for_the_same_thing_is_a_disagreement(
    one: str, title: str, other: str, other_title: str, question: str
) -> None:
    statements = [read_statement(span(one, title)), read_statement(span(other, other_title))]
    for first, second in (statements, statements[::-1]):
        found = disagreement(first, second, editions=False, asked=words_of(question))
        assert found is not None
        assert found.one in first.span.quote
        assert found.other in second.span.quote


@pytest.mark.parametrize(("one", "title", "other", "other_title", "question"), DO_NOT)
def test_what_may_both_be_right_is_none(one: str, title: str, other: str, other_title: str, question: str) -> None:
    statements = [read_statement(span(one, title)), read_statement(span(other, other_title))]
    for first, second in (statements, statements[::-1]):
        assert disagreement(first, second, editions=False, asked=words_of(question)) is None


def test_sections_on_other_groups_do_not_disagree_even_in_editions_of_one_text() -> None:
    adults = span("The dose is 500 mg.", "Leaflet", headings=("Leaflet", "Adults"))
    children = span("The dose is 250 mg.", "Leaflet", headings=("Leaflet", "Children"), order=1)
    assert sides_of([(adults, "500 mg")], [adults.hit, children.hit], "What is the dose?") == []


def test_only_what_is_asked_for_counts() -> None:
    one = span("The exam is on 12 June 2025 in Hall B.", "Handbook")
    other = span("The exam is on 14 June 2025 in Hall B.", "Handbook", order=1)
    hits = [one.hit, other.hit]
    assert sides_of([(one, "Hall B")], hits, "Where is the exam?") == []
    assert [side.value for side in sides_of([(one, "12 June")], hits, "When is the exam?")] == [
        "12 June 2025",
        "14 June 2025",
    ]


def test_a_document_that_says_both_speaks_of_two_things() -> None:
    one = span("Reports are due within 14 days.", "Handbook")
    text = "Reports are due within 14 days. Reports are due within 10 days for visitors."
    passage = Passage("b", 0, 0, len(text), text)
    both = Hit(passage, span("", "Handbook", order=1).hit.document, 1.0, HitSource.FUSED)
    assert sides_of([(one, "14 days")], [one.hit, both], "When are reports due?") == []


def test_sides_come_newest_in_force_first_and_carry_dates_in_the_language_of_the_answer() -> None:
    old = span("迟交作业每天扣5%。", "学生手册", day="2023-09-01")
    new = span("迟交作业每天扣10%。", "学生手册", day="2024-09-01", order=1)
    sides = sides_of([(old, "5%")], [old.hit, new.hit], "迟交作业每天扣多少？")
    assert [side.value for side in sides] == ["10%", "5%"]
    assert labels_of(sides, "zh-Hans") == [
        "（《学生手册》，自2024-09-01起有效）",
        "（《学生手册》，自2023-09-01起有效）",
    ]
    assert labels_of(sides, "en")[1] == " (学生手册, in force from 2023-09-01)"


def test_documents_with_the_same_title_and_no_dates_are_told_apart_by_their_files() -> None:
    sides = [Side(span("5%", "Rules", order=order), "5%") for order in (0, 1)]
    assert labels_of(sides, "en") == [" (Rules-0.txt, added 2026-01-01)", " (Rules-1.txt, added 2026-01-01)"]


def test_versions_of_one_text_differ_where_an_article_was_amended(tmp_path: Path) -> None:
    old = "租赁管理条例\n\n第十二条 承租人对通知有异议的，由人民法院裁定。\n\n第十三条 承租人应当爱护房屋。"
    new = old.replace("人民法院裁定", "仲裁机构裁决")
    question = "承租人对通知有异议的，由谁裁定？"
    apart = answer(tmp_path / "apart", {"旧.txt": old, "新.txt": new}, question)
    assert apart.conflicts == ()  # two regulations may well differ
    linked = answer(tmp_path / "linked", {"旧.txt": old, "新.txt": new}, question, replaces=True)
    (conflict,) = linked.conflicts
    assert [side.value for side in conflict.sides] == ["仲裁机构裁决", "人民法院裁定"]
    assert "（《租赁管理条例》，第1版，2023-09-01至2024-08-31有效）" in linked.claims[1].text
    same = answer(tmp_path / "same", {"旧.txt": old, "新.txt": new}, "承租人应当怎样对待房屋？", replaces=True)
    assert same.conflicts == ()


OLD = """Student handbook

Students must hand in the final report within fourteen days after the last lecture.

The library is open from 8:00 to 22:00 on working days."""
NEW = OLD.replace("fourteen", "ten")
QUESTION = "Within how many days must the final report be handed in?"


def answer(
    tmp_path: Path,
    documents: Mapping[str, str],
    question: str,
    policy: Policy = Policy.FLAG,
    model: ScriptedChatModel | None = None,
    *,
    replaces: bool = False,
) -> Answer:
    """The answer over documents, the first of them in force from 2023-09-01, the next from 2024-09-01, …

    With `replaces` each one replaces the one before, and all versions are searched.
    """
    embedder = HashEmbedder()
    catalog = make_collection(tmp_path, embedder, policy=policy, documents=dict(documents))
    with catalog.snapshot() as snapshot:
        ids = {entry.name: entry.id for entry in snapshot.documents()}
    older = ""
    for year, name in enumerate(documents, 2023):
        catalog.describe(ids[name], {"effective_from": f"{year}-09-01", "replaces": older if replaces else ""})
        older = name
    *_, last = answer_question(
        question,
        searcher=Searcher(catalog, embedder),
        catalog=catalog,
        verifier=LexicalVerifier(),
        model=model,
        filters=Filters(all_versions=True),
    )
    assert isinstance(last, Finished)
    return last.answer


@pytest.mark.parametrize("policy", list(Policy))
def test_an_answer_of_quotes_shows_both_sides_with_their_dates(tmp_path: Path, policy: Policy) -> None:
    found = answer(tmp_path, {"old.txt": OLD, "new.txt": NEW}, QUESTION, policy)
    first, second, note = found.claims
    assert "within ten days" in first.text
    assert "(Student handbook, in force from 2024-09-01)" in first.text
    assert "within fourteen days" in second.text
    assert first.verdict is second.verdict is Verdict.SUPPORTED
    assert note.why == OF_IBID_ITSELF
    assert "The documents disagree: ten days / fourteen days." in note.text
    (conflict,) = answer_as_json(found)["conflicts"]
    assert [(side["marker"], side["value"], side["document"]) for side in conflict["sides"]] == [
        (1, "ten days", "new.txt"),
        (2, "fourteen days", "old.txt"),
    ]
    for citation in found.citations:
        assert citation.quote in (OLD, NEW)[citation.document == "new.txt"]


def test_an_answer_in_chinese_says_so_in_chinese(tmp_path: Path) -> None:
    old = "租賃管理條例\n\n第十二條 承租人應當在收到通知之日起十五日內以書面形式提出異議。"
    found = answer(tmp_path, {"舊.txt": old, "新.txt": old.replace("十五", "三十")}, "承租人應在多少日內提出異議？")
    assert "（《租賃管理條例》，自2024-09-01起有效）" in found.claims[0].text
    assert found.claims[-1].text.strip() == "（文件說法不一：三十日；十五日。生效較晚的列在前面。）"


def test_documents_that_agree_are_answered_as_ever(tmp_path: Path) -> None:
    found = answer(tmp_path, {"old.txt": OLD, "copy.txt": OLD + "\n\nAppendix"}, QUESTION)
    assert found.conflicts == ()
    assert "in force" not in found.text


class CitingModel(ScriptedChatModel):
    """Answers with sentences in which {words} stands for the number of the passage that holds them."""

    def stream(self, system: str, turns: Sequence[Turn], **options: Any) -> Iterator[str]:
        shown = turns[-1].text.split('number="')[1:]
        (written,) = self.replies.pop(0)
        for words in re.findall(r"\[(\D[^\]]*)\]", written):
            number = next(part.partition('"')[0] for part in shown if words in part)
            written = written.replace(f"[{words}]", f"[{number}]")
        self.replies.insert(0, [written])
        return super().stream(system, turns, **options)


@pytest.mark.parametrize("policy", list(Policy))
def test_what_a_model_leaves_out_is_added_with_its_dates(tmp_path: Path, policy: Policy) -> None:
    model = CitingModel(["Reports must be handed in within 10 days after the last lecture [within ten]."])
    found = answer(tmp_path, {"old.txt": OLD, "new.txt": NEW}, QUESTION, policy, model)
    first, second, note = found.claims
    assert first.verdict is second.verdict is Verdict.SUPPORTED
    assert "“Students must hand in the final report within fourteen days after the last lecture.”" in second.text
    assert "(Student handbook, in force from 2023-09-01)" in second.text
    assert "ten days (Student handbook, in force from 2024-09-01) / fourteen days" in note.text
    (conflict,) = found.conflicts
    assert [side.marker for side in conflict.sides] == [*first.citations, *second.citations]


def test_what_a_model_says_of_both_is_only_remarked_on(tmp_path: Path) -> None:
    new = "Reports must be handed in within 10 days after the last lecture [within ten]."
    old = "Before, it was within 14 days after the last lecture [within fourteen]."
    model = CitingModel([f"{new} {old}"])
    found = answer(tmp_path, {"old.txt": OLD, "new.txt": NEW}, QUESTION, model=model)
    assert len(found.claims) == 3
    assert found.claims[-1].why == OF_IBID_ITSELF
    assert [side.value for side in found.conflicts[0].sides] == ["ten days", "fourteen days"]
    assert {side.marker for side in found.conflicts[0].sides} == {1, 2}


def test_the_model_is_told_when_each_document_is_in_force(tmp_path: Path) -> None:
    model = ScriptedChatModel(["It is ten days [1]."], ["It is ten days [1]."])
    answer(tmp_path, {"old.txt": OLD, "new.txt": NEW}, QUESTION, model=model)
    (_, (turn,)) = model.asked[-1]
    assert 'from="Student handbook; in force from 2024-09-01"' in turn.text
    assert 'from="Student handbook; in force from 2023-09-01"' in turn.text
    answer(tmp_path / "linked", {"old.txt": OLD, "new.txt": NEW}, QUESTION, model=model, replaces=True)
    (_, (turn,)) = model.asked[-1]
    assert 'from="Student handbook; version 1, in force 2023-09-01 to 2024-08-31"' in turn.text
    assert 'from="Student handbook; version 2, in force from 2024-09-01"' in turn.text


def test_a_citation_of_a_clause_stands_for_its_sentence(tmp_path: Path) -> None:
    old = OLD.replace("lecture.", "lecture, and the poster is shown in the hall of the department in June.")
    model = CitingModel(["Reports must be handed in within 10 days [within ten]."])
    found = answer(tmp_path, {"old.txt": old, "new.txt": old.replace("fourteen", "ten")}, QUESTION, model=model)
    (conflict,) = found.conflicts
    assert [side.marker for side in conflict.sides] == [1, 2]


def test_what_an_answer_does_not_speak_of_is_not_added(tmp_path: Path) -> None:
    model = CitingModel(["Reports are handed in after the last lecture [within ten]."])
    found = answer(tmp_path, {"old.txt": OLD, "new.txt": NEW}, QUESTION, model=model)
    assert found.conflicts == ()
    assert len(found.claims) == 1
