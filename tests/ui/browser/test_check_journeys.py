"""The page Check in a real browser: judge an answer, make a question of it, measure, look at what came of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eval.own_questions.evaluating import work_off
from kb.catalog.collections import open_collection
from kb.home.home import Home
from kb.questions import OwnQuestion, replace_questions
from kb.questions.writing import questions_as_bytes
from kb.settings import Settings
from retriever import Searcher
from tests.fakes import HashEmbedder
from tests.serving.library import make_collection
from tests.ui.browser.chromium import PATIENCE, running_app
from tests.ui.browser.fake_checks import comparison_with, figures, question
from tests.ui.browser.fake_server import FakeState, full_state, serving
from tests.ui.browser.intruders import NOTHING, intruders
from tests.ui.browser.payloads import all_payloads, payload_documents
from tests.ui.browser.real_server import real_server
from tests.ui.browser.test_accessibility import axe, violations
from tests.ui.browser.test_journeys import ask, visit
from ui.browser.api.check_requests import MOST_JUDGED

__all__ = ["axe"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FakeState]]:
    state = full_state()
    with serving(state) as url:
        yield url, state


@pytest.fixture(scope="module")
def address(chrome: Any, server: tuple[str, FakeState], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(server[0], tmp_path_factory.mktemp("home")) as url:
        yield url


def test_an_answer_is_judged_made_a_question_and_measured(
    chrome: Any, address: str, server: tuple[str, FakeState]
) -> None:
    checks = server[1].checks
    with visit(chrome, address) as page:
        page.get_by_text("Keep my answers").click()
        ask(page, "How many marks does late work lose?")
        page.locator(".thumb", has_text="Not helpful").click()
        page.get_by_label("What is wrong with it?").fill("It is five marks a day.")
        page.get_by_label("What is wrong with it?").press("Enter")
        page.locator(".thumb[aria-pressed=true]", has_text="Not helpful").wait_for()

        page.get_by_role("link", name="Check", exact=True).click()
        page.get_by_text("Nothing has been measured yet.").wait_for()
        page.get_by_role("radio", name="Feedback").click()
        page.locator(".reason", has_text="five marks a day").wait_for()
        page.get_by_role("button", name="Make it a question").click()
        page.get_by_label("Expected words, one phrase a line").fill("five marks")
        page.get_by_role("button", name="Add the question").click()
        page.get_by_text("among the collection's questions now").wait_for()
        assert [row["answers"] for row in checks.questions] == [["five marks"]]

        page.get_by_role("radio", name="Questions").click()
        table = page.get_by_test_id("stDataFrame")
        table.locator("canvas").first.wait_for()
        table.dblclick(position={"x": 60, "y": 53})  # the first question's cell: a canvas has no parts to point at
        page.locator(".gdg-input").fill("And how many points?")
        page.keyboard.press("Enter")
        page.get_by_text("Unsaved changes.").wait_for()
        page.get_by_role("radio", name="Runs").click()
        page.get_by_role("button", name="Measure now").wait_for()
        page.get_by_role("radio", name="Questions").click()
        page.get_by_text("Unsaved changes.").wait_for()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("1 question stored.").wait_for()
        assert [row["question"] for row in checks.questions] == ["And how many points?"]

        page.get_by_role("radio", name="Runs").click()
        page.get_by_role("button", name="Measure now").click()
        page.locator(".metric", has_text="Answer holds the expected words").wait_for()
        page.locator(".worst summary").first.click()
        page.locator(".worst .text", has_text="A mark may be appealed.").first.wait_for()


@contextmanager
def measuring(home: Path) -> Iterator[None]:
    """Measures what waits, as the process beside a worker does, with an embedder that needs no model."""
    stopped = threading.Event()

    def opened(name: str) -> Searcher:
        return Searcher(open_collection(home, name), HashEmbedder())

    def keep_measuring() -> None:
        while not stopped.wait(0.2):
            work_off(Home(home), Settings(home=home), stopped, opened)

    thread = threading.Thread(target=keep_measuring, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def test_the_real_server_measures_twice_and_says_what_changed(
    chrome: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("ibid")
    make_collection(home, HashEmbedder()).close()
    fee = OwnQuestion("fee", "What is the fee for a resit?", ("40 euros",), "handbook.txt")
    deposit = OwnQuestion("deposit", "出租人应当在多少日内退还押金？", ("九十日",), "handbook.txt")
    replace_questions(Home(home), "default", lambda file: questions_as_bytes(file.path, [fee, deposit]), None)
    with (
        measuring(home),
        real_server(home) as api,
        running_app(api, tmp_path_factory.mktemp("home")) as url,
        visit(chrome, url) as page,
    ):
        page.get_by_text("Keep my answers").click()
        ask(page, fee.question)
        page.locator(".thumb", has_text="Helpful").first.click()
        page.locator(".thumb[aria-pressed=true]").wait_for()
        page.get_by_role("link", name="Check", exact=True).click()
        page.get_by_role("button", name="Measure now").click()
        page.locator(".metric", has_text="Answer holds the expected words").get_by_text("0.50").wait_for()
        page.locator(".worst summary", has_text=deposit.question).wait_for()
        page.get_by_role("button", name="Measure now").click()
        page.get_by_text("Paired over the 2 questions that both have").wait_for()
        assert page.locator(".change .verdict").all_text_contents()[0] == "no difference shown"
        page.get_by_role("radio", name="Feedback").click()
        page.locator(".judged .question", has_text=fee.question).wait_for()


def test_a_thumb_on_an_answer_that_is_not_kept_says_first_that_it_will_be(
    chrome: Any, address: str, server: tuple[str, FakeState]
) -> None:
    kept = server[1].kept
    with visit(chrome, address, locale="zh-CN") as page:
        before = len(kept)
        ask(page, "工作三年有几天年休假？")
        page.locator(".thumb", has_text="有帮助").first.click()
        page.locator(".editing", has_text="连同这一问答保存在服务器上").wait_for()
        assert len(kept) == before
        page.locator(".editing .act").first.click()
        page.locator(".thumb[aria-pressed=true]").wait_for()
        assert len(kept) == before + 1
        page.locator(".thumb[aria-pressed=true]").click()
        page.locator(".thumb[aria-pressed=true]").wait_for(state="detached")
        assert len(kept) == before


def test_nothing_that_runs_and_feedback_hold_is_more_than_text(
    chrome: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = full_state()
    whole = "\n".join(all_payloads())
    for number, payload in enumerate(all_payloads()[:2]):
        run = figures(0.5, payload, whole, comparison_with("run-0", whole), model=payload)
        state.checks.runs[f"run-{number}"] = {
            **run,
            "started": payload,
            "metrics": {**run["metrics"], **dict.fromkeys(all_payloads(), run["metrics"]["seconds"])},
            "worst": [{**run["worst"][0], "question": payload} for payload in all_payloads()],
        }
    state.checks.evaluation = {"id": "e", "status": "failed", "done": 0, "total": 1, "reason": whole, "run": None}
    state.checks.questions = [question(payload, answers=[payload], document=payload) for payload in all_payloads()]
    documents = payload_documents()[:MOST_JUDGED]
    for number, document in enumerate(documents, 1):
        claim = {"text": document.title, "verdict": "supported", "why": document.title, "citations": [1]}
        answer = {"question": document.title, "collection": "default", "status": "answered", "model": "m"}
        answer |= {"claims": [claim], "citations": [document.citation(1, document.title)]}
        given = {
            "verdict": "up" if number % 2 else "down",
            "reason": whole if number == 1 else document.title,
            "at": document.title,
        }
        state.checks.judged.append({"number": number, "asked": document.title, "answer": answer, "feedback": given})
    with (
        serving(state) as api,
        running_app(api, tmp_path_factory.mktemp("home")) as url,
        visit(chrome, f"{url}/check") as page,
    ):
        page.locator(".worst").nth(len(all_payloads()) - 1).wait_for()
        page.locator(".worst summary").first.click()
        assert intruders(page) == NOTHING
        page.get_by_role("radio", name="Questions").click()
        page.get_by_test_id("stDataFrame").wait_for()
        assert intruders(page) == NOTHING
        page.get_by_role("radio", name="Feedback").click()
        page.locator(".judged").nth(len(documents) - 1).wait_for()
        page.locator(".judged summary").first.click()
        page.get_by_role("button", name="Make it a question").first.click()
        page.get_by_role("dialog").wait_for()
        assert intruders(page) == NOTHING


@pytest.mark.parametrize(("locale", "scheme", "width"), [("en-GB", "light", 1600), ("zh-CN", "dark", 390)])
def test_no_part_keeps_anybody_out(
    chrome: Any, axe: str, tmp_path_factory: pytest.TempPathFactory, locale: str, scheme: str, width: int
) -> None:
    state = full_state()
    state.checks.questions, state.checks.version = [question("When?", answers=["now"], page=3, document="a.pdf")], 1
    compared = comparison_with("run-0", "What may be appealed?")
    state.checks.runs["run-0"] = figures(0.5, "What may be appealed?", "A mark may be appealed.", compared)
    state.checks.judged.append(
        {
            "number": 1,
            "asked": "When?",
            "answer": {
                "question": "When?",
                "collection": "default",
                "status": "answered",
                "claims": [{"text": "Now.", "verdict": "uncited", "citations": []}],
                "citations": [],
            },
            "feedback": {"verdict": "down", "reason": "Too late.", "at": "2026-11-29T16:00:00+00:00"},
        }
    )
    with serving(state) as api, running_app(api, tmp_path_factory.mktemp("home")) as url:
        context = chrome.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{url}/check")
        page.locator(".worst summary").first.click()
        found = violations(page, axe)
        for number, shown in ((1, "[data-testid=stDataFrame]"), (2, ".judged")):
            page.get_by_test_id("stMain").get_by_role("radio").nth(number).click()
            page.locator(shown).first.wait_for()
            found += violations(page, axe)
            if number == 1:
                tools = page.locator("[data-testid=stElementToolbar] button").first.get_attribute("aria-label")
        wide = page.evaluate("document.documentElement.scrollWidth")
        context.close()
    assert found == []
    assert tools.startswith("Add row" if locale == "en-GB" else "添加一行")
    assert wide <= width
