"""Batches of requests through the official client, worked off by the real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.home.batches import Result, add_batch, note_results
from kb.home.home import Home
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import running_server, wait_until

CHAT = "/v1/chat/completions"
REPORT = "How many days do students have to hand in the final report?"
DEPOSIT = "租赁期满后多少天内退还押金？"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running.client()


def line(custom_id: str, body: dict[str, Any], url: str = CHAT) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body}


def question(custom_id: str, text: str, **more: Any) -> dict[str, Any]:
    return line(custom_id, {"model": "ibid", "messages": [{"role": "user", "content": text}], **more})


def upload(client: openai.OpenAI, lines: Sequence[dict[str, Any] | str]) -> str:
    text = "\n".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in lines)
    return client.files.create(file=("requests.jsonl", text.encode()), purpose="batch").id


def worked_off(client: openai.OpenAI, batch_id: str) -> Any:
    wait_until(lambda: client.batches.retrieve(batch_id).status in {"completed", "failed", "cancelled"}, 20)
    return client.batches.retrieve(batch_id)


def read(client: openai.OpenAI, file_id: str) -> dict[str, dict[str, Any]]:
    written = map(json.loads, client.files.content(file_id).text.splitlines())
    return {one["custom_id"]: one for one in written}


def test_every_line_is_answered_as_a_request_of_its_own(client: openai.OpenAI) -> None:
    lines = [question("en", REPORT), question("中文", DEPOSIT), question("wrong", REPORT, n=3)]
    batch = client.batches.create(
        input_file_id=upload(client, lines), endpoint=CHAT, completion_window="24h", metadata={"课程": "INF 342"}
    )
    assert batch.status == "validating"
    ended = worked_off(client, batch.id)
    assert ended.status == "completed"
    assert (ended.request_counts.total, ended.request_counts.completed, ended.request_counts.failed) == (3, 2, 1)
    assert ended.created_at <= ended.in_progress_at <= ended.completed_at <= ended.expires_at
    assert ended.metadata == {"课程": "INF 342"}
    answers = {name: one["response"] for name, one in read(client, ended.output_file_id).items()}
    assert {name: one["status_code"] for name, one in answers.items()} == {"en": 200, "中文": 200}
    asked_alone = client.chat.completions.create(model="ibid", messages=[{"role": "user", "content": REPORT}])
    assert answers["en"]["body"]["choices"][0]["message"]["content"] == asked_alone.choices[0].message.content
    assert "三十日" in answers["中文"]["body"]["choices"][0]["message"]["content"]
    (failed,) = read(client, ended.error_file_id).values()
    assert (failed["custom_id"], failed["response"]["status_code"]) == ("wrong", 400)
    assert failed["response"]["body"]["error"]["param"] == "n"


def test_files_of_a_batch_stay_as_long_as_was_asked_for(client: openai.OpenAI) -> None:
    lines = [question("中文", DEPOSIT), question("wrong", REPORT, n=3)]
    batch = client.batches.create(
        input_file_id=upload(client, lines),
        endpoint=CHAT,
        completion_window="24h",
        output_expires_after={"anchor": "created_at", "seconds": 3600},
    )
    ended = worked_off(client, batch.id)
    for file_id in (ended.output_file_id, ended.error_file_id):
        file = client.files.retrieve(file_id)
        assert file.expires_at is not None
        assert abs(file.expires_at - file.created_at - 3600) <= 1
    for wrong in ({"anchor": "created_at", "seconds": 3599}, {"anchor": "created_at", "seconds": 2_592_001}, {}):
        with pytest.raises(openai.BadRequestError, match="output_expires_after"):
            client.batches.create(
                input_file_id=batch.input_file_id,
                endpoint=CHAT,
                completion_window="24h",
                output_expires_after=wrong,  # type: ignore[arg-type]
            )


def test_embeddings_may_be_asked_for_too(client: openai.OpenAI) -> None:
    url = "/v1/embeddings"
    lines = [line("one", {"model": "ibid-embedding", "input": "final report"}, url)]
    batch = client.batches.create(input_file_id=upload(client, lines), endpoint=url, completion_window="24h")
    (answered,) = read(client, worked_off(client, batch.id).output_file_id).values()
    assert answered["response"]["body"]["data"][0]["embedding"]


def test_a_file_that_cannot_be_worked_off_says_which_lines_are_wrong(client: openai.OpenAI) -> None:
    lines = [
        question("a", REPORT),
        "no JSON",
        question("a", REPORT),
        line("b", {}, "/v1/embeddings"),
        question("c", REPORT, stream=True),
        {**question("d", REPORT), "method": "GET"},
        '{"custom_id": "e", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "\\ud800"}}',
    ]
    batch = client.batches.create(input_file_id=upload(client, lines), endpoint=CHAT, completion_window="24h")
    failed = worked_off(client, batch.id)
    assert failed.status == "failed"
    assert [(error.line, error.code) for error in failed.errors.data] == [
        (2, "invalid_json_line"),
        (3, "duplicate_custom_id"),
        (4, "mismatched_url"),
        (5, "stream_not_supported"),
        (6, "invalid_method"),
        (7, "invalid_json_line"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\n \n", "empty_file"), ("押金".encode("gb18030"), "invalid_file"), (b"[]", "invalid_json_line")],
)
def test_a_file_of_something_else_fails(client: openai.OpenAI, content: bytes, code: str) -> None:
    file_id = client.files.create(file=("x.jsonl", content), purpose="batch").id
    batch = client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h")
    assert worked_off(client, batch.id).errors.data[0].code == code


def test_what_cannot_be_a_batch_is_refused_at_once(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="endpoint must be one of"):
        client.batches.create(input_file_id="file-1", endpoint="/v1/moderations", completion_window="24h")
    with pytest.raises(openai.NotFoundError, match="file-1"):
        client.batches.create(input_file_id="file-1", endpoint=CHAT, completion_window="24h")
    with pytest.raises(openai.NotFoundError, match="batch_nowhere"):
        client.batches.cancel("batch_nowhere")


def test_batches_are_listed_page_by_page(client: openai.OpenAI) -> None:
    file_id = upload(client, [question("a", REPORT)])
    made = [client.batches.create(input_file_id=file_id, endpoint=CHAT, completion_window="24h").id for _ in range(3)]
    walked = [batch.id for batch in client.batches.list(limit=1)]
    assert set(made) <= set(walked)
    assert len(walked) == len(set(walked))
    for batch_id in made:
        worked_off(client, batch_id)


class Waiting(ScriptedChatModel):
    """A model that begins to answer when it is let."""

    def __init__(self) -> None:
        super().__init__(["Students must hand in the final report within fourteen days [1]."] * 50)
        self.asked = threading.Semaphore(0)
        self.let = threading.Event()

    def stream(self, *arguments: Any, **more: Any) -> Any:
        self.asked.release()
        self.let.wait(20)
        return super().stream(*arguments, **more)


def test_a_batch_that_is_cancelled_keeps_what_is_done_and_says_what_is_not(tmp_path: Path) -> None:
    model = Waiting()
    with running_server(tmp_path, model=model) as running:
        client = running.client()
        lines = [question(f"q{number}", REPORT) for number in range(12)]
        batch = client.batches.create(input_file_id=upload(client, lines), endpoint=CHAT, completion_window="24h")
        for _ in range(4):
            assert model.asked.acquire(timeout=20)
        assert client.batches.cancel(batch.id).status == "cancelling"
        model.let.set()
        ended = worked_off(client, batch.id)
        assert ended.status == "cancelled"
        assert ended.request_counts.completed + ended.request_counts.failed == 12
        told = read(client, ended.error_file_id)
        assert told["q11"]["error"]["code"] == "batch_cancelled"
        assert told["q11"]["response"] is None
        assert client.batches.cancel(batch.id).status == "cancelled"


def test_what_an_earlier_server_left_is_gone_on_with_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        file_id = upload(running.client(), [question("a", REPORT), question("b", DEPOSIT)])
    home = Home(tmp_path)
    left = add_batch(home, CHAT, file_id)
    earlier = {"id": "batch_req_1", "custom_id": "a", "response": {"status_code": 200, "body": "kept"}, "error": None}
    note_results(home, left.id, [Result(1, worked=True, written=json.dumps(earlier))])
    home.close()
    with running_server(tmp_path) as running:
        client = running.client()
        written = read(client, worked_off(client, left.id).output_file_id)
    assert written["a"] == earlier
    assert written["b"]["response"]["status_code"] == 200
