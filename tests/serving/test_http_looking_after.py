"""What the app shows to whoever keeps a library: what deleting takes, passages, the audit log, storage, models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.home.answers import keep_answer
from kb.home.audit import record
from kb.home.keys import Right, create_key
from kb.records import Answer, AnswerStatus, Citation, Document, Mark, MarkKind, document_id_of
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import store_document

TABLE = "Fee | 40 euros\nDeposit | 100 euros"
TEXT = f"Prices\n\n{TABLE}\n\nAll prices include tax."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def store_prices(server: RunningServer) -> str:
    start = TEXT.index(TABLE)
    document = Document(
        document_id_of(TEXT.encode()),
        "prices.txt",
        "text/plain",
        "Prices",
        TEXT,
        marks=(Mark(MarkKind.HEADING, 0, 6, 1), Mark(MarkKind.TABLE, start, start + len(TABLE))),
    )
    return store_document(server.catalog, server.embedder, document, len(TEXT))


def test_a_collection_is_described_and_keeps_its_metadata(server: RunningServer) -> None:
    http = server.http()
    http.post("/v1/vector_stores/default", json={"metadata": {"owner": "the library"}})
    said = {"title": "Hausordnung 规定", "description": "What holds in the house", "policy": "strict"}
    told = http.post("/ibid/collections/default/description", json=said).json()
    assert (told["name"], told["description"], told["ibid"]["policy"]) == tuple(said.values())
    assert told["metadata"] == {"owner": "the library", "policy": "strict"}
    assert (
        http.post("/ibid/collections/default/description", json={"policy": "flag"}).json()["description"]
        == said["description"]
    )


@pytest.mark.parametrize(
    "body", [{"policy": "lax"}, {"title": "x" * 257}, {"description": 3}, {"id": "other"}, ["policy"]]
)
def test_what_cannot_be_said_of_a_collection_is_refused(server: RunningServer, body: object) -> None:
    refused = server.http().post("/ibid/collections/default/description", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"]["message"]


def test_before_deleting_it_is_told_what_goes_and_which_answers_cite_it(server: RunningServer) -> None:
    prices = store_prices(server)
    citation = Citation(1, prices, "prices.txt", "Prices", None, 0, 6, "Prices")
    answer = Answer("What is it?", "default", 1, AnswerStatus.ANSWERED, 1.0, "extractive", (), (citation,))
    keep_answer(server.services.home, "What is it?", answer)
    http = server.http()
    of_document = http.get("/ibid/collections/default/removal", params={"document_id": prices}).json()
    assert (of_document["documents"], of_document["bytes"], of_document["past_answers"]) == (1, len(TEXT), 1)
    of_all = http.get("/ibid/collections/default/removal").json()
    assert (of_all["documents"], of_all["past_answers"]) == (4, 1)
    assert of_all["passages"] > of_document["passages"] > 0
    assert http.get("/ibid/collections/nowhere/removal").status_code == 404
    assert http.get("/ibid/collections/default/removal", params={"document_id": "file-0"}).status_code == 404


def test_passages_come_in_reading_order_with_their_tables(server: RunningServer) -> None:
    prices = store_prices(server)
    told = server.http().get(f"/documents/{prices}/passages").json()
    assert [passage["order"] for passage in told["data"]] == list(range(told["total"]))
    for passage in told["data"]:
        assert TEXT[passage["start"] : passage["end"]] == passage["text"]
    tables = [passage["text"][start:end] for passage in told["data"] for start, end in passage["tables"]]
    assert "\n".join(tables) == TABLE


def test_passages_come_in_pages(server: RunningServer) -> None:
    http = server.http()
    [document, *_] = http.get("/v1/vector_stores/default/files").json()["data"]
    whole = http.get(f"/documents/{document['id']}/passages").json()
    one_by_one = [
        http.get(f"/documents/{document['id']}/passages", params={"first": first, "limit": 1}).json()
        for first in range(whole["total"])
    ]
    assert [page["data"][0] for page in one_by_one] == whole["data"]
    assert [page["has_more"] for page in one_by_one] == [True] * (whole["total"] - 1) + [False]
    for passage in whole["data"]:
        there = {"at": passage["start"], "limit": 1}
        assert http.get(f"/documents/{document['id']}/passages", params=there).json()["data"] == [passage]
    beyond = http.get(f"/documents/{document['id']}/passages", params={"first": 10_000}).json()
    assert (beyond["data"], beyond["has_more"]) == ([], False)


def test_a_document_tells_what_people_said_of_it_apart(server: RunningServer) -> None:
    prices = store_prices(server)
    attributes = {"attributes": {"tags": "fees, house"}}
    server.http().post(f"/v1/vector_stores/default/files/{prices}", json=attributes)
    assert server.http().get(f"/documents/{prices}").json()["given"] == attributes["attributes"]


def test_the_audit_log_is_told_in_pages_and_checked(server: RunningServer) -> None:
    record(server.services.home, "terminal", "document.added", collection="law", subjects=["a", "b", "c"])
    record(server.services.home, "terminal", "document.added", collection="other", subjects=["d"])
    http = server.http()
    newest = http.get("/ibid/audit", params={"limit": 2}).json()
    assert [entry["subject"] for entry in newest["data"]] == ["d", "c"]
    assert newest["has_more"]
    before = newest["data"][-1]["number"]
    older = http.get("/ibid/audit", params={"limit": 2, "before": before}).json()
    assert ([entry["subject"] for entry in older["data"]], older["has_more"]) == (["b", "a"], False)
    of_law = http.get("/ibid/audit", params={"collection": "law", "before": before}).json()
    assert [entry["subject"] for entry in of_law["data"]] == ["b", "a"]
    check = http.get("/ibid/audit/check").json()
    assert (check["entries"], check["fault"]) == (4, "")
    assert check["head"] == newest["data"][0]["hash"]


@pytest.mark.parametrize("path", ["/ibid/audit", "/ibid/audit/check", "/ibid/storage"])
def test_who_may_look_after_nothing_sees_nothing_of_it(server: RunningServer, path: str) -> None:
    home = server.services.home
    _, asks = create_key(home, "asks", [Right.ASK])
    _, one = create_key(home, "one", [Right.ADMIN], ["default"])
    _, all_ = create_key(home, "all", [Right.ADMIN])
    for secret, status in ((asks, 403), (one, 403), (all_, 200)):
        assert server.http(Authorization=f"Bearer {secret}").get(path).status_code == status


def test_storage_tells_what_every_collection_takes_and_what_is_free(server: RunningServer) -> None:
    told = server.http().get("/ibid/storage").json()
    [default] = told["collections"]
    on_disk = sum(path.stat().st_size for path in (server.settings.home / "collections" / "default").rglob("*"))
    assert default["id"] == "default"
    assert 0 < default["bytes"] <= on_disk
    assert default["bytes"] <= told["home_bytes"] < told["total_bytes"]
    assert told["free_bytes"] <= told["total_bytes"]


def test_health_names_the_profile_and_every_state_of_the_queue(server: RunningServer) -> None:
    told = server.http().get("/health").json()
    assert told["profile"] in (None, "embedded", "standard", "gpu")
    assert set(told["jobs"]) == {"queued", "running", "done", "failed", "cancelled"}
