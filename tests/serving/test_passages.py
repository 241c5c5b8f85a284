from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.catalog import Catalog
from kb.records import Document, Hit, HitSource
from serving.citations import narrow, whole_span
from serving.passages import Reading, build_readings
from serving.passages.tokens import estimated_tokens
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

RULE = (
    "A student who has missed the deadline because of illness may ask the course administrator for an extension of {}"
    " days; the request must be made in writing before the end of the week in which the illness began, and it {} be"
    " accompanied by a note from a doctor."
)
RULE_ZH = (
    "学生因病不能按期交作业的，可以在生病当周结束以前以书面形式向课程秘书申请延期{}天；申请{}附医生的证明。"
    "秘书应当在三个工作日内答复。"
)
TABLE = """Fees
Service | Price
Letter | 20
Vaccine | 58
Blood test | 12
Fees are paid at the desk."""


def library(folder: Path, *documents: Document) -> Catalog:
    return make_catalog(folder, HashEmbedder(), *documents)


def hits_of(catalog: Catalog, *wanted: tuple[str, int], scores: Sequence[float] = ()) -> list[Hit]:
    """Hits for (document name, order), best first; scores fall by a hundredth unless given."""
    with catalog.snapshot() as snapshot:
        by_name = {entry.name: snapshot.passages_of(entry.id) for entry in snapshot.documents()}
    found = []
    for rank, (name, order) in enumerate(wanted):
        stored = by_name[name][order]
        score = scores[rank] if scores else 1 - rank / 100
        found.append(Hit(stored.passage, stored.document, score, HitSource.FUSED))
    return found


def texts(readings: Sequence[Reading]) -> list[str]:
    return [reading.hit.passage.text for reading in readings]


def test_nothing_found_is_nothing_to_read(tmp_path: Path) -> None:
    assert build_readings([], library(tmp_path)) == ()


def test_neighbours_become_one_exact_span(tmp_path: Path) -> None:
    document = make_document("One is first.\n\nTwo is next.\nThree is far.\nFour is last.")
    catalog = library(tmp_path, document)
    readings = build_readings(hits_of(catalog, ("notes.txt", 1), ("notes.txt", 0), ("notes.txt", 3)), catalog)
    assert texts(readings) == ["One is first.\n\nTwo is next.", "Four is last."]
    passage = readings[0].hit.passage
    assert document.text[passage.start : passage.end] == passage.text
    assert readings[0].hit.score == 1.0


def test_passages_under_different_headings_stay_apart(tmp_path: Path) -> None:
    catalog = library(tmp_path, make_document("One is first.\nTwo is next."))
    first, second = hits_of(catalog, ("notes.txt", 0), ("notes.txt", 1))
    second = replace(second, passage=replace(second.passage, headings=("B",)))
    assert len(build_readings([first, second], catalog)) == 2


def test_a_row_of_a_table_brings_the_rows_around_it(tmp_path: Path) -> None:
    catalog = library(tmp_path, make_document(TABLE))
    readings = build_readings(hits_of(catalog, ("notes.txt", 3)), catalog)
    assert texts(readings) == ["Service | Price\nLetter | 20\nVaccine | 58\nBlood test | 12"]


@pytest.mark.parametrize(
    ("text", "hit", "read"),
    [
        ("You need two things:\na passport and a form.\nBye.", 0, "You need two things:\na passport and a form."),
        ("You need two things:\na passport and a form.\nBye.", 1, "You need two things:\na passport and a form."),
        ("办理时应提交下列材料：\n身份证和申请表。\n完。", 1, "办理时应提交下列材料：\n身份证和申请表。"),
        ("辦理時應提交下列材料：\n身分證和申請表。\n完。", 0, "辦理時應提交下列材料：\n身分證和申請表。"),
        ("It ends here.\nThis is new.", 0, "It ends here."),
    ],
)
def test_what_a_passage_begins_or_ends_is_read_with_it(tmp_path: Path, text: str, hit: int, read: str) -> None:
    catalog = library(tmp_path, make_document(text))
    assert texts(build_readings(hits_of(catalog, ("notes.txt", hit)), catalog)) == [read]


