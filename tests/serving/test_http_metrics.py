"""What GET /metrics tells, read as Prometheus reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.home.jobs import add_job
from kb.records import Policy
from kb.settings import ModelSettings
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.library import make_collection
from tests.serving.model_server import Reply, model_server

QUESTION = "When must the final report be handed in?"
CHINESE = "承租人应当在多少日内提出异议？"

Samples = dict[str, float]


def metrics_of(server: RunningServer) -> Samples:
    """Every sample by its name with its labels, written as Prometheus writes them."""
    response = server.http().get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    samples: Samples = {}
    for family in text_string_to_metric_families(response.text):
        assert family.documentation
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return samples


def ask(server: RunningServer, question: str, model: str = "ibid") -> None:
    body = {"model": model, "messages": [{"role": "user", "content": question}]}
    server.http().post("/v1/chat/completions", json=body)


def test_answers_are_counted_by_how_they_ended_and_timed_by_stage(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        assert metrics_of(server)["ibid_answers_total{status=answered}"] == 0
        for question in (QUESTION, CHINESE, "Who won the football world cup?"):
            ask(server, question)
        wait_until(lambda: metrics_of(server)["ibid_answers_in_progress"] == 0)
        told = metrics_of(server)
    assert told["ibid_answers_total{status=answered}"] == 2
    assert told["ibid_answers_total{status=refused}"] == 1
    assert told["ibid_answers_total{status=failed}"] == 0
    assert told["ibid_sentences_total{verdict=supported}"] >= 2
    for stage in ("understanding", "search", "checking", "first_claim", "total"):
        assert told[f"ibid_answer_stage_seconds_count{{stage={stage}}}"] >= 2
    assert told["ibid_answer_stage_seconds_sum{stage=total}"] > told["ibid_answer_stage_seconds_sum{stage=search}"] > 0
    assert told["ibid_search_seconds_count"] == 3
    assert told["ibid_search_part_seconds_total{part=lexical}"] > 0
    assert told["ibid_tokens_total{kind=prompt}"] > 0
    assert told["ibid_tokens_total{kind=completion}"] > 0


def test_a_models_first_token_is_told_from_its_reply(tmp_path: Path) -> None:
    pieces = ("The report is due ", "within fourteen days ", "after the last lecture [1].")
    with model_server(Reply(pieces, wait_before=0.3, gap=0.2)) as scripted:
        model = OpenAICompatibleModel(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model) as server:
            ask(server, QUESTION)
            told = metrics_of(server)
    first = told["ibid_answer_stage_seconds_sum{stage=first_token}"]
    whole = told["ibid_answer_stage_seconds_sum{stage=model}"]
    assert first >= 0.3
    assert whole >= first + 0.4
    assert told["ibid_answer_stage_seconds_count{stage=checking}"] == 1


def test_failed_and_cancelled_are_told_apart(tmp_path: Path) -> None:
    pieces = tuple(f"Piece {number} of the reply is longer than a word. " for number in range(100))
    with model_server(Reply(("Half a sentence",), ending="cut"), Reply(pieces, gap=0.2)) as scripted:
        model = OpenAICompatibleModel(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model) as server:
            ask(server, QUESTION)
            body = {"model": "ibid", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
            with server.http().stream("POST", "/v1/chat/completions", json=body) as response:
                wait_until(lambda: metrics_of(server)["ibid_answers_in_progress"] == 1)
                response.close()
            wait_until(lambda: metrics_of(server)["ibid_answers_total{status=cancelled}"] == 1)
            told = metrics_of(server)
    assert told["ibid_answers_total{status=failed}"] == 1
    assert told["ibid_answers_in_progress"] == 0


def test_what_a_strict_collection_withholds_is_counted(tmp_path: Path) -> None:
    wrong = "The report is due within ninety days after the last lecture [1]. "
    right = "Late reports lose 5% a day [1]."
    with model_server(Reply((wrong, right))) as scripted:
        model = OpenAICompatibleModel(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model) as server:
            make_collection(tmp_path, server.embedder, "strict", policy=Policy.STRICT).close()
            ask(server, QUESTION, "ibid/strict")
            told = metrics_of(server)
    assert told["ibid_withheld_sentences_total{verdict=contradicted}"] == 1
    assert told["ibid_sentences_total{verdict=supported}"] == 1


def test_requests_are_counted_by_route_never_by_path(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = server.http()
        client.get("/v1/models/ibid")
        client.get("/v1/files/file-SECRET")
        client.get("/SECRET")
        client.request("SECRET", "/health")
        client.get("/health", headers={"Host": "SECRET.example"})
        text = client.get("/metrics").text
        told = metrics_of(server)
    assert "SECRET" not in text
    assert told["ibid_http_requests_total{method=GET,route=/v1/models/{model:path},status=200}"] == 1
    assert told["ibid_http_requests_total{method=GET,route=/v1/files/{file_id},status=404}"] == 1
    assert told["ibid_http_requests_total{method=GET,route=unmatched,status=404}"] == 1
    assert told["ibid_http_request_seconds_count{method=GET,route=/v1/models/{model:path}}"] == 1


def test_what_is_stored_and_what_waits_is_looked_up(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        make_collection(tmp_path, server.embedder, "Mueller-versus-Maier").close()
        add_job(server.services.home, "default", "diagnosis-of-mueller.pdf", "0" * 64)
        ask(server, QUESTION)
        told = metrics_of(server)
    assert told["ibid_collections"] == 2
    assert told["ibid_documents"] == 6
    assert told["ibid_passages"] == 20
    assert told["ibid_index_cache_bytes"] > 0
    assert told["ibid_ingestion_jobs{state=queued}"] == 1
    assert told["ibid_ingestion_jobs{state=running}"] == 0
    assert told["ibid_answer_places"] == 128
    assert told["ibid_disk_free_bytes"] > 0
    assert [name for name in told if name.startswith("ibid_build_info{")]
    assert "ueller" not in " ".join(told)


@pytest.mark.parametrize("times", [1, 3])
def test_a_search_is_counted_with_its_parts(tmp_path: Path, times: int) -> None:
    with running_server(tmp_path) as server:
        for _ in range(times):
            server.http().post("/v1/vector_stores/default/search", json={"query": QUESTION})
        told = metrics_of(server)
    assert told["ibid_search_seconds_count"] == times
    assert told["ibid_search_part_seconds_total{part=embed}"] > 0
