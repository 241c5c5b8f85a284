"""The field `ibid` of a kept reply: what of it is kept, and what of it can still be told.

Where the passages stand that were read is kept, never their words: what has been deleted since is not shown again. What
is cited is kept with its words, as in every past answer, and told with what has become of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any

from kb.catalog import Snapshot
from kb.errors import NotFoundError
from kb.home.answers import get_answer
from kb.home.replies import KeptReply
from kb.home.withdrawals import standings_by_answer
from kb.records import DocumentEntry, collections_named
from serving.answer_json import standing_as_json
from serving.http.state import Services

Json = dict[str, Any]


def answer_to_keep(answer: Json) -> Json:
    """An answer without the words of the passages that were read and of the sentences that were withheld."""
    return {
        **answer,
        "looked_at": [{**hit, "text": ""} for hit in answer["looked_at"]],
        "withheld": [{key: told for key, told in one.items() if key != "text"} for one in answer["withheld"]],
    }


def answer_again(services: Services, reply: KeptReply) -> Json:
    """A kept answer, its citations with what has become of them, its passages as far as they still stand."""
    answer: Json = reply.body["ibid"]
    hits = [hit for hit, _ in hits_still_there(services, reply)]
    if reply.answer is None:
        return {**answer, "looked_at": hits}
    past = get_answer(services.home, reply.answer)
    standings = standings_by_answer(services.home, [past])[past.number]
    citations = [
        {**citation, "standing": standing_as_json(standing)}
        for citation, standing in zip(answer["citations"], standings, strict=True)
    ]
    return {**answer, "looked_at": hits, "citations": citations}


def hits_still_there(services: Services, reply: KeptReply) -> list[tuple[Json, DocumentEntry]]:
    """The passages that were read, with their words and documents; those whose document is gone are left out."""
    with ExitStack() as held:
        snapshots = {name: _opened(services, name, held) for name in collections_named(reply.collection)}
        return list(_read_again(snapshots, reply))


def _opened(services: Services, name: str, held: ExitStack) -> Snapshot | None:
    with suppress(NotFoundError):
        return held.enter_context(services.collections.catalog(name).snapshot())
    return None


def _read_again(snapshots: Mapping[str, Snapshot | None], reply: KeptReply) -> Iterator[tuple[Json, DocumentEntry]]:
    for hit in reply.body["ibid"]["looked_at"]:
        snapshot = snapshots.get(hit.get("collection") or reply.collection)
        if snapshot is not None and snapshot.has_document(hit["document_id"]):
            text = snapshot.text_between(hit["document_id"], hit["start"], hit["end"])
            yield {**hit, "text": text}, snapshot.entry(hit["document_id"])
