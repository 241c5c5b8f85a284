"""The page Check and the thumbs on the page Ask: their logic, against a fake server."""

from __future__ import annotations

import math
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.browser.fake_checks import comparison_with, figures, question
from tests.ui.browser.fake_server import FakeState
from tests.ui.browser.test_pages import ask, drawn, plain_text
from ui.browser.api.failures import ClientError
from ui.browser.api.parsing import parse
from ui.browser.api.question_replies import Question, QuestionSet
from ui.browser.api.run_replies import read_figures
from ui.browser.check.drawing import run_data
from ui.browser.check.questions import as_table, from_table
from ui.browser.check.state import CheckState
from ui.browser.wording import read_words

QUESTIONS = QuestionSet(
    "1",
    (
        Question("When is it open?", "q-1", ("9 | 10 o'clock", "nine"), "handbook.pdf", 6, tags=("course", "开放")),
        Question("谁是市长？", "mayor", must_refuse=True),
    ),
)


def check_page() -> None:
    from ui.browser.check.check_page import show
    from ui.browser.notices import tell
    from ui.browser.session import current_session

    session = current_session()
    session.refresh_collections()
    show()
    tell(session)


def opened(part: str = "runs", language: str = "en") -> AppTest:
    """The page Check, with one of its parts chosen."""
    page = AppTest.from_function(check_page, default_timeout=20)
    page.query_params["lang"] = language
    page.session_state["check-part"] = part
    return page.run()


def test_a_table_gives_back_the_questions_that_it_was_made_of() -> None:
    assert tuple(from_table(as_table(QUESTIONS), QUESTIONS)) == QUESTIONS.questions


def test_empty_rows_are_left_out_and_empty_cells_are_nothing() -> None:
    table = as_table(QUESTIONS)
    for name, cell in zip(table, (None, None, None, None, math.nan, None, None, math.nan), strict=True):
        table[name].append(cell)
    for name, cell in zip(table, (None, "New?", "yes", None, 3.0, False, None, None), strict=True):
        table[name].append(cell)
    *_, added = from_table(table, QUESTIONS)
    assert added == Question("New?", "", ("yes",), page=3)
    assert len(from_table(table, QUESTIONS)) == 3


def test_a_question_that_is_asked_otherwise_loses_the_id_of_its_words_and_keeps_one_that_was_given() -> None:
    table = as_table(QUESTIONS)
    table["question"] = ["Until when is it open?", "市长是谁？"]
    assert [one.id for one in from_table(table, QUESTIONS)] == ["", "mayor"]


def test_figures_are_drawn_in_both_languages_with_what_is_not_known_left_out() -> None:
    value = figures(0.5, "Why?", "Because.", comparison_with("run-1", "Why?"))
    value["metrics"]["MRR"] = {"mean": None, "low": None, "high": None, "questions": 0}
    read = parse(read_figures, value)
    english, chinese = (run_data(read, "then", read_words(language)) for language in ("en", "zh"))
    assert [bar["label"] for bar in english["metrics"]][:2] == ["Answer holds the expected words", "Rightly refused"]
    assert english["metrics"][0] | {"value": "0.50", "mean": 50, "low": 30, "high": 70} == english["metrics"][0]
    assert english["metrics"][2]["mean"] == 62.5  # seconds have a scale of their own
    assert chinese["metrics"][0]["label"] == "回答包含应有的词语"
    assert english["comparison"]["changes"][0]["verdict_label"] == "better"
    assert english["worst"][0]["passages"][0]["where"] == "Why? · page 2"
    assert "50 %" in english["curve"]["told"]


@pytest.mark.parametrize(
    "wrong", [{"metrics": None}, {"curve": [[2, 0], [1, 1]]}, {"curve": [["a", "b"]]}, {"questions": "many"}]
)
def test_figures_of_another_shape_are_an_error_that_people_understand(wrong: dict[str, Any]) -> None:
    with pytest.raises(ClientError):
        parse(read_figures, figures(0.5, "Why?", "Because.") | wrong)


def keep(app: AppTest) -> None:
    app.run().sidebar.toggle(key="keep").set_value(True).run()


