"""One answer from several vector stores: each document is cited where it stands, and rights hold for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.home.keys import Right, create_key
from kb.records import NO_FILTERS, Policy
from serving.several_collections import SeveralCatalogs, SeveralSearchers
from tests.serving.http_server import RunningServer, running_server
from tests.serving.library import HANDBOOK, LEAFLET, REGULATION, make_collection

REPORT = "How many days do students have to hand in the final report?"
DEPOSIT = "租赁期满后多少天内退还押金？"
TEXTS = {"handbook.txt": HANDBOOK, "条例.txt": REGULATION, "leaflet.txt": LEAFLET}


@contextmanager
def with_stores(home: Path) -> Iterator[RunningServer]:
    with running_server(home) as running:
        for name, documents, policy in (
            ("course", ["handbook.txt"], Policy.FLAG),
            ("租赁", ["条例.txt", "handbook.txt"], Policy.FLAG),
            ("clinic", ["leaflet.txt"], Policy.STRICT),
        ):
            texts = {document: TEXTS[document] for document in documents}
            make_collection(home, running.embedder, name, documents=texts, policy=policy).close()
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with with_stores(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    """For tests that change something."""
    with with_stores(tmp_path) as running:
        yield running


def ask(client: openai.OpenAI, question: str, *stores: str, **more: Any) -> Any:
    search = {"type": "file_search", "vector_store_ids": list(stores)}
    return client.responses.create(**{"model": "ibid", "input": question, "tools": [search], **more})


@pytest.mark.parametrize(
    ("question", "name", "store"),
    [(REPORT, "handbook.txt", "course"), (DEPOSIT, "条例.txt", "租赁")],
)
@pytest.mark.parametrize("stores", [("course", "租赁", "clinic"), ("clinic", "course", "租赁")])
def test_an_answer_cites_the_document_of_the_store_in_which_it_stands(
    server: RunningServer, question: str, name: str, store: str, stores: tuple[str, ...]
) -> None:
    response = ask(server.client(), question, *stores, include=["file_search_call.results"])
    assert response.ibid["status"] == "answered"
    assert response.ibid["collection"] == ", ".join(stores)
    (citation, *_) = response.ibid["citations"]
    assert (citation["document"], citation["collection"]) == (name, store)
    assert TEXTS[name][citation["start"] : citation["end"]] == citation["quote"]
    (annotation, *_) = response.output[1].content[0].annotations
    assert (annotation.filename, annotation.file_id) == (name, f"file-{citation['document_id'][:32]}")
    opened = server.http().get(f"/documents/{citation['document_id']}", params={"collection": citation["collection"]})
    assert opened.json()["name"] == name
    read = [(result.file_id, result.text) for result in response.output[0].results]
    assert len(set(read)) == len(read), "a document of two stores was read twice"


def test_a_stream_and_a_stored_response_tell_the_same(own_server: RunningServer) -> None:
    client = own_server.client()
    *_, last = ask(client, DEPOSIT, "course", "租赁", stream=True)
    again: Any = client.responses.retrieve(last.response.id, include=["file_search_call.results"])
    assert again.output_text == last.response.output_text
    assert {result.filename for result in again.output[0].results} >= {"条例.txt", "handbook.txt"}
    (cited, *_) = again.ibid["citations"]
    assert cited["standing"]["stands"]
    client.vector_stores.files.delete(f"file-{cited['document_id'][:32]}", vector_store_id="租赁")
    after: Any = client.responses.retrieve(last.response.id, include=["file_search_call.results"])
    assert after.ibid["citations"][0]["standing"]["state"] == "deleted"
    assert after.ibid["citations"][0]["standing"]["since"]
    assert {result.filename for result in after.output[0].results} == {"handbook.txt"}
    removal = own_server.http().get("/ibid/collections/租赁/removal").json()
    assert removal["past_answers"] == 0, "what it cited is gone"


def test_what_is_refused_was_looked_for_in_all_of_them(server: RunningServer) -> None:
    catalogs = [server.services.collections.catalog(name) for name in ("course", "clinic")]
    passages = sum(catalog.collection().passages for catalog in catalogs)
    response = ask(server.client(), "Who won the football world cup?", "course", "clinic")
    assert response.ibid["status"] == "refused"
    assert f"all {passages} passages" in response.output_text


def test_rights_are_checked_for_each_store(own_server: RunningServer) -> None:
    def client(only: list[str] | None) -> openai.OpenAI:
        return own_server.client(key=create_key(own_server.services.home, "test", [Right.ASK], only)[1])

    both, one = client(["course", "租赁"]), client(["course"])
    name = "a-conversation-that-nobody-guesses"
    response = ask(both, DEPOSIT, "course", "租赁", extra_body={"ibid": {"conversation": name}})
    assert response.ibid["status"] == "answered"
    for stream in (False, True):
        refused = []
        for store in ("租赁", "nowhere"):
            with pytest.raises(openai.NotFoundError) as caught:
                ask(one, DEPOSIT, "course", store, stream=stream)
            refused.append(str(caught.value.body).replace(store, "nowhere"))
        assert refused[0] == refused[1], "it tells which stores there are"
    told = [
        own_server.http(Authorization=f"Bearer {asker.api_key}").get(f"/ibid/history/{name}").status_code
        for asker in (both, one)
    ]
    assert told == [200, 404]


@pytest.mark.parametrize(
    ("stores", "status"),
    [([], 400), ([f"s{number}" for number in range(11)], 400), (["course, clinic"], 404), (["course", "nowhere"], 404)],
)
def test_stores_that_cannot_be_asked_together_are_refused(
    server: RunningServer, stores: list[str], status: int
) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(server.client(), REPORT, *stores)
    assert caught.value.status_code == status
    if status == 400:
        assert caught.value.param == "tools[0].vector_store_ids"


def test_a_model_of_one_collection_answers_from_no_others(server: RunningServer) -> None:
    with pytest.raises(openai.BadRequestError, match="answers from 'course'"):
        ask(server.client(), REPORT, "course", "clinic", model="ibid/course")


def test_together_they_are_as_strict_as_the_strictest_and_hold_each_document_once(server: RunningServer) -> None:
    opened = [server.services.collections.get(name) for name in ("course", "租赁", "clinic")]
    whole = SeveralCatalogs([one.catalog for one in opened])
    assert whole.collection().policy is Policy.STRICT
    assert SeveralCatalogs([one.catalog for one in opened[:2]]).collection().policy is Policy.FLAG
    found = SeveralSearchers([one.searcher for one in opened]).search(REPORT, k=4)
    assert len({hit.passage.id for hit in found.hits}) == len(found.hits) == 4
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
    with whole.snapshot() as snapshot:
        assert found.version == snapshot.version
        names = [entry.name for entry in snapshot.matching_documents(NO_FILTERS)]
    assert sorted(names) == ["handbook.txt", "leaflet.txt", "条例.txt"]
