"""A collection's own questions over HTTP: what is written there is what `ibid eval -c NAME` reads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kb.home.keys import Right, create_key
from kb.questions import evaluation_folder, find_questions, read_questions
from tests.serving.http_server import RunningServer, running_server

PATH = "/ibid/collections/default/questions"
FEE = {
    "question": "What is the fee for a resit?",
    "answers": ["40 euros"],
    "document": "handbook.txt",
    "tags": ["course"],
}
DEPOSIT = {"question": "出租人应当在多少日内退还押金？", "answers": ["三十日"], "page": None}
PAINTER = {"question": "Who painted the ceiling?", "must_refuse": True}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        yield running


def read(server: RunningServer) -> dict[str, Any]:
    reply = server.http().get(PATH)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def put(server: RunningServer, **body: Any) -> Any:
    return server.http().put(PATH, json={"version": read(server)["version"], **body})


def complaint(reply: Any) -> str:
    assert reply.status_code == 400, reply.text
    return str(reply.json()["error"]["message"])


def test_a_collection_begins_without_questions(server: RunningServer) -> None:
    assert (read(server)["questions"], read(server)["version"]) == ([], "")


def test_rows_become_the_file_that_the_command_reads(server: RunningServer) -> None:
    stored = put(server, questions=[FEE, DEPOSIT, PAINTER]).json()
    assert [row["question"] for row in stored["questions"]] == [
        FEE["question"],
        DEPOSIT["question"],
        PAINTER["question"],
    ]
    fee, deposit, painter = read_questions(find_questions(server.settings.home, "default"))
    assert (fee.answers, fee.document, fee.tags) == (("40 euros",), "handbook.txt", ("course",))
    assert deposit.answers == ("三十日",)
    assert painter.must_refuse
    assert read(server) == stored


def test_text_is_stored_with_its_remarks(server: RunningServer) -> None:
    text = "# What students ask\n- question: What is the fee?\n  answer: 40 euros\n"
    assert put(server, text=text).status_code == 200
    assert read(server)["text"] == text
    assert find_questions(server.settings.home, "default").read_text(encoding="utf-8") == text


def test_wrong_lines_and_rows_are_named_and_nothing_is_stored(server: RunningServer) -> None:
    put(server, questions=[FEE])
    before = read(server)
    told = complaint(
        put(server, text="- question: When?\n  answer: now\n- question: 谁？\n  page: zero\n  anwser: x\n")
    )
    assert "line 4: page is 'zero'" in told
    assert "line 5: unknown key 'anwser'" in told
    rows = complaint(put(server, questions=[FEE, FEE, {"question": " "}, {"question": "Why?"}]))
    assert "row 2: the same question stands on row 1 too" in rows
    assert "row 3: the question is missing" in rows
    assert "row 4: nothing is expected" in rows
    assert read(server) == before


def test_nobodys_change_is_lost(server: RunningServer) -> None:
    version = read(server)["version"]
    assert put(server, questions=[FEE]).status_code == 200
    late = server.http().put(PATH, json={"version": version, "questions": [PAINTER]})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "changed_meanwhile")
    assert [row["question"] for row in read(server)["questions"]] == [FEE["question"]]


def test_questions_added_at_once_are_all_there(server: RunningServer) -> None:
    rows = [{"question": f"Question {number}?", "answers": ["x"]} for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda row: server.http().post(PATH, json=row).status_code, rows))
    assert replies == [200] * 12
    assert {row["question"] for row in read(server)["questions"]} == {row["question"] for row in rows}
    assert "already" in complaint(server.http().post(PATH, json=rows[0]))


def test_a_table_in_csv_stays_one(server: RunningServer) -> None:
    folder = evaluation_folder(server.settings.home, "default")
    folder.mkdir()
    (folder / "questions.csv").write_bytes("问题,答案\n押金几天退还？,三十日\n".encode("gb18030"))
    assert read(server)["questions"][0]["answers"] == ["三十日"]
    assert "三十日" in read(server)["text"]
    assert server.http().post(PATH, json=FEE).status_code == 200
    assert [own.question for own in read_questions(folder / "questions.csv")] == ["押金几天退还？", FEE["question"]]
    assert not (folder / "questions.yaml").exists()


def test_no_questions_leave_no_file(server: RunningServer) -> None:
    put(server, questions=[FEE])
    assert put(server, questions=[]).json()["version"] == ""
    assert list(evaluation_folder(server.settings.home, "default").iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": ""},
        {"version": "", "questions": [], "text": ""},
        {"version": "", "questions": [{"question": "x", "page": 0}]},
        {"version": "", "questions": [{"question": "a\x00b", "answers": ["x"]}]},
        {"version": "", "text": "- question: [a, b]"},
        {"version": "", "text": "!!python/object/apply:os.system ['true']"},
    ],
)
def test_what_holds_no_questions_is_refused(server: RunningServer, body: Any) -> None:
    assert complaint(server.http().put(PATH, json=body))


def test_reading_needs_one_right_and_changing_another(server: RunningServer) -> None:
    def client(right: Right, collection: str = "default") -> Any:
        secret = create_key(server.services.home, f"{right} {collection}", rights={right}, collections={collection})[1]
        return server.http(Authorization=f"Bearer {secret}")

    assert client(Right.WRITE).post(PATH, json=FEE).status_code == 200
    assert client(Right.READ).post(PATH, json=PAINTER).status_code == 403
    assert len(client(Right.READ).get(PATH).json()["questions"]) == 1
    assert client(Right.ASK).get(PATH).status_code == 403
    assert client(Right.READ, "other").get(PATH).status_code == 404
