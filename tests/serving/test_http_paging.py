"""Pages of lists: exact, and stable while others write."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.home.cursors import Place
from kb.home.home import Home
from serving.http.paging import PageRequest, page_of
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import store_text

PLACES = st.builds(Place, st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03"]), st.text("abcdef", min_size=1))
LISTS = st.lists(PLACES, max_size=12, unique_by=lambda place: place.id)
_walks = itertools.count()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("served")) as running:
        yield running


@given(staying=LISTS, others=LISTS, data=st.data())
def test_what_was_there_all_the_time_comes_exactly_once(
    home: Home, staying: list[Place], others: list[Place], data: st.DataObject
) -> None:
    others = [place for place in others if place.id not in {stays.id for stays in staying}]
    order = data.draw(st.sampled_from(["asc", "desc"]))
    list_name, seen, after, has_more = f"walk {next(_walks)}", [], None, True
    while has_more:  # between two pages, others come and go
        there = [*staying, *(data.draw(st.lists(st.sampled_from(others), unique=True)) if others else [])]
        asked = PageRequest(limit=data.draw(st.integers(1, 4)), order=order, after=after)  # type: ignore[arg-type]
        page = page_of(home, list_name, there, asked)
        seen += page.ids
        after, has_more = (page.ids[-1] if page.ids else after), page.has_more
    assert len(seen) == len(set(seen))
    in_order = [place.id for place in sorted(staying, reverse=order == "desc")]
    kept = {place.id for place in staying}
    assert [item for item in seen if item in kept] == in_order


@given(places=LISTS, limit=st.integers(1, 5))
def test_walking_back_gives_the_same_pages(home: Home, places: list[Place], limit: int) -> None:
    list_name = f"walk {next(_walks)}"
    whole = [place.id for place in sorted(places, reverse=True)]
    for start, item in enumerate(whole):
        page = page_of(home, list_name, places, PageRequest(limit=limit, before=item))
        assert list(page.ids) == whole[max(0, start - limit) : start]
        assert page.has_more == (start > limit)


def test_the_official_client_walks_every_list(server: RunningServer) -> None:
    client = server.client()
    for number in range(5):
        store_text(server.catalog, server.embedder, f"note {number}.txt", f"Note {number}")
        client.files.create(file=(f"{number}.txt", str(number).encode()), purpose="assistants")
        client.vector_stores.create(name=f"store-{number}")
    for listed, least in (
        (client.files.list(limit=2), 5),
        (client.vector_stores.list(limit=2, order="asc"), 6),
        (client.vector_stores.files.list("default", limit=3), 8),
    ):
        items: list[str] = [item.id for item in listed]  # type: ignore[attr-defined]
        assert len(items) == len(set(items)) == least
    first = client.vector_stores.list(limit=2)
    second = first.get_next_page()
    assert [item.id for item in client.vector_stores.list(limit=2, before=second.data[0].id)] == [
        item.id for item in first.data
    ]


def test_a_page_follows_one_whose_last_item_was_deleted(server: RunningServer) -> None:
    client = server.client()
    for number in range(10, 14):
        client.files.create(file=(f"{number}.txt", str(number).encode()), purpose="assistants")
    whole = [item.id for item in client.files.list()]
    first = client.files.list(limit=2)
    client.files.delete(first.data[-1].id)
    assert [item.id for item in first.get_next_page()] == whole[2:]


def test_files_are_listed_by_purpose_and_by_status(server: RunningServer) -> None:
    client = server.client()
    mine = client.files.create(file=("mine.txt", b"mine"), purpose="user_data")
    assert [item.id for item in client.files.list(purpose="user_data")] == [mine.id]
    client.vector_stores.files.create("default", file_id=mine.id)
    waiting = client.vector_stores.files.list("default", filter="in_progress")
    assert [item.id for item in waiting] == [mine.id]
    assert mine.id not in {item.id for item in client.vector_stores.files.list("default", filter="completed")}
    assert list(client.vector_stores.files.list("default", filter="cancelled")) == []


@pytest.mark.parametrize(
    "query",
    [
        "/v1/files?limit=0",
        "/v1/files?limit=10001",
        "/v1/files?after=file-none",
        "/v1/vector_stores?limit=101",
        "/v1/vector_stores?limit=x",
        "/v1/vector_stores?order=up",
        "/v1/vector_stores?before=vs_none",
        "/v1/vector_stores/default/files?filter=lost",
        "/v1/vector_stores/default/files?after=%00",
    ],
)
def test_a_page_that_cannot_be_is_a_bad_request_that_names_the_parameter(server: RunningServer, query: str) -> None:
    response = server.http().get(query)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == query.partition("?")[2].partition("=")[0]


def test_the_largest_pages_are_as_large_as_the_original_s(server: RunningServer, tmp_path: Path) -> None:
    client = server.client()
    assert client.files.list(limit=10_000).data
    assert client.vector_stores.list(limit=100).data
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.files.list("default", limit=1_000)
