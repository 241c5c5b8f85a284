"""What people do with an answer, in a real browser: take it along, share it, ask otherwise, walk it by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.browser.chromium import running_app
from tests.ui.browser.fake_server import FakeState, full_state, serving
from tests.ui.browser.test_journeys import ask, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATE = "How many marks does late work lose?"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FakeState]]:
    state = full_state()
    with serving(state) as url:
        yield url, state


@pytest.fixture(scope="module")
def address(chrome: Any, server: tuple[str, FakeState], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(server[0], tmp_path_factory.mktemp("home")) as url:
        yield url


def clipboard(page: Any) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def go_to_field(page: Any) -> None:
    """Presses / until it works: like every part of the page, the keys come in the second in which it opens."""
    for _ in range(50):
        page.keyboard.press("/")
        if page.evaluate("document.activeElement.matches('input, textarea')"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("/ goes nowhere")


def act(page: Any, name: str) -> None:
    page.locator(".act", has_text=name).last.click()


def test_an_answer_is_copied_kept_shared_found_again_and_forgotten(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ask(page, LATE)
        act(page, "Copy references")
        page.locator(".told", has_text="Copied.").wait_for()
        assert clipboard(page).startswith("@misc{ibid-")
        act(page, "Copy a link")
        page.locator(".told", has_text="Only kept answers have links").wait_for()

        page.get_by_test_id("stSidebar").get_by_text("Keep my answers").click()
        act(page, "Ask again")
        page.locator(".told", has_text="Only kept answers have links").wait_for(state="detached")  # the answer is anew
        page.get_by_role("button", name=LATE, exact=True).wait_for()  # among the past conversations
        page.locator(".summary").wait_for()
        act(page, "Copy a link")
        page.locator(".told", has_text="Copied.").wait_for()
        page.goto(clipboard(page))
        page.locator(".question", has_text=LATE).wait_for()
        page.locator(".where", has_text="page 1").wait_for()

        page.get_by_role("button", name="New conversation").click()
        page.get_by_text("Ask your documents").wait_for()
        page.get_by_role("button", name=LATE, exact=True).click()
        page.locator(".question", has_text=LATE).wait_for()
        page.get_by_role("button", name=f"Forget: {LATE}").click()
        page.get_by_text("Ask your documents").wait_for()
        page.get_by_role("button", name=LATE, exact=True).wait_for(state="detached")


def test_a_question_is_edited_in_its_place(chrome: Any, address: str, server: tuple[str, FakeState]) -> None:
    with visit(chrome, address) as page:
        ask(page, LATE)
        act(page, "Edit the question")
        page.get_by_role("textbox", name="Edit the question").fill("What is the weather like?")
        page.keyboard.press("Enter")
        page.locator(".summary", has_text="Searched 3 documents").wait_for()
        assert page.locator(".question").all_text_contents() == ["What is the weather like?"]
        assert len(server[1].asked[-1]["messages"]) == 1


def test_an_answer_is_stopped(chrome: Any, address: str, server: tuple[str, FakeState]) -> None:
    server[1].holding = True
    try:
        with visit(chrome, address) as page:
            ask(page, LATE)
            page.locator(".sentence").first.wait_for()
            act(page, "Stop")
            page.locator(".summary", has_text="Stopped before the end.").wait_for()
            page.get_by_role("button", name="Ask again").wait_for()
            assert page.locator(".sentence").count() == 1
    finally:
        server[1].holding = False


def test_the_keyboard_is_enough(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        page.get_by_text("Ask your documents").wait_for()
        go_to_field(page)
        page.keyboard.type(LATE)
        page.keyboard.press("Enter")
        page.locator(".where", has_text="page 1").wait_for()
        page.keyboard.press("Escape")  # leaves the field
        page.keyboard.press("ArrowRight")
        page.locator(".where", has_text="page 2").wait_for()
        page.keyboard.press("ArrowLeft")
        page.locator(".where", has_text="page 1").wait_for()
        page.keyboard.press("Escape")
        page.locator(".st-key-source .title").wait_for(state="detached")
        page.keyboard.press("/")
        page.keyboard.type("a/b")
        assert page.get_by_test_id("stChatInputTextArea").input_value() == "a/b"


def test_nothing_moves_while_an_answer_comes_in(chrome: Any, address: str, server: tuple[str, FakeState]) -> None:
    server[1].pause = 0.6  # a layout shift within half a second of a key press is not counted
    watch = """() => {
      window.shifts = [];
      new PerformanceObserver((list) => window.shifts.push(...list.getEntries()
        .filter((entry) => !entry.hadRecentInput).map((entry) => entry.value)))
        .observe({ type: "layout-shift", buffered: false });
    }"""
    try:
        with visit(chrome, address) as page:
            page.get_by_text("Ask your documents").wait_for()
            ask(page, LATE)
            page.locator("p.progress").wait_for()
            page.evaluate(watch)
            page.locator(".summary").wait_for()
            page.locator(".st-key-source img").wait_for()
            assert page.locator(".sentence").count() == 3
            assert sum(page.evaluate("window.shifts")) < 0.001
    finally:
        server[1].pause = 0


def test_words_are_found_filtered_and_opened_at_their_place(chrome: Any, address: str) -> None:
    with visit(chrome, f"{address}/find") as page:
        page.get_by_text("Find in the documents").wait_for()
        go_to_field(page)
        page.keyboard.type("readings extension")
        page.keyboard.press("Enter")
        page.locator(".result").nth(3).wait_for()
        page.locator(".result mark", has_text="readings").click()
        page.locator(".st-key-source mark", has_text="Take two readings").wait_for()
        page.get_by_text("Filters").click()
        page.wait_for_timeout(800)  # until it has unfolded
        page.get_by_role("combobox", name="Kind").click()
        page.get_by_role("option", name="PDF").click()
        page.locator(".result").nth(3).wait_for(state="detached")
        assert page.locator(".result").count() == 3
