"""A collection whose database is damaged hides no other one, is told apart from a full disk, and can be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from kb.errors import DamagedError
from kb.settings import Settings
from serving.http.opening import close_services, open_services, warm_up
from serving.http.uploaded.expiry import remove_expired
from serving.mcp.tools import Caller, _list_collections
from tests.fakes import HashEmbedder
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import HANDBOOK, REGULATION, damage, make_collection


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        make_collection(tmp_path, running.embedder, "course", documents={"handbook.txt": HANDBOOK}).close()
        make_collection(tmp_path, running.embedder, "租赁", documents={"条例.txt": REGULATION}).close()
        damage(tmp_path / "collections" / "租赁" / "catalog.db")
        yield running


def test_the_others_are_listed_and_asked(server: RunningServer) -> None:
    client = server.client()
    assert {store.id for store in client.vector_stores.list()} == {"default", "course"}
    assert {model.id for model in client.models.list()} == {"ibid", "ibid/course"}
    assert {found.name for found in _list_collections(Caller(server.services, lambda *_: None)).collections} == {
        "default",
        "course",
    }
    answer = client.chat.completions.create(
        model="ibid/course", messages=[{"role": "user", "content": "What is the fee for a resit?"}]
    )
    assert "40 euros" in str(answer.choices[0].message.content)


def test_the_log_tells_of_it_once(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    client = server.client()
    for _ in range(3):
        client.vector_stores.list()
        client.models.list()
    told = [record.getMessage() for record in caplog.records if "is left out" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("collection 租赁 is left out: cannot read ")


def test_files_of_the_others_are_found_taken_in_and_removed(server: RunningServer) -> None:
    client = server.client()
    (listed,) = client.vector_stores.files.list("course")
    assert client.files.retrieve(listed.id).filename == "handbook.txt"
    assert client.files.content(listed.id).text == HANDBOOK
    new = client.files.create(file=("new.txt", b"The library closes at ten."), purpose="assistants")
    client.vector_stores.files.create("course", file_id=new.id)
    server.work()
    assert client.vector_stores.files.retrieve(new.id, vector_store_id="course").status == "completed"
    with pytest.raises(openai.InternalServerError) as caught:  # nobody can tell whether the damaged one holds it, too
        client.files.delete(new.id)
    assert caught.value.code == "damaged"
    assert [file.id for file in client.vector_stores.files.list("course")] == [listed.id]
    remove_expired(server.services)


def test_it_says_what_it_is_when_it_is_asked(server: RunningServer) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        server.client().vector_stores.retrieve("租赁")
    assert (caught.value.status_code, caught.value.code) == (500, "damaged")
    assert "ibid doctor" in caught.value.message
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_it_can_be_deleted(server: RunningServer) -> None:
    client = server.client()
    assert client.vector_stores.delete("租赁").deleted
    assert not (server.settings.home / "collections" / "租赁").exists()
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.delete("租赁")


def test_a_server_starts_where_its_default_collection_is_damaged(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    for name in ("default", "course"):
        make_collection(tmp_path, embedder, name, documents={"handbook.txt": HANDBOOK}).close()
    damage(tmp_path / "collections" / "default" / "catalog.db")
    services = open_services(Settings(home=tmp_path), embedder=embedder)
    try:
        warm_up(services)
        assert services.life.warm.is_set()
        assert services.collections.catalog("course").collection().documents == 1
        with pytest.raises(DamagedError):
            services.collections.get("default")
        services.collections.delete("default")
        assert services.collections.create("default").collection().documents == 0
    finally:
        close_services(services)
