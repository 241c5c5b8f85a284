"""Vector stores through the official client: what they are called, batches of files, time to live, passages."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.home.audit import list_entries
from kb.home.files import file_id_of
from kb.home.jobs import list_jobs, take_job
from kb.records import Policy, document_id_of
from serving.http.uploaded.expiry import remove_expired
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import HANDBOOK, LEAFLET, REGULATION

PARKING = "Parking rules\n\nThe garage closes at midnight. Parking costs 3 euros a day."
LONG = "Garden rules\n\n" + " ".join(f"Rule {number} says that bed {number} is watered daily." for number in range(60))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def upload(server: RunningServer, name: str, text: str | bytes) -> str:
    content = text.encode() if isinstance(text, str) else text
    return server.client().files.create(file=(name, content), purpose="assistants").id


def found(server: RunningServer, store: str, query: str, **options: Any) -> set[str]:
    return {hit.filename for hit in server.client().vector_stores.search(store, query=query, **options)}


def use_last(server: RunningServer, store: str, days_ago: float) -> None:
    """Lets a store look as if it had been made and used that long ago."""
    catalog = server.services.collections.catalog(store)
    (catalog.folder / "last_used").touch()
    moment = time.time() - days_ago * 86_400
    os.utime(catalog.folder / "last_used", (moment, moment))
    with catalog._connection() as connection:
        connection.execute("UPDATE facts SET value = '2020-01-01T00:00:00+00:00' WHERE key = 'created_at'")
        connection.execute("UPDATE documents SET added_at = '2020-01-01T00:00:00+00:00'")


def test_a_vector_store_is_a_collection_under_the_name_it_was_given(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="my law", metadata={"team": "民法组", "n": "1"}, description="Rules")
    assert (store.id, store.name, store.status, store.object) == ("my-law", "my law", "completed", "vector_store")
    assert store.metadata == {"team": "民法组", "n": "1"}
    assert {item.id for item in client.vector_stores.list()} == {"default", "my-law"}
    assert [model.id for model in client.models.list()] == ["ibid", "ibid/my-law"]
    same_name = client.vector_stores.create(name="my law")
    assert (same_name.name, same_name.id.startswith("vs_")) == ("my law", True)
    assert client.vector_stores.create().id.startswith("vs_")
    assert client.vector_stores.delete("my-law").deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve("my-law")
    assert client.vector_stores.retrieve(same_name.id).name == "my law"


@pytest.mark.parametrize("name", ["../x", "a/b", "x" * 65, ".hidden", "a:b", "合同/二", " "])
def test_any_name_is_kept_although_it_cannot_be_an_id(server: RunningServer, name: str) -> None:
    client = server.client()
    store = client.vector_stores.create(name=name)
    assert store.id.startswith("vs_")
    assert client.vector_stores.retrieve(store.id).name == name
    assert not (server.settings.home / "x").exists()


def test_stores_of_one_name_made_at_once_are_different_stores(server: RunningServer) -> None:
    client = server.client()
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: client.vector_stores.create(name="law"), range(16)))
    assert len({store.id for store in stores}) == 16
    assert {store.name for store in stores} == {"law"}
    assert sum(store.id == "law" for store in stores) == 1


def test_what_is_said_of_a_store_can_be_changed(server: RunningServer) -> None:
    client = server.client()
    assert client.vector_stores.retrieve("default").metadata == {}
    store = client.vector_stores.create(name="clinic", metadata={"team": "a"})
    assert client.vector_stores.update(store.id, name="The clinic").name == "The clinic"
    assert client.vector_stores.retrieve(store.id).metadata == {"team": "a"}
    assert client.vector_stores.update(store.id, metadata={"team": "b"}).metadata == {"team": "b"}
    assert client.vector_stores.update(store.id, metadata=None).metadata == {}
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.update(store.id, metadata={str(number): "x" for number in range(17)})
    with pytest.raises(openai.BadRequestError):
        client.vector_stores.update(store.id, metadata={"a": "x" * 513})
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.update("nowhere", metadata={})


def test_a_vector_store_has_a_policy_that_can_be_changed(server: RunningServer) -> None:
    client = server.client()
    strict = client.vector_stores.create(name="clinic", metadata={"policy": "strict"})
    assert strict.metadata == {"policy": "strict"}
    collections = server.services.collections
    assert collections.catalog("clinic").collection().policy is Policy.STRICT
    changed = client.vector_stores.update("clinic", metadata={"team": "a"})  # says nothing of the policy: it stays
    assert changed.metadata == {"team": "a", "policy": "strict"}
    changed = client.vector_stores.update("clinic", metadata={"policy": "flag"})
    assert changed.metadata == client.vector_stores.retrieve("clinic").metadata == {"policy": "flag"}
    with pytest.raises(openai.BadRequestError, match="'lenient' is no policy, only strict and flag are"):
        client.vector_stores.update("clinic", metadata={"policy": "lenient"})
    with pytest.raises(openai.BadRequestError, match="is no policy"):
        client.vector_stores.create(name="other", metadata={"policy": "lenient"})
    assert "other" not in collections.names()


def test_upload_poll_search_delete_and_it_is_gone(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="garage")
    with server.worker():
        file = client.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=("parking.txt", PARKING.encode())
        )
        assert (file.status, file.last_error) == ("completed", None)
        again = client.vector_stores.files.create_and_poll(file.id, vector_store_id=store.id, attributes={"floor": 2})
    assert again.attributes == {"floor": 2}
    content = client.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert [part.text for part in content] == [PARKING]
    assert found(server, store.id, "What does parking cost?") == {"parking.txt"}
    reply = client.chat.completions.create(
        model=f"ibid/{store.id}", messages=[{"role": "user", "content": "What does parking cost a day?"}]
    )
    assert "3 euros" in str(reply.choices[0].message.content)
    assert client.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted
    assert found(server, store.id, "What does parking cost?") == set()
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.content(file.id, vector_store_id=store.id)


def test_a_batch_of_files_is_uploaded_and_polled(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="batch")
    files = [(f"{number}.txt", f"Note {number}\n\nRoom {number} is open.".encode()) for number in range(5)]
    with server.worker():
        batch = client.vector_stores.file_batches.upload_and_poll(store.id, files=files, max_concurrency=1)
    assert (batch.status, batch.object, batch.vector_store_id) == ("completed", "vector_store.files_batch", store.id)
    assert (batch.file_counts.completed, batch.file_counts.total) == (5, 5)
    listed = [
        file.id for file in client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=2)
    ]
    assert sorted(listed) == sorted(file.id for file in client.vector_stores.files.list(store.id))
    assert client.vector_stores.retrieve(store.id).file_counts.completed == 5


def test_each_file_of_a_batch_may_have_attributes_of_its_own_and_says_why_it_failed(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="mixed")
    ids = [
        upload(server, "good.txt", PARKING),
        upload(server, "picture.bin", b"GIF89a"),
        upload(server, "broken.txt", b"\xff\xfe\x00broken"),
    ]
    batch = client.vector_stores.file_batches.create(
        store.id, files=[{"file_id": file_id, "attributes": {"n": n}} for n, file_id in enumerate(ids)]
    )
    assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 3)
    while server.work() is not None:
        pass
    batch = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id)
    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed) == ("completed", 1, 2)
    states = [client.vector_stores.files.retrieve(file_id, vector_store_id=store.id) for file_id in ids]
    assert [state.last_error.code if state.last_error else None for state in states] == [
        None,
        "unsupported_file",
        "invalid_file",
    ]
    assert [state.attributes for state in states] == [{"n": 0}, {"n": 1}, {"n": 2}]
    failed = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, filter="failed")
    assert {file.id for file in failed} == set(ids[1:])


def test_a_batch_is_cancelled_with_what_is_not_done(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="stopped")
    ids = [upload(server, f"{n}.txt", f"Note {n}") for n in range(3)]
    batch = client.vector_stores.file_batches.create(store.id, file_ids=ids, attributes={"of": "batch"})
    assert server.work() is not None
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert cancelled.status == "cancelled"
    assert (cancelled.file_counts.completed, cancelled.file_counts.cancelled) == (1, 2)
    assert take_job(server.services.home) is None
    counts = client.vector_stores.retrieve(store.id).file_counts
    assert (counts.completed, counts.cancelled, counts.total) == (1, 2, 3)
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.retrieve(batch.id, vector_store_id="default")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.cancel("vsfb_none", vector_store_id=store.id)


def test_a_batch_that_cannot_be_queues_nothing(server: RunningServer) -> None:
    client = server.client()
    good = upload(server, "good.txt", PARKING)
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.file_batches.create("default", file_ids=[good, "file-none"])
    with pytest.raises(openai.BadRequestError, match="effective_to"):
        client.vector_stores.file_batches.create(
            "default", files=[{"file_id": good}, {"file_id": good, "attributes": {"effective_to": "soon"}}]
        )
    for wrong in ({}, {"file_ids": []}, {"file_ids": [good], "files": [{"file_id": good}]}):
        assert server.http().post("/v1/vector_stores/default/file_batches", json=wrong).status_code == 400
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.create(name="half", file_ids=["file-none"])
    assert "half" not in server.services.collections.names()
    assert list_jobs(server.services.home) == []


def test_a_store_is_made_with_its_files(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="full", file_ids=[upload(server, "a.txt", PARKING)])
    assert (store.status, store.file_counts.in_progress) == ("in_progress", 1)
    assert server.work() is not None
    done = client.vector_stores.retrieve(store.id)
    assert (done.status, done.file_counts.completed, done.usage_bytes) == ("completed", 1, len(PARKING.encode()))


@pytest.mark.parametrize(("asked", "overlap", "kept"), [(100, 50, 100), (150, 0, 150), (800, 400, 200)])
def test_passages_keep_to_the_size_that_was_asked_for(
    server: RunningServer, asked: int, overlap: int, kept: int
) -> None:
    client = server.client()
    store = client.vector_stores.create(name="garden")
    sizes = {"max_chunk_size_tokens": asked, "chunk_overlap_tokens": overlap}
    with server.worker():
        file = client.vector_stores.files.create_and_poll(
            upload(server, "garden.txt", LONG),
            vector_store_id=store.id,
            chunking_strategy={"type": "static", "static": sizes},  # type: ignore[typeddict-item]
        )
    assert file.chunking_strategy is not None
    assert file.chunking_strategy.to_dict() == {"type": "static", "static": sizes}
    told = file.model_extra or {}
    assert (told["ibid"]["passage_tokens"], told["ibid"]["overlap_tokens"]) == (kept, 0)
    catalog = server.services.collections.catalog(store.id)
    with catalog.snapshot() as snapshot:
        passages = [stored.passage.text for entry in snapshot.documents() for stored in snapshot.passages_of(entry.id)]
    counts = server.embedder.count_tokens(passages)
    assert max(counts) <= kept
    assert max(counts) > kept / 2


@pytest.mark.parametrize(
    ("size", "overlap", "wrong"),
    [
        *((800, 401, "overlap"), (101, 51, "overlap"), (100, -1, "overlap"), (100, False, "overlap")),
        *((99, 0, "max"), (4097, 0, "max"), ("100", 0, "max")),
    ],
)
def test_sizes_that_openai_refuses_are_refused_wherever_they_are_given(
    server: RunningServer, size: int | str, overlap: int, wrong: str
) -> None:
    static = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    rest = {"chunking_strategy": {"type": "static", "static": static}}
    file_id = upload(server, "a.txt", PARKING)
    errors = [
        server.http().post(f"/v1/vector_stores{path}", json={**body, **rest})
        for path, body in (
            ("", {"name": "未建"}),
            ("", {"name": "未建", "file_ids": [file_id]}),
            ("/default/files", {"file_id": file_id}),
            ("/default/file_batches", {"file_ids": [file_id]}),
        )
    ]
    assert {error.status_code for error in errors} == {400}
    assert len({error.text for error in errors}) == 1
    assert wrong in errors[0].json()["error"]["param"]
    assert server.services.collections.names() == ["default"]


def test_a_strategy_that_is_none_is_refused(server: RunningServer) -> None:
    for wrong in ({"type": "static"}, {"type": "other"}, {"type": "auto", "static": {}}, "auto"):
        for path, body in (("/default/files", {"file_id": "file-none"}), ("", {})):
            asked = {**body, "chunking_strategy": wrong}
            assert server.http().post(f"/v1/vector_stores{path}", json=asked).status_code == 400


def test_a_strategy_that_openai_takes_is_taken_with_and_without_files(server: RunningServer) -> None:
    client = server.client()
    largest = {"type": "static", "static": {"max_chunk_size_tokens": 4096, "chunk_overlap_tokens": 2048}}
    for strategy, told in ((largest, (4096, 2048)), ({"type": "auto"}, (200, 0)), (None, (200, 0))):
        given = {"chunking_strategy": strategy} if strategy else {}
        assert client.vector_stores.create(**given).file_counts.total == 0  # type: ignore[arg-type]
        store = client.vector_stores.create(file_ids=[upload(server, "a.txt", PARKING)], **given)  # type: ignore[arg-type]
        [waiting] = client.vector_stores.files.list(store.id)
        assert server.work() is not None
        [done] = client.vector_stores.files.list(store.id)
        for file in (waiting, done):
            assert file.chunking_strategy is not None
            static = file.chunking_strategy.to_dict()["static"]
            assert (static["max_chunk_size_tokens"], static["chunk_overlap_tokens"]) == told  # type: ignore[index]


def test_a_store_that_nobody_uses_expires_with_what_is_in_it(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(
        name="short", expires_after={"anchor": "last_active_at", "days": 2}, file_ids=[upload(server, "a.txt", PARKING)]
    )
    assert server.work() is not None
    assert store.expires_after is not None
    assert store.expires_after.days == 2
    assert store.expires_at is not None
    assert store.last_active_at is not None
    assert store.expires_at - store.last_active_at == 2 * 86_400
    use_last(server, store.id, days_ago=1.9)
    assert found(server, store.id, "parking") == {"a.txt"}  # which is a use: two more days from here
    renewed = client.vector_stores.retrieve(store.id)
    assert renewed.status == "completed"
    assert renewed.last_active_at is not None
    assert time.time() - renewed.last_active_at < 60

    use_last(server, store.id, days_ago=2.1)
    with pytest.raises(openai.BadRequestError, match="expired"):  # although nobody has swept yet
        client.chat.completions.create(
            model=f"ibid/{store.id}", messages=[{"role": "user", "content": "What does parking cost a day?"}]
        )
    assert server.services.collections.catalog(store.id).collection().documents == 0
    told = [entry.collection for entry in list_entries(server.services.home) if entry.action == "collection.expired"]
    assert told == [store.id]
    remove_expired(server.services)
    expired = client.vector_stores.retrieve(store.id)
    assert (expired.status, expired.file_counts.total, expired.usage_bytes) == ("expired", 0, 0)
    with pytest.raises(openai.BadRequestError, match="expired"):
        client.vector_stores.search(store.id, query="parking")
    with pytest.raises(openai.BadRequestError, match="expired"):
        client.vector_stores.files.create(store.id, file_id=upload(server, "b.txt", PARKING))
    with pytest.raises(openai.BadRequestError, match="expired"):
        client.vector_stores.update(store.id, expires_after={"anchor": "last_active_at", "days": 5})
    assert client.vector_stores.delete(store.id).deleted


def test_expiry_can_be_changed_and_taken_back(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="short", expires_after={"anchor": "last_active_at", "days": 2})
    changed = client.vector_stores.update(store.id, expires_after={"anchor": "last_active_at", "days": 30})
    assert changed.expires_after is not None
    assert changed.expires_after.days == 30
    for_ever = client.vector_stores.update(store.id, expires_after=None)
    assert (for_ever.expires_after, for_ever.expires_at) == (None, None)
    use_last(server, store.id, days_ago=400)
    assert client.vector_stores.retrieve(store.id).status == "completed"
    for days in (0, 366):
        with pytest.raises(openai.BadRequestError):
            client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": days})


def test_the_texts_of_documents_that_came_in_otherwise_are_their_content(server: RunningServer) -> None:
    client = server.client()
    texts = {
        file.id: "".join(
            part.text or "" for part in client.vector_stores.files.content(file.id, vector_store_id="default")
        )
        for file in client.vector_stores.files.list("default")
    }
    assert sorted(texts.values()) == sorted([HANDBOOK, LEAFLET, REGULATION])
    assert {
        file.chunking_strategy.type for file in client.vector_stores.files.list("default") if file.chunking_strategy
    } == {"static"}


def test_a_document_whose_bytes_are_gone_is_not_found_when_it_is_added_to_another_store(server: RunningServer) -> None:
    client = server.client()
    store = client.vector_stores.create(name="takes copies")
    document_id = document_id_of(HANDBOOK.encode())
    known = file_id_of(document_id)
    server.catalog.blobs.remove([document_id])
    assert client.files.retrieve(known).filename == "handbook.txt"
    with pytest.raises(openai.NotFoundError, match=known):
        client.vector_stores.files.create(store.id, file_id=known)
    assert client.vector_stores.retrieve(store.id).file_counts.total == 0
