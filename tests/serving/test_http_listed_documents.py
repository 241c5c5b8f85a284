"""Looking through a collection over HTTP: parts of its documents, what they can be filtered by, which are held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb.home.files import file_id_of
from kb.home.jobs import add_job, cancel_jobs, fail_job, take_job
from tests.making import make_document, store
from tests.serving.http_server import RunningServer, running_server

PATH = "/ibid/collections/default"
NOTES = [
    make_document(f"Room {number} is open.", f"{'old' if number < 2 else 'new'}/note {number % 2}.txt")
    for number in range(4)
]
NOWHERE = "0" * 64


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The three documents of the library and four notes, a file that waits, one that failed, one that was cancelled."""
    with running_server(tmp_path_factory.mktemp("served")) as running:
        store(running.catalog, running.embedder, *NOTES)
        running.catalog.describe(NOTES[3].id, {"title": "Ärger im Haus", "tags": "House, law", "language": "de"})
        home = running.services.home
        for name, digit in (("torn.pdf", "a"), ("unwanted.pdf", "b"), ("waiting.pdf", "c")):
            add_job(home, "default", name, digit * 64, {"tags": "paper"})
        job = take_job(home)
        assert job is not None
        fail_job(home, job.id, "it is torn")
        cancel_jobs(home, "default", "b" * 64)
        yield running


@pytest.fixture
def http(server: RunningServer) -> httpx.Client:
    return server.http()


def listed(http: httpx.Client, **asked: str | int) -> dict[str, Any]:
    reply = http.get(f"{PATH}/documents", params=asked)
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


def names(told: dict[str, Any]) -> list[str]:
    return [file["ibid"]["name"] for file in told["data"]]


def test_what_needs_a_look_comes_first_and_everything_is_counted(http: httpx.Client) -> None:
    told = listed(http)
    assert names(told)[:3] == ["waiting.pdf", "torn.pdf", "unwanted.pdf"]
    assert told["counts"] == {"in_progress": 1, "completed": 7, "failed": 1, "cancelled": 1, "total": 10}
    assert (told["total"], told["first"], told["has_more"]) == (10, 0, False)
    assert told["data"][1]["last_error"]["message"] == "it is torn"
    assert told["data"][0]["ibid"]["stage"] == "waiting"


def test_parts_follow_each_other_without_a_gap(http: httpx.Client) -> None:
    whole = names(listed(http, order="title", limit=100))
    parts = [listed(http, order="title", first=first, limit=4) for first in (0, 4, 8, 12)]
    assert [name for part in parts for name in names(part)] == whole
    assert [part["has_more"] for part in parts] == [True, True, False, False]
    assert {part["total"] for part in parts} == {10}


def test_documents_are_found_by_title_name_and_tags_in_whatever_case(http: httpx.Client) -> None:
    assert names(listed(http, words="ärger")) == ["new/note 1.txt"]
    assert names(listed(http, words="house NEW/")) == ["new/note 1.txt"]
    assert names(listed(http, words="paper", order="title")) == ["torn.pdf", "unwanted.pdf", "waiting.pdf"]
    nothing = listed(http, words="nobody wrote this")
    assert (nothing["data"], nothing["total"], nothing["counts"]["total"]) == ([], 0, 10)


def test_documents_are_told_by_their_state_the_cancelled_with_the_failed(http: httpx.Client) -> None:
    assert names(listed(http, state="in_progress")) == ["waiting.pdf"]
    assert names(listed(http, state="failed")) == ["torn.pdf", "unwanted.pdf"]
    assert listed(http, state="completed", limit=1)["total"] == 7


def test_documents_of_one_file_name_are_marked_wherever_the_other_one_is_listed(http: httpx.Client) -> None:
    told = listed(http, words="old/", limit=1)
    assert [(file["ibid"]["name"], file["ibid"]["same_name"]) for file in told["data"]] == [("old/note 0.txt", True)]
    assert [file["ibid"]["same_name"] for file in listed(http, words="handbook")["data"]] == [False]


def test_the_largest_come_first_where_they_are_asked_for(http: httpx.Client) -> None:
    sizes = [file["usage_bytes"] for file in listed(http, order="largest")["data"]]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"first": -1}, "first"),
        ({"order": "colour"}, "order"),
        ({"state": "lost"}, "state"),
        ({"words": "x" * 257}, "words"),
        ({"after": "file-1"}, "after"),
    ],
)
def test_what_cannot_be_listed_is_refused_and_named(http: httpx.Client, asked: dict[str, Any], param: str) -> None:
    refused = http.get(f"{PATH}/documents", params=asked)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


def test_only_what_the_documents_are_can_be_filtered_by(http: httpx.Client) -> None:
    told = http.get(f"{PATH}/filters").json()
    assert told["kinds"] == ["text/plain"]
    assert told["tags"] == ["House", "law"]
    assert {"de", "en", "zh-Hans"} == set(told["languages"])
    assert told["total"] == len(told["documents"]) == 7
    assert {"id": NOTES[3].id, "name": "new/note 1.txt", "title": "Ärger im Haus"} in told["documents"]


def test_of_many_documents_those_are_named_that_hold_the_words(http: httpx.Client) -> None:
    told = http.get(f"{PATH}/filters", params={"words": "note", "limit": 2}).json()
    assert [document["name"] for document in told["documents"]] == ["new/note 0.txt", "old/note 0.txt"]
    assert told["total"] == 4
    assert told["tags"] == ["House", "law"]


def test_which_documents_are_held_is_told_by_ids_and_by_file_names(http: httpx.Client) -> None:
    first, failed = NOTES[0].id, "a" * 64
    asked = {
        "ids": [NOWHERE, first, file_id_of(first), failed, "no id", first[:32] + "0" * 32],
        "names": ["note 0.txt", "torn.pdf", "handbook.txt", "old/note 0.txt", ""],
    }
    told = http.post(f"{PATH}/held", json=asked).json()
    assert told["ids"] == [first, file_id_of(first)]
    assert told["names"] == ["note 0.txt", "handbook.txt"]
    assert http.post(f"{PATH}/held", json={}).json()["ids"] == []


def test_a_collection_that_is_not_there_has_nothing_to_list(http: httpx.Client) -> None:
    replies = [http.get(f"/ibid/collections/nowhere/{what}") for what in ("documents", "filters")]
    replies.append(http.post("/ibid/collections/nowhere/held", json={}))
    assert [reply.status_code for reply in replies] == [404, 404, 404]


def test_what_is_deleted_is_listed_no_more(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        http = server.http()
        before = listed(http, order="title")
        gone = before["data"][0]["id"]
        http.delete(f"/v1/vector_stores/default/files/{gone}").raise_for_status()
        after = listed(http, order="title")
        assert [file["id"] for file in after["data"]] == [file["id"] for file in before["data"][1:]]
        assert after["counts"]["completed"] == 2
        assert http.post(f"{PATH}/held", json={"ids": [gone]}).json()["ids"] == []
