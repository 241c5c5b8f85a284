"""A scripted server of the shapes that the real one speaks, on a port of its own, with canned documents and answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, UploadFile
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.ui.browser.fake_answers import HOSTILE, answer_to, hostile_document, stream_of
from tests.ui.browser.fake_checks import FakeChecks, add_checks
from tests.ui.browser.fake_documents import FakeDocument, example_documents, page_png
from tests.ui.browser.fake_files import FakeFiles, add_listing, entry

SEAL = "5ea1" * 16  # on every answer that is not kept


@dataclass
class FakeState:
    """What the server holds, and what it was asked."""

    documents: dict[str, list[FakeDocument]] = field(default_factory=dict)
    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)  # "flag" where none is given
    titles: dict[str, str] = field(default_factory=dict)  # the collection's name where none is given
    uploads: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    searched: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # answers by conversation
    seals: bool = True  # whether answers that are not kept can be kept after all
    looks: int = 0  # at collections
    checks: FakeChecks = field(default_factory=FakeChecks)  # what the page Check asks for
    refuses: int = 0  # the status with which every request is refused; 0 for none
    pause: float = 0.0  # seconds between two sentences
    holding: bool = False  # whether answers stop after their first sentence, until this is over
    first_sent: float = 0.0  # when the first sentence of the latest answer went out, seconds since 1970
    complaint: str = ""  # what a question with "complain" in it is told

    def find(self, collection: str, document_id: str) -> FakeDocument | None:
        held = self.documents.get(collection, [])
        return next((item for item in held if document_id in (item.id, item.file_id)), None)


def fake_app(state: FakeState) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def refuse(request: Request, proceed: Any) -> Any:
        return _error(state.refuses, "no") if state.refuses else await proceed(request)

    _add_collections(app, state)
    files = FakeFiles(state.documents, state.jobs)
    _add_files(app, state, files)
    add_listing(app, files)
    _add_documents(app, state)
    _add_chat(app, state)
    _add_check(app, state)
    _add_search(app, state)
    _add_history(app, state)
    add_checks(app, state.checks, state.kept)
    return app


def _error(status: int, message: str) -> JSONResponse:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    return JSONResponse(body, status)


def _store(state: FakeState, name: str) -> dict[str, Any]:
    counts = {"completed": len(state.documents[name]), "in_progress": 0, "failed": 0, "cancelled": 0}
    state.looks += 1
    more = {"policy": state.policies.get(name, "flag")}
    return {
        "id": name,
        "object": "vector_store",
        "name": state.titles.get(name, name),
        "file_counts": counts,
        "created_at": 0,
        "ibid": more,
    }


def _add_collections(app: FastAPI, state: FakeState) -> None:
    @app.get("/v1/vector_stores")
    def stores(limit: int = 20, after: str = "") -> dict[str, Any]:
        names = [name for name in state.documents if name > after or not after]
        data = [_store(state, name) for name in sorted(names)][:limit]
        return {
            "object": "list",
            "data": data,
            "has_more": len(names) > limit,
            "last_id": data[-1]["id"] if data else None,
        }

    @app.get("/v1/vector_stores/{name}")
    def store(name: str) -> Response:
        return JSONResponse(_store(state, name)) if name in state.documents else _error(404, f"no collection {name!r}")

    @app.get("/ibid/collections/{name}/removal")
    def removal(name: str, document_id: str = "") -> Response:
        if name not in state.documents:
            return _error(404, f"no collection {name!r}")
        gone = [item for item in state.documents[name] if document_id in ("", item.id)]
        size = sum(len(item.text) for item in gone)
        return JSONResponse({"documents": len(gone), "passages": 12 * len(gone), "bytes": size, "past_answers": 0})

    @app.post("/v1/vector_stores")
    async def create(request: Request) -> Response:
        name = (await request.json())["name"]
        if "/" in name:
            return _error(400, f"the name {name!r} cannot be used: it holds a slash")
        state.documents.setdefault(name, [])
        return JSONResponse(_store(state, name))


def _add_files(app: FastAPI, state: FakeState, files: FakeFiles) -> None:
    @app.post("/v1/files")
    async def upload(file: UploadFile) -> Response:
        content = await file.read()
        if not content:
            return _error(400, f"{file.filename} is empty")
        file_id = f"file-{len(state.uploads):032x}"
        state.uploads[file_id] = file.filename or ""
        return JSONResponse({"id": file_id, "object": "file", "filename": file.filename, "bytes": len(content)})

    @app.post("/v1/vector_stores/{name}/files")
    async def attach(name: str, request: Request) -> Response:
        file_id = (await request.json())["file_id"]
        if name not in state.documents:
            return _error(404, f"no collection {name!r}")
        job = entry(file_id, state.uploads[file_id], "in_progress", stage="waiting", progress=0.0)
        state.jobs.setdefault(name, []).append(job)
        return JSONResponse(job)

    @app.delete("/v1/vector_stores/{name}/files/{file_id}")
    def delete(name: str, file_id: str) -> Response:
        state.documents[name] = [item for item in state.documents[name] if item.file_id != file_id]
        state.jobs[name] = [item for item in state.jobs.get(name, []) if item["id"] != file_id]
        return JSONResponse({"id": file_id, "object": "vector_store.file.deleted", "deleted": True})


def _add_documents(app: FastAPI, state: FakeState) -> None:
    @app.get("/documents/{document_id}")
    def document(document_id: str, collection: str, start: int = -1, end: int = -1) -> Response:
        found = state.find(collection, document_id)
        if found is None:
            return _error(404, "no such document")
        body: dict[str, Any] = {
            "id": found.id,
            "name": found.name,
            "title": found.title,
            "media_type": found.media_type,
            "language": found.language,
            "pages": len(found.pages) if found.paged else 0,
            "passages": 12,
            "headings": found.outline(),
            "warnings": [],
        }
        if start >= 0:
            first, last = max(0, start - 600), min(len(found.text), end + 600)
            body["context"] = {"start": first, "end": last, "text": found.text[first:last]}
        return JSONResponse(body)

    @app.get("/documents/{document_id}/file")
    def original(document_id: str, collection: str) -> Response:
        found = state.find(collection, document_id)
        if found is None:
            return _error(404, "no such document")
        return Response(found.text.encode(), media_type="application/octet-stream")

    @app.get("/documents/{document_id}/pages/{number}.png")
    def page(document_id: str, number: int, collection: str, highlight: str = "0-0", width: int = 1200) -> Response:
        found = state.find(collection, document_id)
        if found is None:
            return _error(404, "no such document")
        start, end = map(int, highlight.split("-"))
        return Response(page_png(found, number, start, end, width), media_type="image/png")


def _add_chat(app: FastAPI, state: FakeState) -> None:
    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body = await request.json()
        state.asked.append(body)
        question = body["messages"][-1]["content"]
        if "complain" in question:
            return _error(400, state.complaint)
        if "overloaded" in question:
            return _error(503, "all places are taken")
        answer = answer_to(question, body["model"].removeprefix("ibid/"))
        if body.get("store"):
            kept = state.kept.setdefault(body["ibid"]["conversation"], [])
            kept.append({"number": len(kept) + 1, "asked": question, "answer": answer | {"looked_at": []}})
        elif state.seals:
            answer |= {"seal": SEAL}
        parts = _noted(stream_of(answer, question, state.pause), state)
        return StreamingResponse(parts, media_type="text/event-stream")


def _noted(parts: Iterator[str], state: FakeState) -> Iterator[str]:
    """The parts of a stream; when the first sentence goes out is noted."""
    state.first_sent = 0.0
    for part in parts:
        if '"claim"' in part and not state.first_sent:
            state.first_sent = time.time()
        yield part
        while state.holding and state.first_sent:
            time.sleep(0.02)


def _add_check(app: FastAPI, state: FakeState) -> None:
    @app.post("/ibid/citations/check")
    async def check(request: Request) -> Response:
        body = await request.json()
        found = [state.find(body["collection"], item["document_id"]) for item in body["citations"]]
        nothing = {"since": None, "replacement": None}
        states = ["deleted" if document is None else "stands" for document in found]
        return JSONResponse({"citations": [{"state": one, "stands": one == "stands", **nothing} for one in states]})


def _add_search(app: FastAPI, state: FakeState) -> None:
    @app.post("/v1/vector_stores/{name}/search")
    async def search(name: str, request: Request) -> Response:
        """Paragraphs that hold one of the words; of the filters, those on the kind, the language and the document."""
        body = await request.json()
        state.searched.append(body)
        if name not in state.documents:
            return _error(404, f"no collection {name!r}")
        words = body["query"].casefold().split()
        chosen = {item["key"]: item["value"] for item in (body.get("filters") or {"filters": []})["filters"]}
        kept = [
            document
            for document in state.documents[name]
            if document.media_type in chosen.get("media_type", [document.media_type])
            and document.language in chosen.get("language", [document.language])
            and document.id in chosen.get("document_id", [document.id])
        ]
        hits = [
            document.hit(number, paragraph)
            for document in kept
            for number, paragraph in enumerate(document.text.split("\n\n"), 1)
            if any(word in paragraph.casefold() for word in words)
        ]
        return JSONResponse({"data": [{"ibid": hit} for hit in hits[: body["max_num_results"]]]})


def _add_history(app: FastAPI, state: FakeState) -> None:
    @app.get("/ibid/history/{name}")
    def read(name: str) -> Response:
        if name not in state.kept:
            return _error(404, "no such conversation")
        return JSONResponse({"conversation": name, "answers": state.kept[name]})

    @app.post("/ibid/history/{name}")
    async def keep(name: str, request: Request) -> Response:
        body = await request.json()
        if body["answer"].get("seal") != SEAL:
            return _error(400, "this cannot be kept")
        kept = state.kept.setdefault(name, [])
        kept.append({"number": 900 + len(state.kept), "asked": body["asked"], "answer": body["answer"]})
        return JSONResponse(kept[-1])

    @app.delete("/ibid/history/{name}")
    def forget(name: str) -> Response:
        return JSONResponse({"deleted": len(state.kept.pop(name, []))})


@contextmanager
def serving(state: FakeState, port: int = 0) -> Iterator[str]:
    """Serves `state` on this port, a free one where none is given; gives the base URL."""
    # Says that it is TCP: otherwise asyncio holds back each reply for 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = uvicorn.Server(
        uvicorn.Config(fake_app(state), log_level="warning", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()


def full_state(pause: float = 0.0) -> FakeState:
    """A server with documents in the default collection, one hostile collection and one without documents."""
    return FakeState({"default": list(example_documents()), "empty": [], HOSTILE[1]: [hostile_document()]}, pause=pause)


if __name__ == "__main__":
    with serving(full_state(pause=0.8)) as url:
        print(url, flush=True)
        threading.Event().wait()