@pytest.mark.parametrize(("language", "told"), [("en", "keeps no answers"), ("zh", "不保存问答")])
def test_where_the_server_keeps_no_answers_none_can_be_judged(
    app: AppTest, state: FakeState, language: str, told: str
) -> None:
    state.seals = False
    app.query_params["lang"] = language
    ask(app.run(), "How many marks does late work lose?")
    (answer,) = drawn(app, "answer")
    assert not answer["may_keep"]
    assert told in answer["words"]["not_judged"]
    session = app.session_state["ibid"]
    with pytest.raises(ClientError):
        session.judge(session.exchanges[0], "up", "")


@pytest.mark.parametrize(
    ("language", "question", "told"),
    [
        ("en", "How many marks does late work lose?", "With your word, the server keeps this question and answer"),
        ("zh", "工作三年有几天年休假？", "您的评价会连同这一问答保存"),
    ],
)
def test_an_answer_that_is_not_kept_is_kept_with_the_word_on_it_and_forgotten_without(
    app: AppTest, state: FakeState, language: str, question: str, told: str
) -> None:
    app.query_params["lang"] = language
    ask(app.run(), question)
    (answer,) = drawn(app, "answer")
    assert (answer["may_keep"], answer["link"], state.kept) == (True, "", {})
    assert told in answer["words"]["keeps"]
    session = app.session_state["ibid"]
    session.judge(session.exchanges[0], "down", "*Five* a day.")
    ((past,),) = state.kept.values()
    assert (past["asked"], past["feedback"]["reason"]) == (question, "*Five* a day.")
    assert past["answer"]["looked_at"] == []
    app.run()
    (answer,) = drawn(app, "answer")
    assert answer["judged"] == "down"
    assert answer["link"], "it has a link now"
    session.judge(session.exchanges[0], "back", "")
    assert state.kept == {}
    app.run()
    assert (drawn(app, "answer")[0]["judged"], drawn(app, "answer")[0]["link"]) == ("", "")


def test_an_answer_that_is_kept_can_be_judged(app: AppTest) -> None:
    ask(app.run(), "How many marks does late work lose?")
    assert (drawn(app, "answer")[0]["may_judge"], drawn(app, "answer")[0]["link"]) == (True, "")
    keep(app)
    ask(app, "And after a week?")
    assert drawn(app, "answer")[1]["link"]
    assert drawn(app, "answer")[1]["judged"] == ""


def test_a_judged_answer_is_found_by_its_place_among_those_that_are_kept(app: AppTest, state: FakeState) -> None:
    ask(app.run(), "How many marks does late work lose?")
    keep(app)
    ask(app, "And after a week?")
    ask(app, "And after two?")
    session = app.session_state["ibid"]
    session.judge(session.exchanges[2], "down", "Not what I asked.")
    (answers,) = state.kept.values()
    assert answers[0].get("feedback") is None
    assert (answers[1]["feedback"]["verdict"], answers[1]["feedback"]["reason"]) == ("down", "Not what I asked.")
    app.run()
    assert drawn(app, "answer")[2]["judged"] == "down"
    session.judge(session.exchanges[2], "back", "")
    assert answers[1]["feedback"] is None


def test_measuring_without_questions_is_refused_in_words(app: AppTest) -> None:
    page = opened()
    assert page.text[-1].value.startswith("Nothing has been measured yet.")
    page.button(key="measure").click().run()
    assert "carries no questions" in plain_text(page.error[0].value)


def test_an_evaluation_is_begun_watched_and_shown_with_what_changed(app: AppTest, state: FakeState) -> None:
    state.checks.questions = [question(f"Question {number}?", answers=["x"]) for number in range(9)]
    state.checks.runs["run-1"] = figures(0.25, "Why?", "Because.")
    page = opened()
    assert drawn(page, "run")[0]["comparison"] is None
    page.button(key="measure").click().run()
    assert "of 9 questions" in plain_text(page.get("progress")[0].proto.text)
    for _ in range(9):
        page.run()
    (shown,) = drawn(page, "run")
    assert shown["comparison"]["title"].startswith("Compared with the run of 29 November 2026, 16:00 UTC")
    assert shown["comparison"]["moved"][0]["questions"] == [
        {"question": "What may be appealed?", "values": "0.00 → 1.00"}
    ]
    page.selectbox[0].select_index(1).run()
    assert drawn(page, "run")[0]["comparison"] is None
    page.button(key="delete-run").click().run()
    assert "run-1" not in state.checks.runs
    assert drawn(page, "run")[0]["comparison"] is not None


