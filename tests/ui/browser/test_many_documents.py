"""Choosing among very many documents, in a real browser: what is chosen stays while others are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.chromium import running_app
from tests.ui.browser.fake_documents import FakeDocument
from tests.ui.browser.fake_server import FakeState, full_state, serving
from tests.ui.browser.test_journeys import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def state() -> FakeState:
    state = full_state()
    numbers = range(300)
    state.documents["default"] += [
        FakeDocument(f"faq/{n}.txt", f"Question {n:03}", "text/plain", "en", (f"Late answer {n}.",)) for n in numbers
    ]
    return state


@pytest.fixture
def address(chrome: Any, state: FakeState, tmp_path: Path) -> Iterator[str]:
    with serving(state) as api, running_app(api, tmp_path) as url:
        yield url


def test_what_is_chosen_stays_while_others_are_looked_for(chrome: Any, address: str, state: FakeState) -> None:
    with visit(chrome, f"{address}/find") as page:
        page.locator(".st-key-wanted input").fill("late")
        page.locator(".st-key-wanted input").press("Enter")
        page.locator(".result").first.wait_for()
        page.get_by_text("Filters").click()
        page.wait_for_timeout(800)  # until it has unfolded
        for part, title in (("faq/299", "Question 299"), ("faq/298", "Question 298")):
            page.get_by_label("Find documents by name").fill(part)
            page.get_by_label("Find documents by name").press("Enter")
            page.get_by_text("can be chosen here").wait_for(state="detached")
            page.get_by_role("combobox", name="Document").click()
            page.get_by_role("option", name=title, exact=True).click()
            page.locator(".st-key-filter-document-default", has_text=title).wait_for()
            page.keyboard.press("Escape")
        page.locator(".result").nth(1).wait_for()
        page.locator(".result").nth(2).wait_for(state="detached")
        assert page.locator(".result").count() == 2
    chosen = state.searched[-1]["filters"]["filters"]
    held = state.documents["default"]
    assert chosen == [{"type": "in", "key": "document_id", "value": [held[-1].id, held[-2].id]}]
