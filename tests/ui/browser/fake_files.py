"""The files of the fake server's collections: documents, and files that come one stage on with each look."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.ui.browser.fake_documents import FakeDocument

STAGES = ("waiting", "parsing", "splitting", "embedding", "storing")
PAGE_DAMAGED = {"code": "page_damaged", "message": "page 3 is damaged and was left out", "values": {"page": "3"}}
_ATTENTION = {"in_progress": 0, "failed": 1, "cancelled": 1, "completed": 2}


class FakeFiles:
    """The files of each collection.

    Args:
        documents: that the server holds, by collection.
        jobs: the files on their way in, by collection.
    """

    def __init__(self, documents: dict[str, list[FakeDocument]], jobs: dict[str, list[dict[str, Any]]]) -> None:
        self._documents = documents
        self._jobs = jobs

    def __contains__(self, name: str) -> bool:
        return name in self._documents

    def look(self, name: str) -> list[dict[str, Any]]:
        """All files, after every job has come a stage on."""
        for job in self._jobs.get(name, []):
            _advance(job)
        return [*self._jobs.get(name, []), *map(_document_entry, self._documents[name])]

    def ready(self, name: str) -> list[dict[str, Any]]:
        """The files that can be searched."""
        jobs = [job for job in self._jobs.get(name, []) if job["status"] == "completed"]
        return [*jobs, *map(_document_entry, self._documents[name])]


def add_listing(app: FastAPI, files: FakeFiles) -> None:
    """The routes by which a collection is looked through."""

    @app.get("/ibid/collections/{name}/documents")
    def documents(
        name: str, words: str = "", state: str = "", order: str = "attention", first: int = 0, limit: int = 50
    ) -> Response:
        if name not in files:
            return _missing(name)
        held = files.look(name)
        found = sorted(_holding(held, words), key=_title)
        if state:
            found = [file for file in found if file["status"] in (state, "cancelled" if state == "failed" else state)]
        if order == "attention":
            found.sort(key=lambda file: _ATTENTION[file["status"]])
        elif order != "title":
            found.sort(key=lambda file: -file["created_at" if order == "newest" else "usage_bytes"])
        counts = {status: sum(file["status"] == status for file in held) for status in _ATTENTION}
        return JSONResponse({"data": found[first : first + limit], "total": len(found), "counts": counts})

    @app.get("/ibid/collections/{name}/filters")
    def filters(name: str, words: str = "", limit: int = 200) -> Response:
        if name not in files:
            return _missing(name)
        ready = sorted(files.ready(name), key=_title)
        found = _holding(ready, words)
        told = [file["ibid"] for file in ready]
        return JSONResponse(
            {
                "kinds": sorted({more["media_type"] for more in told if more.get("media_type")}),
                "tags": [],
                "languages": sorted({more["language"] for more in told if more.get("language")}),
                "documents": [
                    {"id": more["document_id"], "name": more["name"], "title": more["title"]}
                    for more in (file["ibid"] for file in found[:limit])
                    if more.get("document_id")
                ],
                "total": len(found),
            }
        )

    @app.post("/ibid/collections/{name}/held")
    async def held(name: str, request: Request) -> Response:
        if name not in files:
            return _missing(name)
        asked = await request.json()
        ready = [file["ibid"] for file in files.ready(name)]
        ids, names = {more.get("document_id") for more in ready}, {more["name"].rpartition("/")[2] for more in ready}
        return JSONResponse(
            {
                "ids": [wanted for wanted in asked.get("ids", []) if wanted in ids],
                "names": [wanted for wanted in asked.get("names", []) if wanted in names],
            }
        )


def entry(file_id: str, name: str, status: str, **more: Any) -> dict[str, Any]:
    """A file of a vector store."""
    return {
        "id": file_id,
        "object": "vector_store.file",
        "status": status,
        "last_error": None,
        "created_at": 0,
        "usage_bytes": 1000,
        "ibid": {"name": name, "title": "", "reason": "", "pages": 0, "passages": 0, **more},
    }


def _document_entry(document: FakeDocument) -> dict[str, Any]:
    return entry(
        document.file_id,
        document.name,
        "completed",
        title=document.title,
        stage="done",
        progress=1.0,
        pages=len(document.pages) if document.paged else 0,
        passages=12,
        media_type=document.media_type,
        document_id=document.id,
        language=document.language,
        warning_details=[PAGE_DAMAGED] if document.name.endswith("handbook.pdf") else [],
    )


def _advance(job: dict[str, Any]) -> None:
    """Each look moves a job one stage on. A name with "broken" in it fails while it is read, "endless" never ends.

    One with "creeping" in it never ends either, and is a little further at each look.
    """
    more = job["ibid"]
    if "creeping" in more["name"]:
        more |= {"stage": "embedding", "progress": min(more["progress"] + 0.01, 0.99)}
        return
    if job["status"] != "in_progress" or "endless" in more["name"]:
        return
    if more["stage"] == "parsing" and "broken" in more["name"]:
        job |= {"status": "failed", "last_error": {"code": "invalid_file", "message": "the file is damaged"}}
        more["reason"] = "the file is damaged: its table of contents points outside it"
        return
    following = STAGES.index(more["stage"]) + 1
    if following < len(STAGES):
        more |= {"stage": STAGES[following], "progress": following / len(STAGES)}
    else:
        job["status"] = "completed"
        more |= {"stage": "done", "progress": 1.0, "passages": 7, "title": more["name"].rsplit(".", 1)[0]}


def _holding(files: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    wanted = words.casefold().split()
    searched = ((file, f"{_title(file)}\n{file['ibid']['name']}".casefold()) for file in files)
    return [file for file, text in searched if all(word in text for word in wanted)]


def _title(file: dict[str, Any]) -> str:
    return str(file["ibid"]["title"] or file["ibid"]["name"]).casefold()


def _missing(name: str) -> JSONResponse:
    message = f"no collection {name!r}"
    return JSONResponse(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}, 404
    )