def test_the_same_text_in_two_documents_is_read_once_and_both_places_are_known(tmp_path: Path) -> None:
    catalog = library(
        tmp_path, make_document("Fees are 20 euros.", "a.txt"), make_document("Fees  are 20 euros.", "b.txt")
    )
    (reading,) = build_readings(hits_of(catalog, ("b.txt", 0), ("a.txt", 0)), catalog)
    assert reading.hit.document.name == "b.txt"
    assert [hit.document.name for hit in reading.also_at] == ["a.txt"]


@pytest.mark.parametrize(
    ("one", "two", "copies"),
    [
        (RULE.format(7, "must"), RULE.format(7, "must").replace("the request", "that request").upper(), True),
        (RULE.format(7, "must"), RULE.format(14, "must"), False),
        (RULE.format(7, "must"), RULE.format(7, "need not"), False),
        (RULE.format(7, "must").replace("student", "pupil"), RULE.format(7, "must"), False),
        (RULE_ZH.format("七", "应当"), RULE_ZH.format("七", "应当").replace("以书面形式", "以书面的形式"), True),
        (RULE_ZH.format("七", "应当"), RULE_ZH.format("七", "應當").replace("医生", "醫生"), True),
        (RULE_ZH.format("七", "应当"), RULE_ZH.format("五", "应当"), False),
        (RULE_ZH.format("七", "应当"), RULE_ZH.format("七", "不必"), False),
        ("No.", "Yes.", False),
    ],
)
def test_texts_are_copies_unless_a_number_a_name_or_a_denial_differs(
    tmp_path: Path, one: str, two: str, copies: bool
) -> None:
    catalog = library(tmp_path, make_document(one, "a.txt"), make_document(two, "b.txt"))
    readings = build_readings(hits_of(catalog, ("a.txt", 0), ("b.txt", 0)), catalog)
    assert len(readings) == (1 if copies else 2)


def test_documents_come_by_their_best_hit_and_their_passages_in_order(tmp_path: Path) -> None:
    catalog = library(
        tmp_path, make_document("A one.\nA two.\nA three.", "a.txt"), make_document("B one.\nB two.", "b.txt")
    )
    readings = build_readings(hits_of(catalog, ("b.txt", 1), ("a.txt", 2), ("a.txt", 0)), catalog)
    assert texts(readings) == ["B two.", "A one.", "A three."]
    assert [reading.rank for reading in readings] == [0, 2, 1]


def test_one_long_document_leaves_room_for_others(tmp_path: Path) -> None:
    long = "\n".join(f"Chapter {n}. " + f"Word{n} " * 60 + "." for n in range(20))
    catalog = library(tmp_path, make_document(long, "long.txt"), make_document("Other " * 66, "short.txt"))
    wanted = [*(("long.txt", order) for order in range(0, 20, 2)), ("short.txt", 0)]
    readings = build_readings(hits_of(catalog, *wanted), catalog, most_tokens=560)
    assert [reading.hit.document.name for reading in readings] == ["long.txt"] * 3 + ["short.txt"]


def test_alone_a_long_document_fills_the_budget(tmp_path: Path) -> None:
    long = "\n".join(f"Chapter {n}. " + f"Word{n} " * 60 + "." for n in range(20))
    catalog = library(tmp_path, make_document(long))
    hits = hits_of(catalog, *(("notes.txt", order) for order in range(0, 20, 2)))
    assert len(build_readings(hits, catalog, most_tokens=560)) == 4


def test_the_best_hit_is_read_however_long_it_is(tmp_path: Path) -> None:
    catalog = library(tmp_path, make_document("word " * 500))
    assert len(build_readings(hits_of(catalog, ("notes.txt", 0)), catalog, most_tokens=10)) == 1


