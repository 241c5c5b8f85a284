"""Nothing that documents, names, questions, models or servers say is ever taken for more than text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.browser.chromium import running_app
from tests.ui.browser.fake_server import FakeState, serving
from tests.ui.browser.intruders import NOTHING, intruders
from tests.ui.browser.payloads import all_payloads, payload_documents, payloads_by_kind
from tests.ui.browser.test_journeys import ask, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Of each kind, how many are opened by a click of their own; all of them stand on the pages.
_OPENED_OF_A_KIND = 1

# How many failures the Library shows at once.
_FAILURES = 50


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FakeState]]:
    documents = list(payload_documents())
    half = len(documents) // 2
    state = FakeState({"default": documents[:half], "more": documents[half:], all_payloads()[0]: []})
    with serving(state) as url:
        yield url, state


@pytest.fixture(scope="module")
def address(chrome: Any, server: tuple[str, FakeState], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(server[0], tmp_path_factory.mktemp("home")) as url:
        yield url


def choose_collection(page: Any, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    page.get_by_role("option", name=name, exact=True).click()


def shown(text: str) -> str:
    """As text stands on a page, whatever its white space."""
    return " ".join(text.split())


def test_there_are_payloads_of_every_kind() -> None:
    assert len(set(all_payloads())) == len(all_payloads()) >= 200
    assert len(payloads_by_kind()) >= 12


def test_an_answer_its_citations_and_its_sources_stay_text(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        ask(page, "every payload " + " ".join(all_payloads()))
        page.locator(".summary").wait_for()
        texts = page.locator(".sentence").all_text_contents()
        assert len(texts) == len(all_payloads())
        for payload, text in zip(all_payloads(), texts, strict=True):
            assert shown(payload) in shown(text)
        page.locator(".withdrawn li").last.wait_for()  # half of the documents are in another collection
        assert page.locator(".side").count() == len(all_payloads())
        assert intruders(page) == NOTHING
        number = 0
        for kind in payloads_by_kind().values():
            for opened in range(number, number + _OPENED_OF_A_KIND):
                page.locator(".mark").nth(opened).click()
                page.locator(".chip").nth(opened).click()
                page.locator(f".chip[data-place='{opened}'][aria-pressed=true]").wait_for()
                page.locator(".st-key-source .title").wait_for()
            number += len(kind)
        assert intruders(page) == NOTHING


def test_a_refusal_stays_text(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        ask(page, "no payload")
        page.locator(".passage").nth(4).click()
        page.locator(".st-key-source mark").wait_for()
        assert intruders(page) == NOTHING


def parts_of_the_list(page: Any) -> Iterator[None]:
    """Every part of the Library's list, one after the other."""
    page.locator(".row").first.wait_for()
    yield
    page.get_by_label("Part of the list").click()
    labels = page.get_by_role("option").all_text_contents()
    page.keyboard.press("Escape")
    assert len(labels) > 1
    for label in labels[1:]:
        before = page.locator(".row").first.text_content()
        page.get_by_label("Part of the list").click()
        page.get_by_role("option", name=label, exact=True).click()
        page.locator(".row").first.filter(has_not_text=before).wait_for()
        yield


def test_names_titles_and_notices_of_the_library_stay_text(chrome: Any, address: str) -> None:
    with visit(chrome, f"{address}/library") as page:
        for _ in parts_of_the_list(page):
            assert intruders(page) == NOTHING
        before = page.locator(".row").first.text_content()
        choose_collection(page, "more")
        page.locator(".row").first.filter(has_not_text=before).wait_for()
        for _ in parts_of_the_list(page):
            assert intruders(page) == NOTHING
        page.locator(".row .delete").first.click()
        page.get_by_role("dialog").get_by_text("will be removed").wait_for()
        assert intruders(page) == NOTHING


def test_what_a_server_complains_of_stays_text(chrome: Any, address: str) -> None:
    """Notices are the one place where Streamlit reads Markdown around text from outside."""
    named = [payload.replace("\x00", "") for payload in all_payloads()]  # no file's name holds it
    with visit(chrome, f"{address}/library") as page:
        for first in range(0, len(named), _FAILURES - 1):
            some = [f"from {first}", *named[first : first + _FAILURES - 1]]
            files = [{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": b""} for name in some]
            page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
            page.get_by_test_id("stFileChip").first.wait_for()
            page.get_by_role("button", name="Add", exact=True).click()
            page.get_by_test_id("stAlert").filter(has_text=f"from {first}.txt").wait_for()
            page.get_by_test_id("stAlert").nth(len(files) - 1).wait_for()
            assert intruders(page) == NOTHING


def test_the_look_at_a_page_sees_what_it_is_there_to_see(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        page.get_by_text("Ask your documents").wait_for()
        assert intruders(page) == NOTHING
        page.evaluate(
            """() => document.querySelector("main, [data-testid=stMain]").insertAdjacentHTML("beforeend",
            "<div class=ibid><a href='//evil.example' onclick='1'>x</a><script>pwned</script></div>")"""
        )
        found = intruders(page)
        assert all(found[kind] for kind in ("evil", "handlers", "ours", "scripts"))


def test_what_is_found_and_what_can_be_filtered_by_stays_text(chrome: Any, address: str) -> None:
    with visit(chrome, f"{address}/find") as page:
        field = page.locator(".st-key-wanted input")
        for words in (
            "window pwned",
            "script " + " ".join(payload.replace("\x00", "") for payload in all_payloads()[:40]),
        ):
            field.fill(words)
            field.press("Enter")
            page.locator(".result mark").first.wait_for()
            page.locator(".result").first.click()
            page.locator(".st-key-source .title").wait_for()
            assert intruders(page) == NOTHING
        page.get_by_text("Filters").click()
        page.wait_for_timeout(800)  # until it has unfolded
        page.get_by_role("combobox", name="Document").click()
        page.get_by_role("option").nth(5).wait_for()
        assert intruders(page) == NOTHING


def test_questions_of_past_conversations_stay_text(chrome: Any, address: str) -> None:
    with visit(chrome, address) as page:
        page.get_by_test_id("stSidebar").get_by_text("Keep my answers").click()
        for payload in ("<img src=x onerror=window.pwned=1>", "[x](javascript:window.pwned=1) **bold**"):
            ask(page, f"no payload {payload}")
            page.locator(".entry .open", has_text=payload).wait_for()
            page.get_by_role("button", name="New conversation").click()
            page.locator(".question").wait_for(state="detached")
        page.locator(".entry .open").first.click()
        page.locator(".question").wait_for()
        assert intruders(page) == NOTHING
