"""A fake server for every test that needs one, and Chromium for those that look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.browser import chromium
from tests.ui.browser.fake_server import FakeState, full_state, serving

APP = Path(__file__).parents[3] / "ui" / "browser" / "app.py"


@pytest.fixture
def state() -> FakeState:
    return full_state()


@pytest.fixture
def api(state: FakeState) -> Iterator[str]:
    with serving(state) as url:
        yield url


@pytest.fixture
def app(api: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app, not yet run, against the fake server."""
    monkeypatch.setenv("IBID_API_URL", api)
    return AppTest.from_file(str(APP), default_timeout=20)


@pytest.fixture(scope="session")
def chrome() -> Iterator[Any]:
    if chromium.chromium_path() is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    pytest.importorskip("playwright", reason="playwright is not installed (pip install 'ibid[dev]')")
    with chromium.browser() as opened:
        yield opened
