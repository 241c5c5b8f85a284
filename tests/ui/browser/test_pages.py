from __future__ import annotations

import json
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.browser.conftest import APP
from tests.ui.browser.fake_documents import FakeDocument
from tests.ui.browser.fake_server import FakeState
from ui.browser.api.file_replies import Order


def drawn(app: AppTest, component: str) -> list[dict[str, Any]]:
    """What the components of one kind were given to draw."""
    found = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in found if proto.component_name == f"ibid_{component}"]


def ask(app: AppTest, question: str) -> None:
    app.chat_input[0].set_value(question).run()
    for _ in range(100):
        if not drawn(app, "answer")[-1]["progress"]:
            return
        time.sleep(0.05)
        app.run()
    raise AssertionError("the answer did not come")


def plain_text(shown: str) -> str:
    return shown.replace("\u200b\\", "")


def test_an_answer_opens_its_first_citation_and_the_next_one_on_request(app: AppTest) -> None:
    ask(app.run(), "How many marks does late work lose?")
    assert not app.exception
    assert drawn(app, "answer")[0]["selected"] == 0
    assert drawn(app, "source")[0]["where"] == "course/handbook.pdf · page 1"
    app.button(key="next").click().run()
    assert drawn(app, "answer")[0]["selected"] == 1
    assert drawn(app, "source")[0]["where"] == "course/handbook.pdf · page 2"
    assert app.button(key="next").disabled


def test_a_question_does_not_wait_for_the_list_of_collections(app: AppTest, state: FakeState) -> None:
    looks = app.run() and state.looks
    app.chat_input[0].set_value("How many marks does late work lose?").run()
    assert state.looks == looks
    assert not app.exception
    app.run()
    assert state.looks > looks


def test_a_follow_up_sends_what_was_said_and_a_new_conversation_forgets_it(app: AppTest, state: FakeState) -> None:
    ask(app.run(), "How many marks does late work lose?")
    ask(app, "And after a week?")
    assert [message["role"] for message in state.asked[-1]["messages"]] == ["user", "assistant", "user"]
    app.sidebar.button[0].click().run()
    assert drawn(app, "answer") == []
    ask(app, "What may be appealed?")
    assert len(state.asked[-1]["messages"]) == 1


def test_an_answer_is_marked_once_a_document_that_it_cites_is_deleted(app: AppTest, state: FakeState) -> None:
    ask(app.run(), "How many marks does late work lose?")
    app.run()
    assert (drawn(app, "answer")[0]["withdrawn"], drawn(app, "answer")[0]["gone"]) == ([], [])
    state.documents["default"] = state.documents["default"][1:]
    app.run()
    (line,) = drawn(app, "answer")[0]["withdrawn"]
    assert "has been deleted since" in line
    assert drawn(app, "answer")[0]["gone"] == [0, 1]


def test_the_server_keeps_answers_only_while_the_visitor_wants_it(app: AppTest, state: FakeState) -> None:
    ask(app.run(), "How many marks does late work lose?")
    app.sidebar.toggle(key="keep").set_value(True).run()
    ask(app, "And after a week?")
    ask(app, "And after two?")
    app.sidebar.button[0].click().run()
    ask(app, "What may be appealed?")
    app.sidebar.toggle(key="keep").set_value(False).run()
    ask(app, "By when?")
    assert [body.get("store", False) for body in state.asked] == [False, True, True, True, False]
    first, again, other = (body["ibid"]["conversation"] for body in state.asked[1:4])
    assert first == again != other


def test_a_refusal_opens_nothing_by_itself(app: AppTest) -> None:
    ask(app.run(), "What is the weather?")
    assert drawn(app, "source") == []
    assert len(drawn(app, "answer")[0]["passages"]) == 2


def test_a_broken_answer_is_a_sentence_and_can_be_asked_again(app: AppTest, state: FakeState) -> None:
    ask(app.run(), "this is cut off")
    assert plain_text(app.error[0].value) == "The connection broke off before the end. Try again."
    app.button(key="again").click().run()
    assert len(state.asked) == 2


def test_without_the_example_documents_there_is_advice_in_the_place_of_examples(app: AppTest) -> None:
    app.run()
    assert app.caption[0].value.startswith("Ask in a whole sentence")
    assert len(app.main.button) == 0


