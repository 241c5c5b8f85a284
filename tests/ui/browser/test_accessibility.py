"""Every page as axe-core sees it, in both languages, by day and by night, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ui.browser.chromium import PATIENCE, running_app
from tests.ui.browser.fake_server import full_state, serving
from tests.ui.browser.test_journeys import ask

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_AXE = Path(__file__).parents[3] / ".node" / "node_modules" / "axe-core" / "axe.min.js"
_LOOKS = [("en-GB", "light", 1600), ("zh-CN", "dark", 390)]


@pytest.fixture(scope="module")
def axe() -> str:
    if not _AXE.exists():
        pytest.skip("axe-core is not installed (npm: make .node/installed)")
    return _AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(chrome: Any, axe: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(full_state()) as api, running_app(api, tmp_path_factory.mktemp("home")) as url:
        yield url


def violations(page: Any, axe: str) -> list[str]:
    """What keeps people out, seriously or wholly, each with the elements that do."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("locale", "scheme", "width"), _LOOKS)
def test_no_page_keeps_anybody_out(chrome: Any, address: str, axe: str, locale: str, scheme: str, width: int) -> None:
    context = chrome.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        page.goto(address)
        page.get_by_test_id("stChatInputTextArea").wait_for()
        found = violations(page, axe)
        ask(page, "How many marks does late work lose?")
        page.locator(".summary").wait_for()
        page.locator(".mark").nth(1).click()
        ask(page, "What is the weather like?")
        page.locator(".passage").nth(1).click()
        page.locator(".st-key-source .title").wait_for()
        found += violations(page, axe)
        page.goto(f"{address}/find")
        page.locator(".st-key-wanted input").fill("extension")
        page.locator(".st-key-wanted input").press("Enter")
        page.locator(".result").first.click()
        page.locator(".st-key-source .title").wait_for()
        found += violations(page, axe)
        assert found == []
    finally:
        context.close()
