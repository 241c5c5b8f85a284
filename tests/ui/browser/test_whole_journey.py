"""The whole way in a real browser with the real server: from an empty library to a highlighted page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.chromium import running_app
from tests.ui.browser.real_server import real_server
from tests.ui.browser.test_journeys import ask, picture, visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EXAMPLES = Path(__file__).parents[3] / "examples" / "documents"


@pytest.fixture(scope="module")
def address(chrome: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        real_server(tmp_path_factory.mktemp("ibid")) as api,
        running_app(api, tmp_path_factory.mktemp("home")) as url,
    ):
        yield url


def upload(page: Any, *files: Path) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([str(file) for file in files])
    page.get_by_text(files[-1].name[:6]).first.wait_for()
    page.get_by_role("button", name="Add", exact=True).click()


def test_documents_are_uploaded_asked_about_opened_and_deleted(chrome: Any, address: str, tmp_path: Path) -> None:
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(b"%PDF-1.7 and no more")
    with visit(chrome, address) as page:
        page.get_by_text("There are no documents").wait_for()
        page.get_by_role("link", name="Open the Library").click()
        upload(
            page, EXAMPLES / "course" / "inf342-handbook.pdf", EXAMPLES / "law" / "yunxi-library-regulation.html", torn
        )
        page.locator(".row[data-state=completed]", has_text="Handbook").wait_for(timeout=90_000)
        page.locator(".row[data-state=completed]", has_text="云溪市").wait_for(timeout=90_000)
        assert page.locator(".row[data-state=failed]", has_text="torn.pdf").locator(".note").text_content()

        page.get_by_role("link", name="Ask", exact=True).click()
        page.get_by_role("button", name="30 hours late").click()
        page.locator(".where", has_text="page 6").wait_for()
        assert "10 marks" in page.locator(".answer").text_content()
        assert len(picture(page)) > 10_000

        ask(page, "云溪市公共图书馆的书逾期不还会怎样？")
        page.locator(".summary").nth(1).wait_for()
        page.locator(".title", has_text="云溪市").wait_for()
        assert page.locator(".st-key-source mark").text_content() in page.locator(".answer").nth(1).text_content()

        ask(page, "What is the starting dose of warfarin?")
        page.locator(".summary", has_text="Searched 2 documents").wait_for()

        find_regulation(page)
        keep_and_open_again(page, address)

        page.get_by_role("link", name="Library").click()
        page.get_by_role("button", name="Delete INF 342").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        page.locator(".row", has_text="Handbook").wait_for(state="detached")
        page.get_by_role("link", name="Ask", exact=True).click()
        page.locator(".chip").first.click()
        page.get_by_text("This document is no longer in the collection.").first.wait_for()
        assert page.locator(".st-key-source img").count() == 0


def find_regulation(page: Any) -> None:
    """Search with a filter on the language finds the Chinese document alone, and opens it at the place."""
    page.get_by_role("link", name="Find", exact=True).click()
    page.locator(".st-key-wanted input").fill("图书馆 逾期")
    page.locator(".st-key-wanted input").press("Enter")
    page.locator(".result").first.wait_for()
    page.get_by_text("Filters").click()
    page.wait_for_timeout(800)  # until it has unfolded
    page.get_by_role("combobox", name="Language").click()
    page.get_by_role("option", name="Chinese (simplified)").click()
    page.locator(".result", has_text="INF 342").first.wait_for(state="detached")
    page.keyboard.press("Escape")  # closes the list of languages
    page.locator(".result", has=page.locator("mark", has_text="逾期")).first.click()
    page.locator(".st-key-source .title", has_text="云溪市").wait_for()
    assert "逾期" in page.locator(".st-key-source mark").text_content()


def keep_and_open_again(page: Any, address: str) -> None:
    """What is kept is opened by its address, in a page that knows nothing else."""
    page.get_by_role("link", name="Ask", exact=True).click()
    page.locator(".question").first.wait_for()
    page.get_by_role("button", name="New conversation").click()
    page.get_by_text("Ask your documents").wait_for()
    page.get_by_test_id("stSidebar").get_by_text("Keep my answers").click()
    page.get_by_role("button", name="30 hours late").click()
    page.locator(".where", has_text="page 6").wait_for()
    page.wait_for_url("**/?*conversation=*")
    page.reload()
    page.locator(".question", has_text="30 hours late").wait_for()
    assert "10 marks" in page.locator(".answer").text_content()
    assert page.url.startswith(address)
