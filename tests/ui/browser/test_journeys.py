"""What people do, in a real browser, with the app started as `ibid app` starts it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.chromium import PATIENCE, running_app
from tests.ui.browser.fake_answers import HOSTILE
from tests.ui.browser.fake_server import FakeState, full_state, serving
from tests.ui.browser.intruders import NOTHING, intruders, nothing_happens

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FakeState]]:
    state = full_state(pause=0.2)
    with serving(state) as url:
        yield url, state


@pytest.fixture(scope="module")
def address(chrome: Any, server: tuple[str, FakeState], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(server[0], tmp_path_factory.mktemp("home")) as url:
        yield url


@contextmanager
def visit(chrome: Any, url: str, locale: str = "en-GB", width: int = 1600) -> Iterator[Any]:
    """A visitor with an empty browser; an error, and whatever asks anybody but the app for anything, fails."""
    context = chrome.new_context(viewport={"width": width, "height": 900}, locale=locale)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    try:
        with nothing_happens(page, url):
            page.goto(url)
            yield page
    except Exception as failure:
        failure.add_note(f"{page.url} showed:\n{page.locator('body').inner_text()[:4000]}")
        raise
    finally:
        context.close()


def ask(page: Any, question: str) -> None:
    field = page.get_by_test_id("stChatInputTextArea")
    field.fill(question)
    field.press("Enter")


def picture(page: Any) -> str:
    return str(page.locator(".st-key-source img").get_attribute("src"))


def test_a_question_in_english_is_answered_and_the_second_chip_shows_another_page(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        ask(page, "How many marks does late work lose?")
        page.locator(".summary", has_text="1 sentence supported").wait_for()
        page.locator(".where", has_text="page 1").wait_for()
        first = picture(page)
        page.locator(".chip").nth(1).click()
        page.locator(".where", has_text="page 2").wait_for()
        assert picture(page) != first
        assert page.locator(".chip").nth(1).get_attribute("aria-pressed") == "true"
        page.get_by_role("button", name="Previous").click()
        page.locator(".where", has_text="page 1").wait_for()
        page.locator(".mark").nth(1).click()
        page.locator(".why", has_text="up to seven days").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the document").click()
        assert saved.value.suggested_filename == "handbook.pdf"
        assert "five marks" in Path(saved.value.path()).read_text(encoding="utf-8")


def test_a_question_in_chinese_is_answered_in_a_chinese_interface(chrome: Any, address: str) -> None:
    with visit(chrome, address, locale="zh-CN") as page:
        ask(page, "工作三年有几天年休假？")
        page.locator(".summary", has_text="2 句有原文支持").wait_for()
        page.locator(".where", has_text="第 1 页").wait_for()
        page.locator(".chip").nth(1).click()
        page.locator(".where", has_text="第 2 页").wait_for()


def test_what_the_documents_do_not_say_is_refused_with_the_nearest_passages(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        ask(page, "What is the weather like?")
        page.locator(".summary", has_text="Searched 3 documents").wait_for()
        page.locator(".passage").nth(1).click()
        assert page.locator(".st-key-source mark").text_content() == "Sit quietly for five minutes before you begin."


def test_an_answer_whose_document_was_deleted_says_so_at_the_next_click(
    chrome: Any, address: str, server: tuple[str, FakeState]
) -> None:
    held = server[1].documents["default"]
    try:
        with visit(chrome, address) as page:
            ask(page, "How many marks does late work lose?")
            page.locator(".summary", has_text="1 sentence supported").wait_for()
            server[1].documents["default"] = [item for item in held if not item.name.endswith("handbook.pdf")]
            page.locator(".chip").nth(1).click()
            page.locator(".withdrawn", has_text="has been deleted since").wait_for()
            assert page.locator(".chip.gone").count() == 2
    finally:
        server[1].documents["default"] = held


def test_a_click_while_an_answer_comes_in_does_not_cut_it_off(
    chrome: Any, address: str, server: tuple[str, FakeState]
) -> None:
    server[1].pause = 1.0
    try:
        with visit(chrome, address) as page:
            ask(page, "How many marks does late work lose?")
            page.locator(".chip").first.click()
            page.locator(".where", has_text="page 1").wait_for()
            page.locator(".summary", has_text="1 sentence supported").wait_for()
            assert page.locator(".sentence").count() == 3
    finally:
        server[1].pause = 0.2


def test_the_language_can_be_switched_and_a_reload_keeps_it(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        page.get_by_text("Ask your documents").wait_for()
        page.get_by_text("中文", exact=True).click()
        page.get_by_text("向文档提问").wait_for()
        page.reload()
        page.get_by_text("向文档提问").wait_for()


def test_the_chosen_theme_holds_on_every_page_and_over_a_reload(chrome: Any, address: str) -> None:
    ground = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
    with visit(chrome, f"{address}/look-after") as page:
        page.get_by_text("Preferences").click()
        page.get_by_label("Dark").check()
        assert page.evaluate(ground) == "rgb(255, 255, 255)", "nothing is reloaded without being asked"
        page.get_by_text("Load it now").click()
        page.wait_for_function(f"document.querySelector('.stApp') && {ground} === 'rgb(23, 25, 29)'")
        for path in ("", "/find"):
            page.goto(address + path)
            page.locator(".stSidebar").wait_for()
            assert page.evaluate(ground) == "rgb(23, 25, 29)"


def test_on_a_phone_the_source_is_a_sheet_over_the_chat(chrome: Any, address: str) -> None:
    with visit(chrome, address, width=390) as page:
        ask(page, "How many marks does late work lose?")
        page.locator(".summary").wait_for()
        assert not page.locator(".st-key-source").is_visible()
        page.locator(".chip").nth(1).click()
        page.locator(".where", has_text="page 2").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Back", exact=True).click()
        assert not page.locator(".st-key-source").is_visible()


def test_an_uploaded_file_becomes_ready_and_a_damaged_one_says_why(chrome: Any, address: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "leave policy.txt", tmp_path / "broken.pdf"
    good.write_text("Leave is ten days.")
    bad.write_bytes(b"%PDF-torn")
    with visit(chrome, f"{address}/library") as page:
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([str(good), str(bad)])
        page.get_by_text("broken.pdf").wait_for()
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator(".row[data-state=in_progress]").first.wait_for()
        page.locator(".row[data-state=failed]", has_text="the file is damaged").wait_for()
        page.locator(".row[data-state=completed]", has_text="leave policy").wait_for()
        page.get_by_role("button", name="Delete broken.pdf").click()
        page.get_by_role("dialog").get_by_text("will be removed").wait_for()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        page.locator(".row[data-state=failed]").wait_for(state="detached")
        assert page.locator(".row", has_text="leave policy").count() == 1


def test_the_question_whether_to_delete_stays_open_while_another_file_is_read(
    chrome: Any, address: str, server: tuple[str, FakeState], tmp_path: Path
) -> None:
    endless = tmp_path / "endless.txt"
    endless.write_text("and so on")
    with visit(chrome, f"{address}/library") as page:
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(str(endless))
        page.get_by_text("endless.txt").wait_for()
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator(".row[data-state=in_progress]").wait_for()
        page.get_by_role("button", name="Delete Student handbook").click()
        page.get_by_role("dialog").wait_for()
        page.wait_for_timeout(3000)
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        page.get_by_role("dialog").wait_for(state="detached")
        page.wait_for_timeout(2000)
        assert page.get_by_role("dialog").count() == 0
        assert len(server[1].documents["default"]) == 3
        server[1].jobs["default"] = []


def moved_on(page: Any) -> None:
    """Waits until the list of documents has been drawn again, with a file further on."""
    bar = page.locator(".row .bar")
    before = bar.get_attribute("aria-valuenow")
    page.locator(f".row .bar:not([aria-valuenow='{before}'])").wait_for()


def test_a_slow_click_and_the_keyboard_keep_their_place_while_a_file_is_read(
    chrome: Any, address: str, server: tuple[str, FakeState], tmp_path: Path
) -> None:
    creeping = tmp_path / "creeping.txt"
    creeping.write_text("and so on")
    try:
        with visit(chrome, f"{address}/library") as page:
            page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(str(creeping))
            page.get_by_text("creeping.txt").wait_for()
            page.get_by_role("button", name="Add", exact=True).click()
            page.get_by_role("button", name="Delete creeping.txt").hover()
            moved_on(page)
            page.mouse.down()
            moved_on(page)
            page.mouse.up()
            page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
            page.get_by_role("dialog").wait_for(state="detached")
            page.get_by_role("button", name="Delete creeping.txt").focus()
            moved_on(page)
            page.keyboard.press("Enter")
            page.get_by_role("dialog").wait_for()
    finally:
        server[1].jobs["default"] = []


_UNSEEN = re.compile("[\x00\u202e]")  # left out of notices: they would turn the words around them


def test_a_notice_of_the_server_is_shown_to_the_letter(
    chrome: Any, address: str, server: tuple[str, FakeState]
) -> None:
    """Notices are the one place where Streamlit reads Markdown around text from outside."""
    with visit(chrome, address) as page:
        for first in (0, 12):  # in parts, since long messages are cut; test_payloads.py has many more
            complaint = "; ".join(HOSTILE[first : first + 6])
            server[1].complaint = complaint
            ask(page, "complain")
            page.get_by_test_id("stAlert").wait_for()
            shown = page.get_by_test_id("stAlert").text_content().replace("\u200b", "")
            assert " ".join(_UNSEEN.sub("", complaint).split()) in shown
            assert intruders(page) == NOTHING
            page.get_by_role("button", name="New conversation").click()
            page.get_by_test_id("stAlert").wait_for(state="detached")
