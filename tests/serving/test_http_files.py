"""Files and vector stores through the official client. Jobs are worked by hand: the worker is another package."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from kb.catalog.naming import the_document
from kb.home.files import file_id_of
from kb.home.jobs import fail_job, finish_job, report_progress, take_job
from kb.records import document_id_of
from kb.settings import LimitSettings
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import HANDBOOK, store_text

NOTE = "Office hours\n\nThe office is open on Mondays from 9:00 to 11:00."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path, limits=LimitSettings(max_file_mb=2)) as running:
        yield running


def upload(server: RunningServer, name: str = "note.txt", content: bytes = NOTE.encode()) -> str:
    return server.client().files.create(file=(name, content), purpose="assistants").id


def test_an_upload_has_an_id_made_of_its_bytes(server: RunningServer) -> None:
    client = server.client()
    file = client.files.create(file=("笔记 1.txt", NOTE.encode()), purpose="user_data")
    assert file.id == file_id_of(document_id_of(NOTE.encode()))
    assert (file.filename, file.bytes, file.purpose) == ("笔记 1.txt", len(NOTE.encode()), "user_data")
    assert client.files.retrieve(file.id).id == file.id
    assert client.files.content(file.id).read() == NOTE.encode()
    assert upload(server, "other.txt") == file.id
    assert [item.id for item in client.files.list()] == [file.id]
    client.files.delete(file.id)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


def test_a_document_that_came_in_otherwise_is_a_file_too(server: RunningServer) -> None:
    file_id = file_id_of(document_id_of(HANDBOOK.encode()))
    assert server.client().files.retrieve(file_id).filename == "handbook.txt"
    assert server.client().files.content(file_id).read() == HANDBOOK.encode()


def test_the_way_of_a_file_into_a_vector_store(server: RunningServer) -> None:
    client, home = server.client(), server.services.home
    file_id = upload(server)
    store = client.vector_stores.create(name="office")
    added = client.vector_stores.files.create(store.id, file_id=file_id, attributes={"year": 2026, "draft": True})
    assert (added.status, added.ibid["stage"]) == ("in_progress", "waiting")  # type: ignore[attr-defined]
    assert added.attributes == {"year": 2026, "draft": True}
    assert client.vector_stores.retrieve(store.id).file_counts.in_progress == 1

    job = take_job(home)
    assert job is not None
    report_progress(home, job.id, "embedding", 0.5)
    halfway = client.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (halfway.ibid["stage"], halfway.ibid["progress"]) == ("embedding", 0.5)  # type: ignore[attr-defined]

    store_text(server.services.collections.catalog("office"), server.embedder, "note.txt", NOTE)
    finish_job(home, job.id)
    done = client.vector_stores.files.retrieve(file_id, vector_store_id=store.id)
    assert (done.status, done.last_error, done.ibid["passages"]) == ("completed", None, 2)  # type: ignore[attr-defined]
    assert [item.id for item in client.vector_stores.files.list(store.id)] == [file_id]

    found = client.vector_stores.search(store.id, query="When is the office open?").data[0]
    assert found.file_id == file_id
    assert "Mondays" in found.content[0].text
    completion = client.chat.completions.create(
        model="ibid/office", messages=[{"role": "user", "content": "When is the office open on Mondays?"}]
    )
    assert "from 9:00 to 11:00" in str(completion.choices[0].message.content)

    assert client.vector_stores.files.delete(file_id, vector_store_id=store.id).deleted
    assert client.vector_stores.search(store.id, query="When is the office open?").data == []
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.retrieve(file_id, vector_store_id=store.id)


def test_a_failed_file_says_why(server: RunningServer) -> None:
    client, home = server.client(), server.services.home
    file_id = upload(server, "broken.pdf", b"%PDF-1.4 broken")
    client.vector_stores.files.create("default", file_id=file_id)
    job = take_job(home)
    assert job is not None
    fail_job(home, job.id, "broken.pdf cannot be read: no pages")
    failed = client.vector_stores.files.retrieve(file_id, vector_store_id="default")
    assert failed.status == "failed"
    assert failed.last_error is not None
    assert failed.last_error.message == "broken.pdf cannot be read: no pages"
    counts = client.vector_stores.retrieve("default").file_counts
    assert (counts.completed, counts.failed, counts.total) == (3, 1, 4)
    assert client.vector_stores.files.delete(file_id, vector_store_id="default").deleted
    assert client.vector_stores.retrieve("default").file_counts.failed == 0


def test_a_collection_deleted_and_made_again_elsewhere_is_noticed(server: RunningServer) -> None:
    collections = server.services.collections
    before = collections.get("default")
    from kb.catalog.collections import create_collection, delete_collection

    delete_collection(server.settings.home, "default")
    with pytest.raises(openai.NotFoundError):
        server.client().vector_stores.search("default", query="report")
    create_collection(server.settings.home, "default")
    assert collections.get("default") is not before
    assert server.client().vector_stores.search("default", query="report").data == []


def test_searching_many_ways(server: RunningServer) -> None:
    client = server.client()
    one = client.vector_stores.search("default", query="resit fee", max_num_results=1)
    assert len(one.data) == 1
    only = client.vector_stores.search(
        "default",
        query=["resit", "fee"],
        filters={"type": "in", "key": "document", "value": ["leaflet.txt"]},
    )
    assert {item.filename for item in only.data} == {"leaflet.txt"}
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.search("default", query="")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.search("nowhere", query="x")


def test_files_that_cannot_be_taken_are_bad_requests(server: RunningServer) -> None:
    client = server.client()
    with pytest.raises(openai.BadRequestError, match="empty"):
        upload(server, "empty.txt", b"")
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.files.create(file=("a.txt", b"x"), purpose="fine-tune")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.create("default", file_id="file-none")
    http = server.http()
    assert http.post("/v1/files", data={"purpose": "assistants"}).status_code == 400
    assert http.post("/v1/files", files={"file": ("a.txt", b"x")}).json()["error"]["param"] == "purpose"
    assert http.post("/v1/files", content=b"x", headers={"content-type": "multipart/form-data"}).status_code == 400
    broken = http.post("/v1/files", content=b"x", headers={"content-type": "multipart/form-data; boundary=b"})
    assert broken.status_code == 400
    assert broken.json()["error"]["message"]


def test_a_file_name_is_only_a_name(server: RunningServer) -> None:
    file = server.client().files.create(file=("../../etc/passwd.txt", b"x"), purpose="assistants")
    assert file.filename == "passwd.txt"
    response = server.http().get(f"/v1/files/{file.id}/content")
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("megabytes", [3, 30])
def test_too_large_a_file_is_refused_with_its_status(server: RunningServer, megabytes: int) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        upload(server, "large.bin", b"x" * (megabytes << 20))
    assert caught.value.status_code == 413
    assert list((server.settings.home / "files").glob("*/*")) == []


def test_nothing_is_stored_on_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    with running_server(tmp_path, limits=LimitSettings(free_disk_mb=10**9)) as server:
        with pytest.raises(openai.APIStatusError, match="disk is nearly full") as caught:
            upload(server)
        assert caught.value.status_code == 507
        assert server.client().vector_stores.search("default", query="report").data  # reading goes on


def test_a_file_of_unannounced_length_is_refused_while_it_is_read(server: RunningServer) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(64):
            yield b"x" * (1 << 20)

    http = server.http()
    response = http.post("/v1/files", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


def test_a_client_that_leaves_in_the_middle_of_an_upload_harms_nothing(server: RunningServer) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 100000\r\n\r\n--b\r\n"
        )
    assert server.client().models.list().data


def test_attributes_are_dates_in_one_form_and_can_be_changed_later(server: RunningServer) -> None:
    client = server.client()
    file_id = file_id_of(document_id_of(HANDBOOK.encode()))
    given: dict[str, str | float | bool] = {"effective_from": "2023年9月", "tags": "rules"}
    file = client.vector_stores.files.update(file_id, vector_store_id="default", attributes=given)
    assert file.attributes == {"effective_from": "2023-09-01", "tags": "rules"}
    assert file.ibid["effective_from"] == "2023-09-01"  # type: ignore[attr-defined]
    asked = "When is the library open?"
    before = {"type": "eq", "key": "as_of", "value": "2023年8月31日"}
    found = client.vector_stores.search("default", query=asked, filters=before)  # type: ignore[arg-type]
    assert "handbook.txt" not in {item.filename for item in found}
    client.vector_stores.files.update(file_id, vector_store_id="default", attributes={"tags": "rules"})
    assert client.vector_stores.files.retrieve(file_id, vector_store_id="default").attributes == {"tags": "rules"}
    with pytest.raises(openai.BadRequestError, match="is not a date"):
        client.vector_stores.files.update(file_id, vector_store_id="default", attributes={"effective_to": "soon"})
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.update("file-" + "0" * 32, vector_store_id="default", attributes={})


def test_a_bad_date_is_refused_before_the_file_is_queued(server: RunningServer) -> None:
    client, file_id = server.client(), upload(server)
    with pytest.raises(openai.BadRequestError, match="effective_to"):
        client.vector_stores.files.create("default", file_id=file_id, attributes={"effective_to": "31/12/24"})
    assert take_job(server.services.home) is None


def test_a_newer_version_takes_the_place_of_the_older_one_until_all_are_asked_for(server: RunningServer) -> None:
    client, catalog = server.client(), server.services.collections.catalog("default")
    text = HANDBOOK.replace("8:00 to 22:00", "9:00 to 20:00")
    newer = file_id_of(store_text(catalog, server.embedder, "handbook-2.txt", text))
    given: dict[str, str | float | bool] = {"replaces": "handbook.txt", "effective_from": "2024-09-01"}
    file = client.vector_stores.files.update(newer, vector_store_id="default", attributes=given)
    older = file_id_of(document_id_of(HANDBOOK.encode()))
    assert file.ibid["replaces"] == [document_id_of(HANDBOOK.encode())]  # type: ignore[attr-defined]
    replaced = client.vector_stores.files.retrieve(older, vector_store_id="default").ibid  # type: ignore[attr-defined]
    assert (replaced["version"], replaced["effective_to"]) == (1, "2024-08-31")

    def names(**options: object) -> set[str]:
        found = client.vector_stores.search("default", query="When is the library open?", **options)  # type: ignore[arg-type]
        return {item.filename for item in found} & {"handbook.txt", "handbook-2.txt"}

    assert names() == {"handbook-2.txt"}
    assert names(filters={"type": "eq", "key": "as_of", "value": "2024-08-31"}) == {"handbook.txt"}
    assert names(filters={"type": "eq", "key": "all_versions", "value": True}) == {"handbook.txt", "handbook-2.txt"}
    with pytest.raises(openai.BadRequestError, match="no document"):
        client.vector_stores.files.update(newer, vector_store_id="default", attributes={"replaces": "none.txt"})
    messages: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "When is the library open?"}]
    for options, hours in (({"as_of": "2024-08-31"}, "8:00 to 22:00"), ({}, "9:00 to 20:00")):
        reply = client.chat.completions.create(model="ibid", messages=messages, extra_body={"ibid": options})
        assert hours in str(reply.choices[0].message.content)
    both = {"ibid": {"as_of": "2024-08-31", "all_versions": True}}
    with pytest.raises(openai.BadRequestError, match="contradict"):
        client.chat.completions.create(model="ibid", messages=messages, extra_body=both)


def test_filters_hold_inside_the_search_in_chat_and_in_search(server: RunningServer) -> None:
    client = server.client()
    years = {"handbook.txt": 2023, "leaflet.txt": 2025, "条例.txt": 2021}
    for name, year in years.items():
        with server.catalog.snapshot() as snapshot:
            file_id = file_id_of(the_document(snapshot, name).id)
        given: dict[str, str | float | bool] = {"year": year, "share": year / 1000, "old": year < 2022}
        file = client.vector_stores.files.update(file_id, vector_store_id="default", attributes=given)
        assert file.attributes == given
        plain = server.http().get(f"/v1/vector_stores/default/files/{file_id}").json()["attributes"]
        assert [type(plain[key]) for key in given] == [int, float, bool]  # the client reads every number as a float
    recent = {"type": "gte", "key": "year", "value": 2023}

    def names(filters: object) -> set[str]:
        return {
            hit.filename for hit in client.vector_stores.search("default", query="library 押金 dose", filters=filters)
        }  # type: ignore[arg-type]

    assert names(recent) == {"handbook.txt", "leaflet.txt"}
    assert names({"type": "and", "filters": [recent, {"type": "lt", "key": "share", "value": 2.024}]}) == {
        "handbook.txt"
    }
    nested = {
        "type": "or",
        "filters": [{"type": "eq", "key": "old", "value": True}, {"type": "and", "filters": [recent]}],
    }
    assert names(nested) == set(years)
    assert names({"type": "nin", "key": "document", "value": ["条例.txt"]}) == {"handbook.txt", "leaflet.txt"}
    hit = client.vector_stores.search("default", query="library", filters=recent).data[0]  # type: ignore[arg-type]
    assert hit.attributes == {"year": 2023, "share": 2.023, "old": False}
    messages: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "When is the library open?"}]
    for filters, answered in ((recent, True), ({"type": "gt", "key": "year", "value": 2023}, False)):
        reply = client.chat.completions.create(
            model="ibid", messages=messages, extra_body={"ibid": {"filters": filters}}
        )
        assert ("8:00 to 22:00" in str(reply.choices[0].message.content)) is answered
    for wrong in (
        {"type": "like", "key": "a", "value": "b"},
        {"type": "or", "filters": [{"type": "eq", "key": "as_of", "value": "2024-01-01"}]},
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            names(wrong)
        assert caught.value.param == "filters"