@pytest.mark.parametrize(
    ("language", "heading", "nothing"),
    [("en", "Compared with the run of", "These two runs have no question in common"), ("zh", "与", "没有相同的问题")],
)
def test_a_run_is_compared_with_any_other_that_is_chosen(
    app: AppTest, state: FakeState, language: str, heading: str, nothing: str
) -> None:
    runs = [f"run-2026112{day}T160000Z-abcdef" for day in (1, 2, 3)]
    for run in runs:
        started = f"2026-11-{run[10:12]}T16:00:00+00:00"
        state.checks.runs[run] = figures(0.5, "Why?", "Because.") | {"started": started}
    page = opened(language=language)
    assert drawn(page, "run")[0]["comparison"] is None, "the fake's runs were measured each for itself"
    with_what = page.selectbox[1]
    assert len(with_what.options) == 3, "the run before it, and both others"
    with_what.select_index(2).run()
    title = drawn(page, "run")[0]["comparison"]["title"]
    assert title.startswith(heading)
    assert "21" in title, "the oldest one"
    page.selectbox[0].select_index(1).run()
    assert "21" in drawn(page, "run")[0]["comparison"]["title"], "the choice holds for the next run"
    page.selectbox[0].select_index(2).run()
    assert drawn(page, "run")[0]["comparison"] is None, "no run is compared with itself"
    state.checks.unlike = set(runs)
    page.selectbox[1].select_index(1).run()
    assert nothing in plain_text(page.info[0].value)


def test_an_evaluation_is_cancelled_and_one_that_failed_says_why(app: AppTest, state: FakeState) -> None:
    state.checks.questions, state.checks.asked_at_a_look = [question("When?", answers=["now"])], 0
    page = opened(language="zh")
    page.button(key="measure").click().run()
    page.button(key="cancel-evaluation").click().run()
    assert "上次测评已取消。" in [caption.value for caption in page.caption]
    assert state.checks.evaluation is not None
    state.checks.evaluation |= {"status": "failed", "reason": "*the model* failed"}
    page.run()
    assert plain_text(page.error[0].value) == "上次测评失败：*the model* failed"


def test_questions_are_shown_in_a_table_and_saved_unless_somebody_else_was_faster(
    app: AppTest, state: FakeState
) -> None:
    state.checks.questions, state.checks.version = [question("When?", answers=["now"])], 1
    page = opened("questions")
    assert not page.exception
    page.button(key="save-questions").click().run()
    assert plain_text(page.toast[0].value) == "1 question stored."
    state.checks.version += 1
    page.button(key="save-questions").click().run()
    assert plain_text(page.error[0].value).startswith("The questions were not stored.")
    assert "changed meanwhile" in plain_text(page.error[0].value)
    page.button(key="read-questions").click().run()
    page.button(key="save-questions").click().run()
    assert plain_text(page.toast[0].value) == "1 question stored."


def test_a_collection_without_questions_has_a_row_to_begin_with(app: AppTest, state: FakeState) -> None:
    page = opened("questions")
    assert not page.exception
    assert from_table(as_table(QuestionSet("", ())), QuestionSet("", ())) == []
    assert not page.session_state["ibid"].check.unsaved
    page.button(key="save-questions").click().run()
    assert plain_text(page.toast[0].value) == "0 questions stored."


