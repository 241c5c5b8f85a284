from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from kb import Claim, Verdict
from tests.ui.browser.fake_answers import answer_to
from tests.ui.browser.fake_documents import example_documents
from tests.ui.browser.fake_files import PAGE_DAMAGED
from tests.ui.browser.fake_server import FakeState
from ui.browser.answers.conversation import Exchange, history, start
from ui.browser.answers.drawing import answer_data
from ui.browser.api.answer_replies import CitedState, Place, place_of, read_claim, read_reply
from ui.browser.api.client import Client
from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.api.file_replies import StoredFile, read_file
from ui.browser.api.parsing import Json, parse
from ui.browser.labels import place_label
from ui.browser.library.drawing import documents_data
from ui.browser.library.listing import Listing
from ui.browser.sources.drawing import source_data
from ui.browser.sources.opening import is_gone, look_at
from ui.browser.wording import read_words

WORDS = read_words("en")


def answered(question: str = "late") -> Exchange:
    reply = read_reply(answer_to(question, "default"))
    return Exchange(question, "default", list(reply.claims), list(reply.citations), reply)


def shown(exchange: Exchange) -> list[str]:
    """Each sentence as text, its chips in pointed brackets."""
    sentences = answer_data(exchange, None, 3, WORDS)["sentences"]
    return ["".join(f"<{p['text']}>" if "place" in p else p["text"] for p in item["pieces"]) for item in sentences]


def test_markers_become_chips_and_the_rest_stays_as_it_is() -> None:
    assert shown(answered()) == [
        "Late work loses five marks for each working day, for at most five days<1>.",
        "The module leader may grant an extension of a week or more<2>.",
        "Speak to your tutor early.",
    ]


def test_a_marker_that_cites_nothing_stays_text_and_an_unmarked_citation_gets_a_chip() -> None:
    exchange = answered()
    exchange.claims[:] = [Claim("See [7] and array[2] here. ", Verdict.SUPPORTED, "", (1,))]
    assert shown(exchange) == ["See [7] and array[2] here.<1>"]


def test_the_short_answer_is_drawn_strong_and_no_letter_is_lost() -> None:
    exchange = answered()
    text = "“Late work loses five marks a day, in all 25.” [1]\n"
    five, last = (text.index("five"), text.index("five") + 4), (text.index("25"), text.index("25") + 2)
    exchange.claims[:] = [Claim(text, Verdict.SUPPORTED, "", (1,), (five, last))]
    (sentence,) = answer_data(exchange, None, 3, WORDS)["sentences"]
    assert [piece["text"] for piece in sentence["pieces"] if piece.get("strong")] == ["five", "25"]
    assert shown(exchange) == ["“Late work loses five marks a day, in all 25.”<1>"]


def test_emphasis_outside_the_sentence_is_a_broken_answer() -> None:
    claim = {"text": "Five.", "verdict": "supported", "why": "", "citations": [], "emphasis": [[0, 9]]}
    with pytest.raises(ClientError):
        parse(read_claim, claim)
    assert parse(read_claim, claim | {"emphasis": [[0, 4]]}).emphasis == ((0, 4),)
    assert parse(read_claim, {key: value for key, value in claim.items() if key != "emphasis"}).emphasis == ()


