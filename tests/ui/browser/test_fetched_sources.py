from __future__ import annotations

import httpx

from kb import Citation
from tests.ui.browser.fake_answers import answer_to
from tests.ui.browser.fake_server import FakeState
from ui.browser.api.answer_replies import Place, place_of, read_reply
from ui.browser.api.client import Client
from ui.browser.sources.fetched import FetchedSources

CITATIONS: tuple[Citation, ...] = read_reply(answer_to("late", "default")).citations
FIRST, SECOND = (place_of(citation) for citation in CITATIONS)


class Counted:
    """The fake server behind a transport that counts pictures, and fails while it is told to."""

    def __init__(self, api: str) -> None:
        self.pictures = 0
        self.fails = False
        self.client = Client("http://server", httpx.MockTransport(self._answer))
        self._api = api

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.fails:
            raise httpx.ConnectError("down", request=request)
        self.pictures += request.url.path.endswith(".png")
        return httpx.get(f"{self._api}{request.url.raw_path.decode()}", trust_env=False)


def seen(sources: FetchedSources, place: Place) -> bool:
    return bool(sources.view("default", place).picture)


def test_a_source_is_fetched_once_for_going_back_and_forth(api: str) -> None:
    counted = Counted(api)
    sources = FetchedSources(counted.client)
    assert all(seen(sources, place) for place in (FIRST, SECOND, FIRST, SECOND))
    assert counted.pictures == 2


def test_what_was_fetched_ahead_is_there_when_the_server_is_not(api: str) -> None:
    counted = Counted(api)
    sources = FetchedSources(counted.client)
    sources.fetch_ahead("default", [SECOND])
    assert seen(sources, SECOND)
    counted.fails = True
    assert seen(sources, SECOND)
    assert not seen(sources, FIRST)


def test_what_could_not_be_fetched_is_tried_again(api: str) -> None:
    counted = Counted(api)
    sources = FetchedSources(counted.client)
    counted.fails = True
    sources.fetch_ahead("default", [FIRST])
    assert not seen(sources, FIRST)
    counted.fails = False
    assert seen(sources, FIRST)


def test_what_is_forgotten_is_asked_for_anew(api: str, state: FakeState) -> None:
    sources = FetchedSources(Client(api))
    assert seen(sources, FIRST)
    state.documents["default"] = []
    assert seen(sources, FIRST)
    sources.forget("default", FIRST)
    assert not seen(sources, FIRST)
    sources.forget_all()
    assert not seen(sources, SECOND)