@pytest.mark.parametrize(
    ("language", "unsaved", "discard"), [("en", "Unsaved changes", "Discard"), ("zh", "有未保存的修改", "放弃修改")]
)
def test_edits_that_were_not_stored_are_there_after_a_look_elsewhere(
    app: AppTest, state: FakeState, language: str, unsaved: str, discard: str
) -> None:
    state.checks.questions, state.checks.version = [question("When?", answers=["now"])], 1
    page = opened("questions", language)
    assert not any(unsaved in caption.value for caption in page.caption)
    check = page.session_state["ibid"].check
    elsewhere(page)
    check.note_edits("default", [Question("Until when?", answers=("later",))])
    back(page)
    assert any(unsaved in caption.value for caption in page.caption)
    assert discard in page.button(key="read-questions").label
    assert check.unsaved
    page.button(key="save-questions").click().run()
    assert [one["question"] for one in state.checks.questions] == ["Until when?"]
    assert not check.unsaved
    elsewhere(page)
    check.note_edits("default", [])
    back(page).button(key="read-questions").click().run()
    assert not check.unsaved
    assert [one["question"] for one in state.checks.questions] == ["Until when?"]


def test_a_question_that_feedback_became_joins_edits_that_were_not_stored() -> None:
    check, asked = CheckState(), Question("When?", "q-2", ("now",))
    check.note_questions("default", QUESTIONS)
    edited = (*QUESTIONS.questions[:1], Question("New?", answers=("yes",)))
    check.note_edits("default", edited)
    check.note_added("default", QuestionSet("2", (*QUESTIONS.questions, asked)))
    assert check.drafts["default"].questions == (*edited, asked)
    check.note_edits("default", (*QUESTIONS.questions, asked))
    assert not check.unsaved, "that is what the server has"


def elsewhere(page: AppTest) -> AppTest:
    page.session_state["check-part"] = "feedback"
    return page.run()


def back(page: AppTest) -> AppTest:
    page.session_state["check-part"] = "questions"
    return page.run()


def test_a_judged_answer_becomes_a_question_of_the_collection(app: AppTest, state: FakeState) -> None:
    keep(app)
    ask(app, "How many marks does late work lose?")
    asking = app.session_state["ibid"]
    asking.judge(asking.exchanges[0], "down", "It is five marks *a day*.")
    page = opened("feedback")
    (judged,) = drawn(page, "judged")
    assert (judged["verdict_label"], judged["reason"]) == ("Not helpful", "Why: It is five marks *a day*.")
    session = page.session_state["ibid"]
    (session.check.adopting,) = session.requests.judged()
    page.run()
    number = session.check.adopting.number
    page.text_area(key=f"adopt-answers-{number}").set_value("five marks\nfive per cent").run()
    page.button(key="adopt-confirm").click().run()
    (added,) = state.checks.questions
    assert added["question"] == "How many marks does late work lose?"
    assert added["answers"] == ["five marks", "five per cent"]
    assert added["document"] == "course/handbook.pdf"
    assert drawn(page, "judged"), "it stays in the list"


def test_older_feedback_comes_on_request(app: AppTest, state: FakeState) -> None:
    answer = {"question": "When?", "collection": "default", "status": "answered", "claims": [], "citations": []}
    given = {"verdict": "up", "reason": "", "at": "2026-11-29T16:00:00+00:00"}
    for number in range(70, 0, -1):
        state.checks.judged.append({"number": number, "asked": f"{number}?", "answer": answer, "feedback": given})
    page = opened("feedback")
    assert [judged["question"] for judged in drawn(page, "judged")] == [f"{number}?" for number in range(70, 20, -1)]
    page.button(key="feedback-older").click().run()
    assert [judged["question"] for judged in drawn(page, "judged")] == [f"{number}?" for number in range(20, 0, -1)]
    page.button(key="feedback-newest").click().run()
    assert drawn(page, "judged")[0]["question"] == "70?"


@pytest.mark.parametrize("part", ["runs", "questions", "feedback"])
def test_a_server_that_fails_is_a_sentence_on_every_part(app: AppTest, state: FakeState, part: str) -> None:
    page = opened(part)
    state.refuses = 503
    page.session_state["ibid"].check.forget_questions()
    page = AppTest.from_function(failing_page, default_timeout=20)
    page.session_state["check-part"] = part
    page.run()
    assert not page.exception
    assert plain_text(page.error[0].value).startswith("The server is busy just now.")


def failing_page() -> None:
    from ui.browser.api.file_replies import CollectionSummary
    from ui.browser.check.check_page import show
    from ui.browser.session import current_session

    session = current_session()
    session.collections, session.collection = (CollectionSummary("default", 3),), "default"
    show()
