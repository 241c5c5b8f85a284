"""Requests that are sent again under their `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest

from kb.errors import BusyError
from kb.home.audit import list_entries
from kb.home.home import Home
from kb.home.jobs import list_jobs
from kb.home.repetitions import Reply, begin_request, end_request, forget_request
from tests.serving.http_server import RunningServer, running_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def test_what_is_made_under_one_key_is_made_once(server: RunningServer) -> None:
    client = server.client()
    once = {"Idempotency-Key": "make-the-store"}
    first = client.vector_stores.create(name="law", metadata={"a": "b"}, extra_headers=once)
    again = client.vector_stores.create(name="law", metadata={"a": "b"}, extra_headers=once)
    assert first == again
    assert {store.id for store in client.vector_stores.list()} == {"default", "law"}
    other = client.vector_stores.create(name="law", metadata={"a": "b"}, extra_headers={"Idempotency-Key": "other"})
    assert other.id != first.id
    with pytest.raises(openai.ConflictError, match="another request"):
        client.vector_stores.create(name="something else", extra_headers=once)


def test_many_at_once_make_one(server: RunningServer) -> None:
    def make(_: int) -> httpx.Response:
        headers = {"Idempotency-Key": "at once"}
        return httpx.post(f"{server.address}/v1/vector_stores", json={"name": "law"}, headers=headers, timeout=30)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(make, range(16)))
    assert {reply.status_code for reply in replies} <= {200, 429}
    made = {reply.json()["id"] for reply in replies if reply.status_code == 200}
    assert made == {"law"}
    assert set(server.services.collections.names()) == {"default", "law"}
    assert all("retry-after" in reply.headers for reply in replies if reply.status_code == 429)


def test_files_parts_and_jobs_can_be_sent_again(server: RunningServer) -> None:
    client = server.client()
    once = {"Idempotency-Key": "1"}
    file = client.files.create(file=("a.txt", b"Rules"), purpose="assistants", extra_headers=once)
    assert client.files.create(file=("a.txt", b"Rules"), purpose="assistants", extra_headers=once) == file
    with pytest.raises(openai.ConflictError):
        client.files.create(file=("a.txt", b"Other"), purpose="assistants", extra_headers=once)
    upload = client.uploads.create(bytes=4, filename="a", mime_type="text/plain", purpose="assistants")
    part, same = (client.uploads.parts.create(upload.id, data=b"abcd", extra_headers=once) for _ in range(2))
    assert part == same
    done, again = (client.uploads.complete(upload.id, part_ids=[part.id], extra_headers=once) for _ in range(2))
    assert done == again
    assert done.status == "completed"
    for _ in range(2):
        batch = client.vector_stores.file_batches.create("default", file_ids=[file.id], extra_headers=once)
    assert batch.file_counts.total == 1
    assert len(list_jobs(server.services.home)) == 1


def test_a_batch_of_requests_is_made_once(server: RunningServer) -> None:
    client = server.client()
    body = b'{"model": "ibid", "messages": []}'
    line = b'{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": ' + body + b"}"
    file = client.files.create(file=("requests.jsonl", line), purpose="batch")
    made = [
        client.batches.create(
            input_file_id=file.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            extra_headers={"Idempotency-Key": "night"},
        ).id
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert [batch.id for batch in client.batches.list()] == made[:1]


def test_what_failed_may_be_tried_again_under_the_same_key(server: RunningServer) -> None:
    client = server.client()
    once = {"Idempotency-Key": "try"}
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.create("default", file_id="file-none", extra_headers=once)
    file = client.files.create(file=("a.txt", b"Rules"), purpose="assistants")
    assert client.vector_stores.files.create("default", file_id=file.id, extra_headers=once).status == "in_progress"


def test_a_repeated_request_says_so_and_a_key_must_be_short(server: RunningServer) -> None:
    http = server.http()
    replies = [http.post("/v1/vector_stores", json={}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [reply.headers.get("idempotent-replayed") for reply in replies] == [None, "true"]
    assert replies[0].json() == replies[1].json()
    recorded = [entry.action for entry in list_entries(server.services.home)]
    assert recorded == ["collection.created"]  # the audit log tells of what was made, not of what was told again
    too_long = http.post("/v1/vector_stores", json={}, headers={"Idempotency-Key": "k" * 256})
    assert (too_long.status_code, too_long.json()["error"]["param"]) == (400, "Idempotency-Key")


def test_a_reply_is_kept_for_a_day_and_a_lost_request_is_made_anew(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert begin_request(home, "a", "body") is None
    with pytest.raises(BusyError):
        begin_request(home, "a", "body")
    end_request(home, "a", Reply(200, "done"))
    assert begin_request(home, "a", "body") == Reply(200, "done")
    assert begin_request(home, "b", "body") is None
    with home.writing() as connection:  # its process was killed a quarter of an hour ago
        connection.execute("UPDATE repeated_requests SET at = at - 900")
    assert begin_request(home, "b", "body") is None
    assert begin_request(home, "a", "body") == Reply(200, "done")
    with home.writing() as connection:
        connection.execute("UPDATE repeated_requests SET at = at - 90000")
    assert begin_request(home, "a", "body") is None
    forget_request(home, "a")
    assert begin_request(home, "a", "other") is None