@pytest.mark.parametrize(
    ("language", "title", "dates"),
    [
        ("en", "The documents disagree", ["in force from 2024-09-01", "in force 2023-09-01 to 2024-08-31"]),
        ("zh", "文档说法不一", ["自 2024-09-01 起有效", "2023-09-01 至 2024-08-31 有效"]),
    ],
)
def test_documents_that_disagree_stand_side_by_side(language: str, title: str, dates: list[str]) -> None:
    sides = [
        {"marker": 2, "value": "ten days", "document_id": "b", "document": "b.txt", "effective_from": "2024-09-01"},
        {"marker": 1, "value": "14 days", "document_id": "a", "document": "a.txt", "title": "Rules", "version": 1}
        | {"effective_from": "2023-09-01", "effective_to": "2024-08-31"},
    ]
    reply = read_reply(answer_to("late", "default") | {"conflicts": [{"sides": sides}]})
    exchange = Exchange("late", "default", list(reply.claims), list(reply.citations), reply)
    data = answer_data(exchange, None, 3, read_words(language))
    assert data["conflicts_title"] == title
    assert data["conflicts"] == [
        [
            {"value": "ten days", "document": "b.txt", "dates": dates[0], "place": 1},
            {"value": "14 days", "document": "Rules", "dates": dates[1], "place": 0},
        ]
    ]
    assert answer_data(answered(), None, 3, WORDS)["conflicts"] == []


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "“Module handbook” has been replaced since by another document of the same name."
                " The words quoted under 1 still stand in it.",
                "“Module handbook” has been deleted since. What this answer quotes from it can no longer be looked up.",
            ],
        ),
        (
            "zh",
            [
                "《Module handbook》已被同名的新文档替换。引文 1 在新文档中仍可逐字找到。",
                "《Module handbook》已被删除。本回答引自其中的内容无法再查看。",
            ],
        ),
    ],
)
def test_an_answer_tells_what_became_of_the_documents_that_it_cites(language: str, lines: list[str]) -> None:
    exchange = answered()
    assert (answer_data(exchange, None, 3, WORDS)["withdrawn"], answer_data(exchange, None, 3, WORDS)["gone"]) == (
        [],
        [],
    )
    exchange.became = (
        CitedState("replaced", "2026-11-29", "course/handbook.pdf", quote_stands=True),
        CitedState("deleted"),
    )
    data = answer_data(exchange, None, 3, read_words(language))
    title = exchange.citations[0].title
    assert data["withdrawn"] == [line.replace("Module handbook", title) for line in lines]
    assert data["gone"] == [0, 1]


@pytest.mark.parametrize("state", ["superseded", "changed", "detail", "<b>", ""])
def test_whatever_became_of_a_citation_is_told_in_words(state: str) -> None:
    exchange = answered()
    exchange.became = (CitedState(state, "", "handbook 2027.pdf"), CitedState("stands"))
    data = answer_data(exchange, None, 3, WORDS)
    assert len(data["withdrawn"]) == 1
    assert data["gone"] == [0]


def test_every_sentence_shows_its_verdict_with_its_reason() -> None:
    sentences = answer_data(answered(), 1, 3, WORDS)["sentences"]
    assert [item["reason"] for item in sentences] == [
        "Supported by the source",
        "Supported in part: the source says “up to seven days”",
        "No source given: no passage is cited",
    ]


def test_a_refusal_says_what_was_searched_offers_the_nearest_passages_and_judges_nothing() -> None:
    data = answer_data(answered("weather"), None, 3, WORDS)
    assert data["summary"] == "Searched 3 documents in “default”."
    assert [passage["label"] for passage in data["passages"]] == [
        "Student handbook · page 2",
        "Blood pressure at home · Taking your blood pressure at home",
    ]
    assert [item["verdict"] for item in data["sentences"]] == [""]


def test_a_follow_up_shows_what_it_was_understood_as() -> None:
    exchange = answered()
    assert answer_data(exchange, None, 3, WORDS)["note"] == ""
    assert exchange.reply is not None
    exchange.reply = replace(exchange.reply, question="What about marks in June?")
    assert answer_data(exchange, None, 3, WORDS)["note"] == "Understood as: What about marks in June?"


def test_follow_ups_carry_what_was_said_and_no_more_than_is_useful() -> None:
    turns = history([answered()] * 9)
    assert len(turns) == 12
    assert [turn.role for turn in turns[:2]] == ["user", "assistant"]
    assert history([Exchange("unanswered", "default")]) == []


def test_an_exchange_that_fails_keeps_what_came(api: str) -> None:
    exchange = start(Client(api), "default", "this fails midway", [])
    while exchange.running:
        pass
    assert exchange.failure is not None
    assert len(exchange.claims) == 1


def test_a_page_of_a_pdf_is_shown_as_picture_with_its_headings(api: str) -> None:
    place = place_of(answered().citations[1])
    view = look_at(Client(api), "default", place)
    assert view.picture
    data = source_data(view, WORDS)
    assert (data["where"], data["path"]) == ("course/handbook.pdf · page 2", "Extensions")
    assert place.quote in data["alt"]