def test_questions_about_the_example_documents_are_offered_and_can_be_asked(app: AppTest, state: FakeState) -> None:
    state.documents["default"][0].name = "course/inf342-handbook.pdf"
    app.run()
    labels = [plain_text(button.label) for button in app.main.button]
    assert labels == ["How many marks are taken off a report that arrives 30 hours late?"]
    app.button(key="example-0").click().run()
    assert len(state.asked) == 1


def test_the_language_is_switched_and_what_was_answered_stays(app: AppTest) -> None:
    ask(app.run(), "How many marks does late work lose?")
    app.sidebar.segmented_control(key="language").set_value("zh").run()
    assert app.chat_input[0].placeholder == "就文档内容提问"
    assert drawn(app, "answer")[0]["question"] == "How many marks does late work lose?"
    assert app.query_params["lang"] in ("zh", ["zh"])


def test_a_collection_without_documents_points_to_the_library(app: AppTest) -> None:
    app.run()
    app.sidebar.selectbox(key="collection").set_value("empty").run()
    assert app.chat_input[0].disabled
    assert "Add some in the Library" in app.text[0].value


def test_a_collection_is_called_as_people_called_it(app: AppTest, state: FakeState) -> None:
    state.titles["empty"] = "合同/二 **2026**"
    picker = app.run().sidebar.selectbox(key="collection")
    assert "合同/二 **2026**" in picker.options
    assert "empty" not in picker.options
    picker.set_value("empty").run()
    assert app.chat_input[0].disabled


def test_a_new_question_ends_the_wait_for_the_answer_before(app: AppTest, state: FakeState) -> None:
    state.pause = 0.3
    app.run().chat_input[0].set_value("How many marks does late work lose?").run()
    ask(app, "What is the weather?")
    assert [item["summary"] for item in drawn(app, "answer")] == [
        "Stopped before the end.",
        "Searched 3 documents in “default”.",
    ]


def test_a_server_that_is_down_is_a_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IBID_API_URL", "http://127.0.0.1:9")
    app.run()
    assert not app.exception
    assert plain_text(app.error[0].value).startswith("The server cannot be reached.")


def library_page() -> None:
    from ui.browser.library.library_page import show
    from ui.browser.session import current_session

    session = current_session()
    session.refresh_collections()
    show()


@pytest.mark.parametrize(
    ("policy", "words"), [("strict", "are withheld and counted"), ("flag", "are shown and marked")]
)
def test_the_library_says_what_happens_to_unsupported_sentences(
    app: AppTest, state: FakeState, policy: str, words: str
) -> None:
    state.policies["default"] = policy
    page = AppTest.from_function(library_page, default_timeout=20).run()
    assert words in page.caption[0].value


def test_the_library_lists_documents_and_deletes_only_what_was_confirmed(app: AppTest, state: FakeState) -> None:
    page = AppTest.from_function(library_page, default_timeout=20).run()
    rows = drawn(page, "documents")[0]["rows"]
    assert [(row["title"], row["facts"]) for row in rows] == [
        ("Blood pressure at home", "Markdown · 12 passages · 1.0 kB"),
        ("Student handbook", "PDF · 3 pages · 12 passages · 1.0 kB"),
        ("职工休假条例", "PDF · 2 pages · 12 passages · 1.0 kB"),
    ]
    session = page.session_state["ibid"]
    session.deleting = next(file for file in session.client.documents("default").files if file.id == rows[1]["id"])
    page.run()
    assert "“Student handbook” will be removed from “default”." in page.text[-2].value
    assert page.text[-1].value.startswith("Removed: 12 passages, 686 B.")
    assert len(state.documents["default"]) == 3
    page.button(key="delete-confirm").click().run()
    assert [row["title"] for row in drawn(page, "documents")[0]["rows"]] == ["Blood pressure at home", "职工休假条例"]


def test_a_long_list_is_looked_through_part_by_part(app: AppTest, state: FakeState) -> None:
    held = state.documents["default"]
    held += [FakeDocument(f"faq/{n}.txt", f"Question {n:03}", "text/plain", "en", ("Late.",)) for n in range(120)]
    page = AppTest.from_function(library_page, default_timeout=20).run()

    def titles() -> list[str]:
        return [row["title"] for row in drawn(page, "documents")[0]["rows"]]

    def part() -> Any:
        return next(box for box in page.selectbox if box.label == "Part of the list")

    assert len(titles()) == 50
    assert part().options == ["1–50 of 123", "51–100 of 123", "101–123 of 123"]
    part().set_value(2).run()
    assert titles()[0] == "Question 099"
    del held[:24]  # somebody else deletes the documents before
    page.run()
    assert part().options == ["1–50 of 99", "51–99 of 99"]
    assert titles()[-1] == "Question 119"
    page.text_input(key="find").set_value("question FAQ/5").run()
    assert titles() == [f"Question {n:03}" for n in range(50, 60)]
    page.selectbox(key="order").set_value(Order.NEWEST).run()
    assert titles() == [f"Question {n:03}" for n in range(50, 60)]
    page.text_input(key="find").set_value("nobody").run()
    assert page.text[-1].value == "No document has this in its name."
    page.text_input(key="find").set_value("").run()
    assert len(titles()) == 50
    assert not page.exception


