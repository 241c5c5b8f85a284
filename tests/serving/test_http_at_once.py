"""Many clients at once: what is deleted while others list, search and add never makes the server fail."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving.http_server import RunningServer, running_server

SECONDS = 4.0
NOTE = "Note {0}\n\nRoom {0} is open on Mondays. 第{0}号房间周一开放。"

Doing = Callable[[httpx.Client, random.Random], httpx.Response]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def add(client: httpx.Client, choice: random.Random) -> httpx.Response:
    number = choice.randrange(6)
    content = NOTE.format(number).encode()
    file = client.post("/files", files={"file": (f"{number}.txt", content)}, data={"purpose": "assistants"})
    client.post("/vector_stores", json={"name": f"store{number % 2}"})
    return client.post(f"/vector_stores/store{number % 2}/files", json={"file_id": file.json()["id"]})


def remove(client: httpx.Client, choice: random.Random) -> httpx.Response:
    store = f"/vector_stores/store{choice.randrange(2)}"
    listed = client.get("/files").json()["data"]
    if not listed or choice.random() < 0.2:
        return client.delete(store)
    file_id = choice.choice(listed)["id"]
    return client.delete(choice.choice([f"/files/{file_id}", f"{store}/files/{file_id}"]))


def read(client: httpx.Client, choice: random.Random) -> httpx.Response:
    store = f"/vector_stores/store{choice.randrange(2)}"
    return client.get(choice.choice(["/vector_stores", f"{store}/files", store, "/files", "/models"]))


def search(client: httpx.Client, choice: random.Random) -> httpx.Response:
    asked = {"query": choice.choice(["Which room is open?", "哪个房间周一开放？"])}
    return client.post(f"/vector_stores/store{choice.randrange(2)}/search", json=asked)


def test_making_deleting_listing_and_searching_at_once_never_fails(server: RunningServer) -> None:
    statuses: Counter[int] = Counter()
    failures: list[str] = []
    until = time.monotonic() + SECONDS

    def keep(do: Doing, seed: int) -> None:
        choice = random.Random(seed)
        with httpx.Client(base_url=f"{server.address}/v1", timeout=60) as client:
            while time.monotonic() < until:
                response = do(client, choice)
                statuses[response.status_code] += 1
                if response.status_code >= 500:
                    failures.append(f"{response.request.method} {response.request.url}: {response.text}")

    threads = [
        threading.Thread(target=keep, args=(do, seed), daemon=True)
        for seed, do in enumerate([add, add, remove, read, read, search])
    ]
    with server.worker():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 120)
    assert failures == []
    assert statuses[200] > 20
    assert set(statuses) <= {200, 400, 404, 429}
