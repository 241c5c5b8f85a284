"""The passages that were read, as results of a file search: as they were found, or as they still stand today.

A stored response keeps where its passages stand, never their words: what has been deleted since is not shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.catalog import Catalog
from kb.home.files import file_id_of
from kb.records import Hit

Json = dict[str, Any]


def results_of(hits: Sequence[Hit]) -> list[Json]:
    """Hits as results."""
    return [
        _result(hit.document.id, hit.document.name, hit.score, dict(hit.document.metadata), hit.passage.text)
        for hit in hits
    ]


def without_words(body: Json) -> Json:
    """A response to keep: the places of what was read, without the words, and nothing that was withheld."""
    answer = body["ibid"]
    kept = {
        **answer,
        "looked_at": [{**hit, "text": ""} for hit in answer["looked_at"]],
        "withheld": [{key: told for key, told in one.items() if key != "text"} for one in answer["withheld"]],
    }
    output = [{**item, "results": None} if item["type"] == "file_search_call" else item for item in body["output"]]
    return {**body, "output": output, "ibid": kept}


def with_words(body: Json, catalog: Catalog | None) -> Json:
    """A kept response with the words of those passages that still stand in the collection; the others are left out."""
    if "ibid" not in body:
        return body
    hits, results = [], []
    if catalog is not None:
        with catalog.snapshot() as snapshot:
            for hit in body["ibid"]["looked_at"]:
                document_id = hit["document_id"]
                if not snapshot.has_document(document_id):
                    continue
                text = snapshot.text_between(document_id, hit["start"], hit["end"])
                metadata = dict(snapshot.entry(document_id).metadata)
                hits.append({**hit, "text": text})
                results.append(_result(document_id, hit["document"], hit["score"], metadata, text))
    output = [{**item, "results": results} if item["type"] == "file_search_call" else item for item in body["output"]]
    return {**body, "output": output, "ibid": {**body["ibid"], "looked_at": hits}}


def _result(document_id: str, name: str, score: float, attributes: dict[str, str], text: str) -> Json:
    return {
        "file_id": file_id_of(document_id),
        "filename": name,
        "score": score,
        "attributes": attributes,
        "text": text,
    }