def test_a_kept_conversation_is_opened_by_its_link_and_goes_on(app: AppTest, state: FakeState) -> None:
    ask(app.run(), "What is the weather?")
    app.sidebar.toggle(key="keep").set_value(True).run()
    ask(app, "How many marks does late work lose?")
    (name,) = state.kept
    link = drawn(app, "answer")[1]["link"]
    assert link == f"conversation={name}&answer=1"
    assert drawn(app, "answer")[0]["link"] == ""  # it was not kept
    assert app.query_params["conversation"] in (name, [name])

    visitor = AppTest.from_file(str(APP), default_timeout=20)
    visitor.query_params["conversation"] = name
    visitor.query_params["answer"] = "1"
    visitor.run()
    (answer,) = drawn(visitor, "answer")
    assert (answer["question"], answer["selected"], answer["revealed"]) == (
        "How many marks does late work lose?",
        0,
        True,
    )
    visitor.sidebar.toggle(key="keep").set_value(True).run()
    ask(visitor, "And after a week?")
    assert len(state.asked[-1]["messages"]) == 3
    assert [len(answers) for answers in state.kept.values()] == [1, 1]  # what a visitor asks is no part of it


@pytest.mark.parametrize(
    ("language", "question", "title"),
    [
        ("en", "Does the weather close the telephone line?", "searched for now"),
        ("zh", "天气 telephone", "刚刚重新检索"),
    ],
)
def test_a_reopened_refusal_offers_the_passages_that_are_nearest_now(
    app: AppTest, state: FakeState, language: str, question: str, title: str
) -> None:
    app.query_params["lang"] = language
    app.run().sidebar.toggle(key="keep").set_value(True).run()
    ask(app, question)
    first = drawn(app, "answer")[0]
    assert title not in first["passages_title"]
    assert len(first["passages"]) == 2
    (name,) = state.kept
    visitor = AppTest.from_file(str(APP), default_timeout=20)
    visitor.query_params["conversation"] = name
    visitor.query_params["lang"] = language
    visitor.run()
    (opened,) = drawn(visitor, "answer")
    assert title in opened["passages_title"]
    assert "telephone" in " ".join(passage["excerpt"] for passage in opened["passages"])
    state.documents["default"].clear()
    again = AppTest.from_file(str(APP), default_timeout=20)
    again.query_params["conversation"] = name
    again.query_params["lang"] = language
    again.run()
    assert not again.exception
    assert drawn(again, "answer")[0]["passages"] == []


def test_a_kept_conversation_goes_on_after_a_reload(app: AppTest, state: FakeState) -> None:
    app.run().sidebar.toggle(key="keep").set_value(True).run()
    ask(app, "How many marks does late work lose?")
    (name,) = state.kept
    reloaded = AppTest.from_file(str(APP), default_timeout=20)
    reloaded.query_params["conversation"] = name
    ask(reloaded.run(), "And after a week?")
    assert len(state.kept[name]) == 2
    assert [answer["link"] for answer in drawn(reloaded, "answer")] == [
        f"conversation={name}&answer=1",
        f"conversation={name}&answer=2",
    ]


@pytest.mark.parametrize("name", ["unknown", "../../x", "", "a" * 65, "<script>"])
def test_a_link_to_what_is_not_kept_is_a_sentence_or_nothing(app: AppTest, name: str) -> None:
    app.query_params["conversation"] = name
    app.query_params["answer"] = "²"
    app.run()
    assert not app.exception
    assert app.chat_input[0].placeholder == "Ask about the documents"
    errors = [plain_text(item.value) for item in app.error]
    assert [error.split(".")[0] for error in errors] in ([], ["The linked conversation could not be opened"])


