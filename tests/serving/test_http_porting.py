"""Collections as files over HTTP: saved from one server, taken in by another."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

from kb.home.audit import list_entries
from kb.home.keys import Right, create_key
from tests.serving.http_server import RunningServer, running_server

QUESTION = [{"role": "user", "content": "租赁期满后多少天内退还押金？"}]


def exported(server: RunningServer) -> bytes:
    response = server.http().get("/ibid/collections/default/export")
    assert response.status_code == 200
    assert "default.ibid" in response.headers["content-disposition"]
    return response.content


def test_a_collection_goes_from_one_server_to_another_and_answers_there(tmp_path: Path) -> None:
    with running_server(tmp_path / "here") as here:
        for entry in (here.catalog.collection(),):
            assert entry.documents == 3
        with here.catalog.snapshot() as snapshot:
            for document in snapshot.documents():  # the library of these tests keeps no bytes
                kept = here.catalog.blobs.path(document.id)
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(snapshot.document(document.id).text.encode())
        content = exported(here)
        assert not list((tmp_path / "here").glob(".*export*"))
    with running_server(tmp_path / "there") as there:
        client = there.client()
        uploaded = client.files.create(file=("default.ibid", content), purpose="user_data")
        made = there.http().post("/ibid/collections/import", json={"file_id": uploaded.id, "name": "律所"})
        assert made.status_code == 200
        assert (made.json()["id"], made.json()["file_counts"]["completed"]) == ("律所", 3)
        answer = client.chat.completions.create(model="ibid/律所", messages=QUESTION)  # type: ignore[arg-type]
        assert "三十日" in str(answer.choices[0].message.content)
        assert [
            entry.collection for entry in list_entries(there.services.home) if entry.action == "collection.imported"
        ] == ["律所"]
        again = there.http().post("/ibid/collections/import", json={"file_id": uploaded.id, "name": "律所"})
        assert again.status_code == 400
        assert "already" in again.json()["error"]["message"]


def test_what_is_no_collection_is_refused_and_what_is_not_there_not_found(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        uploaded = server.client().files.create(file=("notes.txt", b"no archive"), purpose="user_data")
        refused = server.http().post("/ibid/collections/import", json={"file_id": uploaded.id})
        assert refused.status_code == 400
        assert "is no collection that can be imported" in refused.json()["error"]["message"]
        assert str(tmp_path) not in refused.text
        assert server.http().post("/ibid/collections/import", json={"file_id": "file-0"}).status_code == 404
        assert server.http().get("/ibid/collections/nowhere/export").status_code == 404


def test_a_key_for_some_collections_takes_none_in_and_saves_its_own_alone(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        every = (Right.READ, Right.WRITE)
        secret = create_key(server.services.home, "one", every, ["other"])[1]
        mine = server.http(Authorization=f"Bearer {secret}")
        assert mine.get("/ibid/collections/default/export").status_code == 404
        assert mine.post("/ibid/collections/import", json={"file_id": "file-0"}).status_code == 403
        with pytest.raises(openai.NotFoundError):
            server.client(key=secret).vector_stores.retrieve("default")
