"""Questions made from documents: each asks what a person might ask, and its answer stands in the document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from eval.own_questions import read_questions, write_questions
from eval.synthetic import synthesise
from eval.synthetic.definitions import definition_questions
from eval.synthetic.filtering import Placed, Said, spread
from eval.synthetic.headings import heading_questions
from eval.synthetic.records import Candidate, Kind
from eval.synthetic.rules import rule_questions
from eval.synthetic.tables import table_questions
from eval.synthetic.wording import spoken_title, to_first_person, within_a_sentence
from kb.catalog.collections import open_collection
from kb.errors import ModelError, UsageError
from kb.records import Document, Mark, MarkKind
from kb.settings import Settings
from retriever import Searcher
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.making import make_catalog, make_document

ORDINANCE = """Harbour Ordinance
Section 3. Definitions
"cargo cycle" means a cycle that carries a load of more than 40 kilograms;
"night" means the time from sunset to sunrise.
Section 9. Speed
(1) The greatest speed is 20 kilometres an hour on the Harbour Path.
(2) The speed is 10 kilometres an hour in the quay zone.
Section 10. Helmets
Every child below twelve shall wear a helmet."""

REGULATION = """图书馆条例
第一条 本条例所称公共图书馆，是指向社会公众免费开放的公共文化设施。
第十二条 读者应当在三十日内归还所借图书。逾期的，暂停外借。
第十三条 读者遗失图书的，应当照价赔偿。"""

NOTICE = """圖書館使用須知
一、借閱期限
讀者借閱圖書，應於期限內歸還；逾期者停止借閱。
讀者 | 冊數 | 借期
研究生 | 40冊 | 42天
教師（專任） | 80冊 | 90天"""

LEAFLET = """Leaflet
If you forget a tablet
Take your tablet with the next meal, unless that meal is on the next day.
Can I drink alcohol?
Yes, but no more than one glass a day while you take these tablets.
Rare effects
Very rarely, acid builds up in the blood. Go to a hospital at once.
Introduction
This part says nothing that anybody would ever want to ask about at all.
Service | Minutes | Price (crowns)
Blood test | 15 | 22.50
Yellow fever vaccine | 20 | 92.00
Metformin is a tablet for people with type 2 diabetes. It is white."""


def marked(text: str, name: str, language: str, headings: Sequence[str] = (), articles: Sequence[str] = ()) -> Document:
    """A document whose lines are headings or begin articles as named; lines with " | " are a table."""
    starts = {line: text.index(line) for line in text.split("\n")}
    marks = [Mark(MarkKind.HEADING, starts[line], starts[line] + len(line), 2) for line in headings]
    ends = [text.index(label) for label in articles[1:]] + [len(text)]
    for label, end in zip(articles, ends, strict=True) if articles else ():
        marks.append(Mark(MarkKind.ARTICLE, text.index(label), end, label=label))
    rows = [line for line in text.split("\n") if " | " in line]
    if rows:
        marks.append(Mark(MarkKind.TABLE, starts[rows[0]], starts[rows[-1]] + len(rows[-1])))
    return make_document(text, name, language=language, marks=sorted(marks, key=lambda mark: mark.start))


ordinance = marked(ORDINANCE, "Harbour Ordinance.html", "en", articles=("Section 3", "Section 9", "Section 10"))
regulation = marked(REGULATION, "图书馆条例.html", "zh-Hans", articles=("第一条", "第十二条", "第十三条"))
notice = marked(NOTICE, "圖書館使用須知.html", "zh-Hant", headings=("一、借閱期限",))
leaflet = marked(
    LEAFLET,
    "Leaflet.docx",
    "en",
    headings=("If you forget a tablet", "Can I drink alcohol?", "Rare effects", "Introduction"),
)
DOCUMENTS = (ordinance, regulation, notice, leaflet)
MAKERS = (definition_questions, rule_questions, table_questions, heading_questions)


def made(document: Document, make: object) -> dict[str, list[str]]:
    """The questions that one maker gives, with the texts that answer each."""
    title = spoken_title(document.title, document.name, document.language)
    candidates = make(document, document.language, title)  # type: ignore[operator]  # any of the makers
    return {item.question: [document.text[start:end] for start, end in item.answers] for item in candidates}


def test_definitions_are_asked_for() -> None:
    assert made(ordinance, definition_questions) == {
        "What does “cargo cycle” mean in the Harbour Ordinance?": [
            "a cycle that carries a load of more than 40 kilograms"
        ],
        "What does “night” mean in the Harbour Ordinance?": ["the time from sunset to sunrise"],
    }
    assert made(regulation, definition_questions) == {
        "《图书馆条例》所称的“公共图书馆”是指什么？": ["向社会公众免费开放的公共文化设施"]
    }
    assert made(leaflet, definition_questions) == {"What is metformin?": ["a tablet for people with type 2 diabetes"]}


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        (
            "An inverted index is a list of the places of each word.",
            "What is an inverted index?",
            "a list of the places",
        ),
        ("Recall refers to the share of relevant items found.", "What is recall?", "the share of relevant"),
        ("二元组是指相邻的两个字组成的单位。", "什么是二元组？", "相邻的两个字组成的单位"),
        ("这样的现象叫做交集型歧义：相邻的字串可以有两种切法。", "什么是交集型歧义？", "相邻的字串可以有两种切法"),
        ("糖尿病是一种以高血糖为特征的代谢性疾病。", "什么是糖尿病？", "一种以高血糖为特征的代谢性疾病"),
        ("秦岭是横贯中国中部的一座山脉，西起甘肃。", "什么是秦岭？", "横贯中国中部的一座山脉"),
    ],
)
def test_plain_definitions_are_asked_for_in_plain_words(text: str, question: str, answer: str) -> None:
    language = "en" if text.isascii() else "zh-Hans"
    ((asked, answers),) = made(make_document(text, language=language), definition_questions).items()
    assert asked == question
    assert answers[0].startswith(answer)


@pytest.mark.parametrize(
    "text",
    [
        "This is a very long day for everybody who works here.",
        "The first factor is the same for all documents in a set.",
        "Handing in late is a reason for losing marks in the course.",
        "It means a lot to everybody who was there on that day.",
        "我们的目标是指导所有的学生完成这门课程的作业。",
        "虽然深度学习是一种机器学习的子集，但它的应用范围很广。",
        "课程结束时。每个样本都是一个评论及其标签，用来训练模型。",
        "過去一直是一個巨大的堡壘，足以使敵人望而卻步。",
    ],
)
def test_sentences_that_define_nothing_are_left_alone(text: str) -> None:
    language = "en" if text.isascii() else "zh-Hans"
    assert made(make_document(text, language=language), definition_questions) == {}


def test_numbered_rules_are_asked_for_by_their_numbers() -> None:
    questions = made(ordinance, rule_questions)
    assert questions["What does section 9 of the Harbour Ordinance say about speed?"] == [
        "The greatest speed is 20 kilometres an hour on the Harbour Path.",
        "The speed is 10 kilometres an hour in the quay zone.",
    ]
    assert made(regulation, rule_questions)["《图书馆条例》第十二条规定了什么？"] == [
        "读者应当在三十日内归还所借图书。",
        "逾期的，暂停外借。",
    ]


def test_clauses_of_a_contract_and_recommendations_are_rules_too() -> None:
    contract = make_document("1.1 The Supplier shall report each breach within 36 hours of it.", "Lease agreement.docx")
    assert list(made(contract, rule_questions)) == ["What does clause 1.1 of the Lease agreement say?"]
    novel = make_document("1.1 The sailor shall report each breach within 36 hours of it.", "A novel.docx")
    assert made(novel, rule_questions) == {}
    guideline = make_document("推荐3.1 血压应降至低于140/90 mmHg。", "规范.pdf", language="zh-Hans")
    assert list(made(guideline, rule_questions)) == ["《规范》的推荐3.1规定了什么？"]


def test_amounts_in_tables_are_asked_for_by_row_and_column() -> None:
    assert made(leaflet, table_questions) == {
        "How many minutes are there for blood test?": ["15"],
        "What is the price for blood test?": ["22.50"],
        "How many minutes are there for yellow fever vaccine?": ["20"],
        "What is the price for yellow fever vaccine?": ["92.00"],
    }
    assert made(notice, table_questions) == {
        "研究生的冊數是多少？": ["40冊"],
        "研究生的借期是多長時間？": ["42天"],
        "教師的冊數是多少？": ["80冊"],
        "教師的借期是多長時間？": ["90天"],
    }


def test_tables_that_cannot_be_read_by_row_and_column_are_left_alone() -> None:
    torn = "Name | Price\nDr Helena | 10 crowns\nOkafor | \nQuay | 5 crowns\nBridge | 20 crowns"
    asked = {"What is the price for quay?": ["5 crowns"], "What is the price for bridge?": ["20 crowns"]}
    assert made(marked(torn, "t.pdf", "en"), table_questions) == asked
    twice = "Bridge | Price\nSalt | 10 crowns\nSalt | 20 crowns\nQuay | 30 crowns"
    assert made(marked(twice, "t.pdf", "en"), table_questions) == {}
    headless = "2026 | 10\n2027 | 20\n2028 | 30"
    assert made(marked(headless, "t.pdf", "en"), table_questions) == {}


def test_headings_become_the_questions_that_they_stand_for() -> None:
    questions = made(leaflet, heading_questions)
    assert questions["What should I do if I forget a tablet?"] == [
        "Take your tablet with the next meal, unless that meal is on the next day."
    ]
    assert "Can I drink alcohol?" in questions
    assert "What does the Leaflet say about rare effects?" in questions
    assert not any("ntroduction" in question for question in questions)
    assert list(made(notice, heading_questions)) == ["關於「借閱期限」，《圖書館使用須知》是怎麼說的？"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_answer_is_an_exact_span(document: Document) -> None:
    title = spoken_title(document.title, document.name, document.language)
    for make in MAKERS:
        for candidate in make(document, document.language, title):
            for start, end in candidate.answers:
                said = document.text[start:end]
                assert said == said.strip()
                assert said
                assert "\n" not in said


def test_rows_of_a_table_are_no_sentences_of_a_section() -> None:
    text = "Notes\nOpening hours\nMonday | 08:00 to 18:30\nThe desk is closed on every public holiday."
    asked = made(marked(text, "Notes.html", "en", headings=("Opening hours",)), heading_questions)
    assert asked == {"What does the Notes say about opening hours?": ["The desk is closed on every public holiday."]}


def test_what_a_document_says_to_its_reader_is_said_by_the_reader() -> None:
    assert to_first_person("if you forget your tablet") == "if I forget my tablet"
    assert to_first_person("reach us on our website") == "reach you on your website"


def test_names_keep_their_capitals_within_a_sentence() -> None:
    assert within_a_sentence("Rare effects", "x") == "rare effects"
    assert within_a_sentence("Amcor", "shares of Amcor rose") == "Amcor"
    assert within_a_sentence("BM25", "x") == "BM25"
    assert within_a_sentence("Service Credit", "x") == "Service Credit"
    assert spoken_title("《图书馆条例》", "a", "zh-Hans") == "《图书馆条例》"
    assert spoken_title("", "law/act one.pdf", "en") == "“act one”"
    assert spoken_title("From A to B, and Back", "a", "en") == "“From A to B, and Back”"


def searcher_over(folder: Path, *documents: Document) -> Searcher:
    make_catalog(folder, HashEmbedder(), *documents, name="default").close()
    return Searcher(open_collection(folder, "default"), HashEmbedder())


def test_a_collections_questions_are_found_again_spread_and_marked(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    found = synthesise(settings, "default", 8, searcher=searcher_over(tmp_path, *DOCUMENTS))
    assert len(found.questions) == 8
    assert all(own.synthetic and own.document and own.answers for own in found.questions)
    documents = [own.document for own in found.questions]
    assert {documents.count(name) for name in set(documents)} == {2}
    assert len({own.tags[0] for own in found.questions}) >= 3
    write_questions(tmp_path / "made.yaml", found.questions)
    assert read_questions(tmp_path / "made.yaml") == found.questions


def test_the_same_seed_gives_the_same_questions(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first, again, other = (
        synthesise(settings, "default", 6, seed=seed, searcher=searcher_over(tmp_path, *DOCUMENTS)).questions
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_question_whose_passage_is_not_found_again_falls(tmp_path: Path) -> None:
    crowd = make_document("\n".join(f"What is price {n} for blood test at Leaflet?" for n in range(40)), "crowd.txt")
    few = marked("Service | Price\nBlood test | 22.50\nOther thing | 92.00", "few.docx", "en")
    found = synthesise(Settings(home=tmp_path), "default", 5, searcher=searcher_over(tmp_path, few, crowd))
    assert "What is the price for blood test?" not in [own.question for own in found.questions]
    assert found.fallen["not found again"] >= 1


def test_what_two_documents_answer_alike_may_stand_in_either_and_unlike_is_not_asked(tmp_path: Path) -> None:
    alike = "Service | Price\nBlood test | 22.50\nBlood group | {}"
    one, two = (marked(alike.format(price), f"{price}.docx", "en") for price in ("10.00", "11.00"))
    found = synthesise(Settings(home=tmp_path), "default", 5, searcher=searcher_over(tmp_path, one, two))
    (own,) = found.questions
    assert (own.question, own.answers, own.document) == ("What is the price for blood test?", ("22.50",), "")
    assert found.fallen["several answers"] == 2


def test_near_duplicates_are_said_once() -> None:
    said = Said()
    first = Candidate(Kind.TABLE, "q", "blood test price", ((0, 1),))
    assert said.is_new(first, "22.50 crowns")
    assert not said.is_new(first._replace(subject="the blood test price"), "22.50 crowns")
    assert said.is_new(first._replace(kind=Kind.RULE), "22.50 crowns")
    assert said.is_new(first._replace(subject="yellow fever"), "92.00 crowns")


def test_documents_take_turns_whatever_their_length() -> None:
    long, short = make_document("a", "long"), make_document("b", "short")
    passage = None
    items = [
        Placed(Candidate(kind, f"{n}", f"{n}", ((0, 1),)), document, passage)  # type: ignore[arg-type]  # not looked at
        for document, count in ((long, 9), (short, 2))
        for n, kind in enumerate([Kind.TABLE, Kind.RULE, Kind.TABLE] * 3)
        if n < count
    ]
    order = [item.document.name for item in spread(items, 0)]
    assert len(order) == 11
    assert set(order[:2]) == set(order[2:4]) == {"long", "short"}


def reply(question: str, answer: str) -> list[str]:
    return [json.dumps({"question": question, "answer": answer}, ensure_ascii=False)]


LONG = make_document(
    "Late reports lose five marks for each day begun, and none is accepted after one week has passed.", "rules.txt"
)


def test_a_model_writes_questions_whose_answers_it_copied(tmp_path: Path) -> None:
    model = ScriptedChatModel(reply("How many marks do late reports lose for each day?", "five   marks"))
    found = synthesise(Settings(home=tmp_path), "default", 1, searcher=searcher_over(tmp_path, LONG), model=model)
    (own,) = found.questions
    assert (own.answers, own.document, own.synthetic, own.tags[0]) == (("five marks",), "rules.txt", True, "model")
    assert LONG.text in model.asked[0][1][0].text


@pytest.mark.parametrize(
    "bad",
    [
        reply("How many marks do late reports lose?", "six marks"),
        reply("What does this passage say?", "five marks"),
        reply("Late reports lose marks", "five marks"),
        reply("", ""),
        ['{"question": "How many'],
        ["I'd rather not."],
        ['{"question": 1, "answer": 2}'],
    ],
)
def test_what_a_model_copies_wrongly_or_asks_badly_falls(tmp_path: Path, bad: list[str]) -> None:
    model = ScriptedChatModel(bad)
    found = synthesise(Settings(home=tmp_path), "default", 1, searcher=searcher_over(tmp_path, LONG), model=model)
    assert found.questions == ()
    assert found.fallen == {"no usable question": 1}


def test_a_chinese_passage_is_asked_about_in_chinese(tmp_path: Path) -> None:
    text = "读者应当在三十日内归还所借图书，逾期不还的，图书馆暂停其外借权限，直至全部归还为止；"
    text += "遗失图书的，应当照价赔偿，并缴纳加工费，具体标准由图书馆公布。"
    document = make_document(text, "条例.txt", language="zh-Hans")
    model = ScriptedChatModel(reply("借的书要在多少天之内还？", "三十日"))
    found = synthesise(Settings(home=tmp_path), "default", 1, searcher=searcher_over(tmp_path, document), model=model)
    assert found.questions[0].answers == ("三十日",)
    assert "只回复一个 JSON 对象" in model.asked[0][0]


def test_a_model_that_is_down_ends_the_making(tmp_path: Path) -> None:
    documents = [make_document(f"{LONG.text} Part {n}.", f"{n}.txt") for n in range(4)]
    model = ScriptedChatModel(*[ModelError("down")] * 4)
    with pytest.raises(ModelError):
        synthesise(Settings(home=tmp_path), "default", 4, searcher=searcher_over(tmp_path, *documents), model=model)
    assert len(model.asked) == 3


def test_no_questions_cannot_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        synthesise(Settings(home=tmp_path), "default", 0)
