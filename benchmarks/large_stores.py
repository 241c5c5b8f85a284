"""What lists, single files and filtered searches of a large vector store cost over HTTP, and the app's pages with them.

    python benchmarks/large_stores.py [--documents 20000] [--rounds 15]

The store holds short documents that came in as jobs, with vectors of an embedder that needs no model: what is left is
the work of the catalog, the jobs' table and the server.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import httpx
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kb.home.files import file_id_of
from kb.home.jobs import NewJob, add_jobs
from kb.records import JobState
from tests.making import make_document, store
from tests.serving.http_server import RunningServer, running_server

BATCH = 1_000  # documents in one transaction
QUESTION = "Which room is open, 5?"
FILTERS = {"type": "and", "filters": [{"type": "ne", "key": "document", "value": "5.txt"}]}


class Taken(NamedTuple):
    """What a request took, in milliseconds; the processor's time is that of the server and of its client together."""

    clock: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        ids = fill(server, options.documents)
        measure(server.http(), file_id_of(ids[len(ids) // 2]), options.documents, options.rounds)
        draw(server.address, options.rounds)


def fill(server: RunningServer, documents: int) -> list[str]:
    """Stores documents, each with a job that is done; returns their ids."""
    for first in range(0, documents, BATCH):
        numbers = range(first, min(first + BATCH, documents))
        made = [make_document(f"Note {n} says that room {n % 97} is open.", f"{n}.txt") for n in numbers]
        store(server.catalog, server.embedder, *made)
    with server.catalog.snapshot() as snapshot:
        ids = list(snapshot.document_ids())
    home = server.services.home
    add_jobs(home, server.catalog.name, [NewJob("note.txt", document_id) for document_id in ids])
    with home.writing() as connection:
        connection.execute("UPDATE jobs SET state = ?", (JobState.DONE,))
    return ids


def measure(http: httpx.Client, file_id: str, documents: int, rounds: int) -> None:
    """Prints what each request takes."""
    store_path, own_path = "/v1/vector_stores/default", "/ibid/collections/default"
    plain = {"query": QUESTION}
    http.post(f"{store_path}/search", json=plain)  # the indexes are built with the first search
    requests: dict[str, Callable[[], httpx.Response]] = {
        "one file": lambda: http.get(f"{store_path}/files/{file_id}"),
        "a page of 20 files": lambda: http.get(f"{store_path}/files?limit=20"),
        "a page of 100 files": lambda: http.get(f"{store_path}/files?limit=100"),
        "the store": lambda: http.get(store_path),
        "a part of the documents": lambda: http.get(f"{own_path}/documents"),
        "the last part": lambda: http.get(f"{own_path}/documents?first={documents - 50}&order=newest"),
        "a part, by words": lambda: http.get(f"{own_path}/documents?words=99+txt"),
        "what can be filtered by": lambda: http.get(f"{own_path}/filters"),
        "the same, by words": lambda: http.get(f"{own_path}/filters?words=99"),
        "whether a document is held": lambda: http.post(f"{own_path}/held", json={"ids": [file_id]}),
        "a search": lambda: http.post(f"{store_path}/search", json=plain),
        "a search with filters": lambda: http.post(f"{store_path}/search", json={**plain, "filters": FILTERS}),
    }
    for name, request in requests.items():
        _print(name, list(_timed(request, rounds)))
    for name in ("a page of 100 files", "a part of the documents", "a search with filters"):
        taken = []
        for number in range(rounds):
            said = {"attributes": {"title": f"{name}, round {number}"}}
            http.post(f"{store_path}/files/{file_id}", json=said).raise_for_status()
            taken += _timed(requests[name], 1)
        _print(f"{name} after a write", taken)


def draw(address: str, rounds: int) -> None:
    """Prints what the pages of the app take that list documents, drawn without a browser, over the same store."""
    os.environ["IBID_API_URL"] = address
    logging.disable()  # with the app comes a line for each request
    for name, page in {"the Library's page": _library, "the page Find": _find}.items():
        app = AppTest.from_function(page, default_timeout=600)  # seconds
        taken = list(_timed(app.run, rounds))
        if app.exception:
            raise SystemExit(f"{name} could not be drawn: {app.exception[0].message}")
        _print(name, taken)


def _library() -> None:
    from ui.browser.library.library_page import show
    from ui.browser.session import current_session

    current_session().refresh_collections()
    show()


def _find() -> None:
    from ui.browser.find.find_page import show
    from ui.browser.session import current_session

    current_session().refresh_collections()
    show()


def _print(name: str, taken: list[Taken]) -> None:
    clock, processor = ([getattr(one, kind) for one in taken] for kind in ("clock", "processor"))
    print(
        f"{name:37} first {clock[0]:7.1f} ms   median {statistics.median(clock):7.1f}   most {max(clock):7.1f}"
        f"   processor: first {processor[0]:7.1f}   median {statistics.median(processor):7.1f}"
    )


def _timed(request: Callable[[], object], rounds: int) -> Iterable[Taken]:
    for _ in range(rounds):
        start, start_processor = time.perf_counter(), time.process_time()
        reply = request()
        if isinstance(reply, httpx.Response):
            reply.raise_for_status()
        yield Taken(1000 * (time.perf_counter() - start), 1000 * (time.process_time() - start_processor))


if __name__ == "__main__":
    main()
