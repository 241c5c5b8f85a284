"""What is changed over HTTP is in the audit log with the key that did it; what is asked, read and said is nowhere."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from kb.home.audit import list_entries, verify
from kb.home.home import Home
from kb.home.keys import Right, create_key, get_key
from serving.http.border.rights import ROUTES, STAGED
from tests.serving.http_server import running_server

SECRETS = ("Zanzibarquestion", "Quetzaltext", "Xylophonename.txt", "Vexillologicalanswer")


def changes(home: Home) -> list[tuple[str, str, str, str]]:
    return [(entry.actor, entry.action, entry.collection, entry.subject) for entry in reversed(list_entries(home))]


def test_every_change_is_recorded_with_its_key(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        home = server.services.home
        key, secret = create_key(home, "robot", [Right.READ, Right.WRITE])
        client = server.client(key=secret)
        file = client.files.create(file=("a.txt", b"some words"), purpose="assistants")
        client.vector_stores.create(name="law")
        client.vector_stores.update("law", metadata={"policy": "strict"})
        client.vector_stores.files.create("law", file_id=file.id)
        client.vector_stores.files.delete(file.id, vector_store_id="law")
        client.vector_stores.delete("law")
        client.files.delete(file.id)
        client.vector_stores.list()
        assert changes(home)[1:] == [
            (key.id, "file.added", "", file.id),
            (key.id, "collection.created", "law", ""),
            (key.id, "collection.changed", "law", ""),
            (key.id, "document.queued", "law", file.id),
            (key.id, "document.deleted", "law", file.id),
            (key.id, "collection.deleted", "law", ""),
            (key.id, "file.deleted", "", file.id),
        ]
        assert verify(home).fault == ""


def test_a_file_that_is_deleted_takes_its_documents_along_and_both_are_recorded(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        document = server.http().get("/v1/vector_stores/default/files").json()["data"][0]
        assert server.http().delete(f"/v1/files/{document['id']}").status_code == 200
        assert changes(server.services.home) == [
            ("loopback", "document.deleted", "default", document["ibid"]["document_id"]),
            ("loopback", "file.deleted", "", document["id"]),
        ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("DELETE", "/v1/vector_stores/nowhere", 404), ("POST", "/v1/vector_stores", 400), ("POST", "/v1/files", 400)],
)
def test_what_failed_changed_nothing_and_is_not_recorded(tmp_path: Path, method: str, path: str, status: int) -> None:
    with running_server(tmp_path) as server:
        assert server.http().request(method, path, content=b"{").status_code == status
        assert changes(server.services.home) == []


def test_a_change_that_cannot_be_recorded_is_not_called_done(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        with server.services.home.writing() as connection:
            connection.execute(
                "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
            )
        response = server.http().post("/v1/vector_stores", json={"name": "law"})
        assert response.status_code == 507
        assert response.json()["error"]["code"] == "storage"


def test_every_route_that_writes_says_what_it_changes() -> None:
    silent = {route for route, needs in ROUTES.items() if needs.rights == {Right.WRITE} and not needs.change}
    assert silent == {route for route, needs in ROUTES.items() if needs is STAGED}
    assert all(path.startswith("/v1/uploads") for _, path in silent), "an upload is nothing before it is completed"


def test_no_question_text_name_or_key_is_in_anything_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    question, text, name, answer = SECRETS
    with running_server(tmp_path) as server:
        key, secret = create_key(server.services.home, "robot", [Right.ADMIN])
        http = server.http(Authorization=f"Bearer {secret}")
        file = http.post("/v1/files", files={"file": (name, text.encode())}, data={"purpose": "assistants"}).json()
        http.post("/v1/vector_stores/default/files", json={"file_id": file["id"]})
        asked = [{"role": "assistant", "content": answer}, {"role": "user", "content": question}]
        for stream in (False, True):
            http.post("/v1/chat/completions", json={"model": "ibid", "messages": asked, "stream": stream})
        http.post("/v1/vector_stores/default/search", json={"query": question})
        http.get("/v1/models", headers={"Authorization": f"Bearer {secret}x"})
        http.get(f"/{question}?{text}={secret}")
        audit = str(list_entries(server.services.home))
    said = capfd.readouterr()
    of_the_client = ("httpx", "httpcore", "openai")  # this test's own
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(of_the_client)]
    written = {"log": "\n".join(logged), "audit": audit, "stdout": said.out, "stderr": said.err}
    for place, contents in written.items():
        assert [word for word in (*SECRETS, secret) if word in contents] == [], place
    assert get_key(Home(tmp_path), key.id).name == "robot"
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in kept