def test_what_was_found_for_a_word_or_two_is_not_read(tmp_path: Path) -> None:
    catalog = library(tmp_path, make_document("One is good.", "a.txt"), make_document("Two is not.", "b.txt"))
    hits = hits_of(catalog, ("a.txt", 0), ("b.txt", 0), scores=(0.8, 0.1))
    assert texts(build_readings(hits, catalog)) == ["One is good."]
    reranked = [replace(hit, source=HitSource.RERANKED) for hit in hits]
    assert len(build_readings(reranked, catalog)) == 2


def test_a_document_deleted_or_cut_anew_since_the_search_is_read_as_found(tmp_path: Path) -> None:
    catalog = library(tmp_path, make_document("You need two things:\na passport and a form."))
    hits = hits_of(catalog, ("notes.txt", 0), ("notes.txt", 1))
    elsewhere = [
        replace(hit, passage=replace(hit.passage, end=hit.passage.end - 1, text=hit.passage.text[:-1])) for hit in hits
    ]
    assert texts(build_readings(elsewhere, catalog)) == [hit.passage.text for hit in elsewhere]
    catalog.remove([hits[0].document.id])
    assert texts(build_readings(hits, catalog)) == [hit.passage.text for hit in hits]


def test_tokens_are_told_by_characters() -> None:
    assert estimated_tokens("") == 0
    assert estimated_tokens("甲方应当付款。") == 6 + 1
    assert estimated_tokens("The Client shall pay.") == 6


LINES = st.sampled_from(
    [
        "Alpha is here.",
        "beta goes on",
        "Fee | 20",
        "Rule | 30",
        "You need:",
        "甲方应当付款。",
        "乙方不付款：",
        "😀 emoji.",
        "e\u0301té ends.",
        "",
    ]
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), bodies=st.lists(st.lists(LINES, min_size=1, max_size=8), min_size=1, max_size=3))
def test_whatever_is_read_stands_in_its_document_to_the_letter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, bodies: list[list[str]]
) -> None:
    documents = [make_document("\n".join(["Start.", *lines]), f"{n}.txt") for n, lines in enumerate(bodies)]
    catalog = library(tmp_path_factory.mktemp("home"), *documents)
    text_of = {document.id: document.text for document in documents}
    with catalog.snapshot() as snapshot:
        stored = [item for document in documents for item in snapshot.passages_of(document.id)]
    chosen = data.draw(st.lists(st.sampled_from(stored), unique_by=lambda item: item.number, max_size=10))
    hits = [Hit(item.passage, item.document, 1 - n / 50, HitSource.FUSED) for n, item in enumerate(chosen)]
    budget = data.draw(st.integers(1, 500))
    readings = build_readings(hits, catalog, most_tokens=budget)
    catalog.close()
    assert bool(readings) == bool(hits)
    if len(readings) > 1:
        assert sum(estimated_tokens(text) for text in texts(readings)) <= budget
    places = [(r.hit.passage.document_id, r.hit.passage.start, r.hit.passage.end) for r in readings]
    for one, two in pairwise(places):
        assert one[0] != two[0] or one[2] <= two[1]
    for reading in readings:
        passage = reading.hit.passage
        text = text_of[passage.document_id]
        assert text[passage.start : passage.end] == passage.text
        for span in (whole_span(reading.hit), narrow("The fee is 20 and Alpha goes on 甲方付款", reading.hit)):
            assert text[span.start : span.end] == span.quote


def test_a_second_store_does_not_disturb_what_is_read(tmp_path: Path) -> None:
    document = make_document("You need two things:\na passport and a form.")
    catalog = library(tmp_path, document)
    hits = hits_of(catalog, ("notes.txt", 0))
    store(catalog, HashEmbedder(), make_document("Another one.", "b.txt"))
    assert texts(build_readings(hits, catalog)) == [document.text]
