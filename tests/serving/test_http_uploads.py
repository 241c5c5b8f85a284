"""Files: purposes, time to live, uploads in parts, and that what is deleted is gone from search and answers."""

from __future__ import annotations

import hashlib
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import openai
import pytest

from kb.home.files import file_id_of
from kb.records import document_id_of
from kb.settings import LimitSettings
from serving.http.uploaded.expiry import remove_expired
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.library import LEAFLET

NOTE = """Parking

The garage closes at midnight. Parking costs 3 euros a day.

停车场

停车场每天零点关闭，停车费为每天三欧元。"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path, limits=LimitSettings(max_file_mb=200)) as running:
        yield running


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_large_file_comes_in_parts_with_the_official_client(server: RunningServer, tmp_path: Path) -> None:
    client = server.client()
    path = tmp_path / "large.txt"
    content = NOTE.encode() + b"\n\n" + b"x" * (65 << 20)
    path.write_bytes(content)
    upload = client.uploads.upload_file_chunked(
        file=path, mime_type="text/plain", purpose="assistants", md5=hashlib.md5(content).hexdigest()
    )
    assert upload.status == "completed"
    assert upload.file is not None
    assert (upload.file.id, upload.file.bytes) == (file_id_of(document_id_of(content)), len(content))
    assert client.files.content(upload.file.id).read() == content
    assert bytes_in(server.settings.home / "uploads") == 0


def test_an_upload_says_where_it_stands(server: RunningServer) -> None:
    client = server.client()
    upload = client.uploads.create(bytes=4, filename="a.txt", mime_type="text/plain", purpose="assistants")
    assert (upload.status, upload.object, upload.file) == ("pending", "upload", None)
    assert 3590 <= upload.expires_at - upload.created_at <= 3600
    part = client.uploads.parts.create(upload.id, data=b"abcd")
    assert (part.upload_id, part.object) == (upload.id, "upload.part")
    with pytest.raises(openai.BadRequestError, match="is no part of"):
        client.uploads.complete(upload.id, part_ids=["part_none"])
    assert client.uploads.cancel(upload.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="is cancelled"):
        client.uploads.complete(upload.id, part_ids=[part.id])
    with pytest.raises(openai.NotFoundError):
        client.uploads.cancel("upload_none")
    with pytest.raises(openai.APIStatusError, match="larger than 200 MB") as caught:
        client.uploads.create(bytes=10**12, filename="a", mime_type="text/plain", purpose="assistants")
    assert caught.value.status_code == 413


def test_an_exported_collection_may_be_larger_than_one_document(server: RunningServer) -> None:
    def begin(size: int) -> str:
        mime_type = "application/octet-stream"
        upload = server.client().uploads.create(
            bytes=size, filename="laws.ibid", mime_type=mime_type, purpose="user_data"
        )
        return upload.status

    assert begin(900_000_000) == "pending"
    with pytest.raises(openai.APIStatusError, match=r"larger than 1000 MB\. Take it in with `ibid import`"):
        begin(1_100_000_000)


@pytest.mark.parametrize("purpose", ["fine-tune", "vision", "evals", "anything"])
def test_a_purpose_that_cannot_be_served_is_refused_with_the_reason(server: RunningServer, purpose: str) -> None:
    client = server.client()
    with pytest.raises(openai.BadRequestError, match="cannot be served") as caught:
        client.files.create(file=("a.txt", b"x"), purpose=purpose)  # type: ignore[arg-type]
    assert caught.value.param == "purpose"
    with pytest.raises(openai.BadRequestError, match="cannot be served"):
        client.uploads.create(bytes=4, filename="a.txt", mime_type="text/plain", purpose=purpose)  # type: ignore[arg-type]


def test_files_expire_and_take_what_was_made_of_them_along(server: RunningServer) -> None:
    client = server.client()
    file = client.files.create(
        file=("parking.txt", NOTE.encode()),
        purpose="assistants",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert file.expires_at is not None
    assert file.expires_at - file.created_at in {3600, 3601}
    client.vector_stores.files.create("default", file_id=file.id)
    assert server.work() is not None
    assert "parking.txt" in {hit.filename for hit in client.vector_stores.search("default", query="garage closes")}
    with server.services.home.writing() as connection:
        connection.execute("UPDATE files SET expires_at = '2020-01-01T00:00:00+00:00'")
    assert list(client.files.list()) == []
    remove_expired(server.services)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)
    assert "parking.txt" not in {hit.filename for hit in client.vector_stores.search("default", query="garage closes")}
    assert client.files.create(file=("b.jsonl", b"{}"), purpose="batch").expires_at is not None
    for wrong in ({"anchor": "created_at", "seconds": 60}, {"anchor": "now", "seconds": 3600}):
        with pytest.raises(openai.BadRequestError) as caught:
            client.files.create(file=("a.txt", b"x"), purpose="assistants", expires_after=wrong)  # type: ignore[arg-type]
        assert str(caught.value.param).startswith("expires_after.")


@pytest.mark.parametrize("question", ["What does parking cost?", "停车费是多少？"])
def test_a_deleted_file_is_gone_from_search_and_answers(server: RunningServer, question: str) -> None:
    client = server.client()
    stores = ["default", client.vector_stores.create(name="second").id]
    file = client.files.create(file=("parking.txt", NOTE.encode()), purpose="assistants")
    for store in stores:
        client.vector_stores.files.create(store, file_id=file.id)
        assert server.work() is not None
    waiting = client.vector_stores.create(name="third").id
    client.vector_stores.files.create(waiting, file_id=file.id)

    def answer() -> str:
        reply = client.chat.completions.create(model="ibid", messages=[{"role": "user", "content": question}])
        return str(reply.choices[0].message.content)

    assert "3 euros" in answer() or "三欧元" in answer()
    assert client.files.delete(file.id).deleted
    for store in stores:
        assert "parking.txt" not in {hit.filename for hit in client.vector_stores.search(store, query=question)}
        with pytest.raises(openai.NotFoundError):
            client.vector_stores.files.retrieve(file.id, vector_store_id=store)
    assert "3 euros" not in answer()
    assert "三欧元" not in answer()
    assert server.work() is None  # the third store's job went, too
    with pytest.raises(openai.NotFoundError):
        client.files.delete(file.id)


def test_a_document_that_came_in_otherwise_goes_into_another_store_and_can_be_deleted(server: RunningServer) -> None:
    client = server.client()
    file_id = file_id_of(document_id_of(LEAFLET.encode()))
    store = client.vector_stores.create(name="leaflets")
    client.vector_stores.files.create(store.id, file_id=file_id)
    assert server.work() is not None
    assert client.vector_stores.search(store.id, query="Metforin").data
    assert client.files.delete(file_id).deleted
    assert client.vector_stores.search("default", query="Metforin dose").data != []
    assert "leaflet.txt" not in {hit.filename for hit in client.vector_stores.search("default", query="Metforin dose")}


def test_the_same_file_uploaded_many_times_at_once_is_one_file(server: RunningServer) -> None:
    client = server.client()

    def upload(number: int) -> str:
        return client.files.create(file=(f"{number}.txt", NOTE.encode()), purpose="assistants").id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(upload, range(24)))
    assert len(ids) == 1
    assert [file.id for file in client.files.list()] == list(ids)
    assert client.files.content(ids.pop()).read() == NOTE.encode()
    kept = [path for path in (server.settings.home / "files").rglob("*") if path.is_file()]
    assert len(kept) == 1


def test_deleting_and_uploading_the_same_file_never_leaves_a_file_without_its_bytes(server: RunningServer) -> None:
    client = server.client()

    def upload_and_delete(_: int) -> None:
        file_id = client.files.create(file=("a.txt", NOTE.encode()), purpose="assistants").id
        with suppress(openai.NotFoundError):  # another one did
            client.files.delete(file_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload_and_delete, range(16)))
    for file in client.files.list():
        assert client.files.content(file.id).read() == NOTE.encode()


@pytest.mark.parametrize("path", ["/v1/files", "/v1/uploads/{}/parts"])
def test_an_upload_given_up_in_the_middle_leaves_nothing(server: RunningServer, path: str) -> None:
    upload = server.client().uploads.create(bytes=4, filename="a", mime_type="text/plain", purpose="assistants")
    host, port = server.address.removeprefix("http://").split(":")
    spooled = set(Path(tempfile.gettempdir()).iterdir())
    with socket.create_connection((host, int(port))) as connection:
        head = (
            f"POST {path.format(upload.id)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 50000000\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="data"; filename="a"\r\n\r\n'
        )
        connection.sendall(head.encode() + b"x" * (4 << 20))
        time.sleep(0.3)
    wait_until(lambda: not {file for file in set(Path(tempfile.gettempdir()).iterdir()) - spooled if file.is_file()})
    assert bytes_in(server.settings.home / "files") == bytes_in(server.settings.home / "uploads") == 0
    assert list(server.client().files.list()) == []


def test_what_a_form_must_not_have_is_named(server: RunningServer) -> None:
    response = server.http().post(
        "/v1/files", data={"purpose": "assistants", "colour": "red"}, files={"file": ("a.txt", b"x")}
    )
    assert (response.status_code, response.json()["error"]["param"]) == (400, "colour")
    missing = server.http().post("/v1/uploads/upload_none/parts", files={"data": ("a", b"x")})
    assert missing.status_code == 404