def test_other_formats_are_shown_as_text_around_the_quote(api: str) -> None:
    leaflet = example_documents()[2]
    view = look_at(Client(api), "default", place_of(answered("pressure").citations[0]))
    assert view.picture == ""
    assert view.before + view.quote + view.after == leaflet.text
    data = source_data(view, WORDS)
    assert "".join(piece["text"] for piece in data["before"]) == view.before
    assert [piece["text"] for piece in (*data["before"], *data["after"]) if piece["heading"]] == list(leaflet.headings)


def test_where_the_servers_text_differs_only_the_quote_is_shown(api: str) -> None:
    place = replace(place_of(answered("pressure").citations[0]), quote="other words")
    view = look_at(Client(api), "default", place)
    assert (view.before, view.quote, view.after) == ("", "other words", "")


def test_a_deleted_document_is_said_to_be_gone(api: str, state: FakeState) -> None:
    state.documents["default"] = []
    assert is_gone(look_at(Client(api), "default", place_of(answered().citations[0])))


def test_without_the_picture_the_text_is_shown_and_the_reason_kept(api: str) -> None:
    def no_pictures(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(".png"):
            return httpx.Response(500, json={})
        return httpx.get(f"{api}{request.url.raw_path.decode()}", trust_env=False)

    view = look_at(Client("http://server", httpx.MockTransport(no_pictures)), "default", first_place())
    assert view.failure is not None
    assert view.failure.kind is FailureKind.BROKEN
    assert view.before + view.after


def first_place() -> Place:
    return place_of(answered().citations[0])


@pytest.mark.parametrize(
    ("status", "more", "label", "notes"),
    [
        ("in_progress", {"stage": "parsing", "progress": 0.2}, "Reading", []),
        ("in_progress", {"stage": "something new"}, "In progress", []),
        ("completed", {"warning_details": [PAGE_DAMAGED]}, "Ready", ["Page 3 is damaged and was left out."]),
        ("failed", {"reason": "it is damaged"}, "Failed", ["it is damaged"]),
        ("failed", {}, "Failed", ["The server gave no reason."]),
    ],
)
def test_a_file_shows_its_state_and_why(status: str, more: dict[str, object], label: str, notes: list[str]) -> None:
    file: StoredFile = read_file({"id": "file-1", "status": status, "ibid": {"name": "a.pdf", **more}})
    row = documents_data([file], Listing(), 0.0, WORDS)["rows"][0]
    assert (row["state_label"], row["notes"]) == (label, notes)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (PAGE_DAMAGED, "第 3 页已损坏，未读入。"),
        ({**PAGE_DAMAGED, "values": {}}, "page 3 is damaged and was left out"),
        ({**PAGE_DAMAGED, "code": "other"}, "page 3 is damaged and was left out"),
        ({"code": "attachment_not_read", "values": {"name": "a\u202e{page}.txt"}}, "附件未读取：a{page}.txt"),
    ],
)
def test_what_a_reader_should_know_is_said_in_the_language_of_the_interface(told: Json, shown: str) -> None:
    file = read_file({"id": "1", "status": "completed", "ibid": {"name": "a.pdf", "warning_details": [told]}})
    (row,) = documents_data([file], Listing(), 0.0, read_words("zh"))["rows"]
    assert row["notes"] == [shown]


def test_a_document_in_the_library_says_when_it_is_in_force() -> None:
    more = {"name": "a.txt", "pages": 2, "passages": 3, "effective_from": "2023-09-01", "effective_to": "2024-08-31"}
    file = read_file({"id": "file-a", "status": "completed", "ibid": more})
    (row,) = documents_data([file], Listing(), 0.0, read_words("zh"))["rows"]
    assert row["facts"].endswith("2023-09-01 至 2024-08-31 有效")


def test_a_name_cannot_turn_the_direction_in_which_it_is_read() -> None:
    place = replace(first_place(), title="", document="invoice\u202efdp.exe")
    assert place_label(place, WORDS).startswith("invoicefdp.exe")
    file = read_file({"id": "1", "status": "completed", "ibid": {"name": "a\u2066\u202eb.txt"}})
    (row,) = documents_data([file], Listing(), 0.0, WORDS)["rows"]
    assert row["name"] == "ab.txt"