def test_sentences_that_were_withheld_are_counted_with_their_reasons(app: AppTest) -> None:
    ask(app.run(), "withheld")
    assert drawn(app, "answer")[0]["withheld"] == [
        "1 sentence was withheld, since the documents do not bear it out.",
        "The source says otherwise: the source says “seven days”",
    ]


def test_a_closed_source_stays_closed(app: AppTest) -> None:
    ask(app.run(), "How many marks does late work lose?")
    app.button(key="close").click().run()
    assert drawn(app, "source") == []
    assert drawn(app, "answer")[0]["selected"] == -1


def find_page() -> None:
    from ui.browser.find.find_page import show
    from ui.browser.session import current_session

    session = current_session()
    session.refresh_collections()
    show()


def test_passages_are_found_filtered_and_walked_through(app: AppTest, state: FakeState) -> None:
    page = AppTest.from_function(find_page, default_timeout=20).run()
    assert drawn(page, "results") == []
    page.text_input(key="wanted").set_value("extension readings").run()
    (results,) = [data["results"] for data in drawn(page, "results")]
    assert [result["label"] for result in results] == [
        "Student handbook · page 1",
        "Student handbook · page 2",
        "Student handbook · page 2",
        "Blood pressure at home · Taking your blood pressure at home",
    ]
    page.multiselect(key="filter-kind-default").set_value(["text/markdown"]).run()
    assert state.searched[-1]["filters"]["filters"] == [{"type": "in", "key": "media_type", "value": ["text/markdown"]}]
    assert len(drawn(page, "results")[0]["results"]) == 1
    count = len(state.searched)
    session = page.session_state["ibid"]
    session.found_opened = session.found.places[0]
    page.run()
    assert drawn(page, "source")[0]["title"] == "Blood pressure at home"
    assert len(state.searched) == count  # nothing is searched for twice
    page.multiselect(key="filter-kind-default").set_value([]).run()
    assert drawn(page, "results")[0]["selected"] == 3  # it may have been clicked while the other list was looked for
    assert drawn(page, "source")[0]["title"] == "Blood pressure at home"
    page.button(key="close").click().run()
    assert drawn(page, "source") == []


def test_of_very_many_documents_some_can_be_chosen_and_what_is_chosen_stays(app: AppTest, state: FakeState) -> None:
    held = state.documents["default"]
    held += [FakeDocument(f"faq/{n}.txt", f"Question {n:03}", "text/plain", "en", ("Late.",)) for n in range(300)]
    page = AppTest.from_function(find_page, default_timeout=20).run()
    documents = page.multiselect(key="filter-document-default")
    assert len(documents.options) == 200
    assert "200 of 303 can be chosen here" in plain_text(page.caption[0].value)
    page.text_input(key="filter-find-default").set_value("FAQ/29").run()
    documents = page.multiselect(key="filter-document-default")
    assert documents.options == ["Question 029", *(f"Question {n}" for n in range(290, 300))]
    documents.set_value([held[-1].id]).run()
    page.text_input(key="filter-find-default").set_value("handbook").run()
    documents = page.multiselect(key="filter-document-default")
    assert (documents.options, documents.value) == (["Question 299", "Student handbook"], [held[-1].id])
    documents.set_value([held[-1].id, held[0].id]).run()
    page.text_input(key="wanted").set_value("late").run()
    filters = state.searched[-1]["filters"]["filters"]
    assert filters == [{"type": "in", "key": "document_id", "value": [held[-1].id, held[0].id]}]
    assert not page.exception


def test_few_documents_can_all_be_chosen_without_looking_for_them(app: AppTest) -> None:
    page = AppTest.from_function(find_page, default_timeout=20).run()
    assert page.multiselect(key="filter-document-default").options == [
        *("Blood pressure at home", "Student handbook", "职工休假条例"),
    ]
    assert [field.key for field in page.text_input] == ["wanted"]


def test_a_search_that_finds_nothing_says_what_to_try(app: AppTest) -> None:
    page = AppTest.from_function(find_page, default_timeout=20).run()
    page.text_input(key="wanted").set_value("zebra").run()
    assert page.text[-1].value == "Try other words, or fewer of them."


def test_a_search_of_a_collection_that_is_gone_is_a_sentence(app: AppTest, state: FakeState) -> None:
    page = AppTest.from_function(find_page, default_timeout=20).run()
    session = page.session_state["ibid"]
    session.refresh_collections = lambda: None
    del state.documents["default"]
    page.text_input(key="wanted").set_value("late").run()
    assert not page.exception
    assert plain_text(page.error[0].value).startswith("This does not exist on the server (any more).")
