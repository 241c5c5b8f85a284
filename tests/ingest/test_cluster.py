"""Ingestion on a cluster, as far as it goes without Ray: what is lost, refused or misunderstood."""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cluster import processors_of
from ingest.cluster.embedding import Embedded, EmbeddingActor, batch_size, checked, meaning_of
from ingest.cluster.joining import joined_cluster
from ingest.cluster.parsing import parse_contents, parse_elsewhere
from ingest.parsing.codec import encode_document, encode_error, pack
from ingest.parsing.version import PARSER_VERSION
from kb.errors import (
    EmbeddingSpaceError,
    EmptyDocumentError,
    InputError,
    MissingPartError,
    ModelError,
    UnreadableFileError,
    UsageError,
)
from kb.records import Document
from kb.settings import LimitSettings
from tests.fakes import HashEmbedder
from tests.making import make_document
from ui.terminal.main import main

LIMITS = LimitSettings(parse_seconds=5, parse_memory_mb=300)


class LostError(Exception):
    """Stands for what Ray raises when a node does not come back."""


def answered(names: Sequence[str], contents: Sequence[bytes]) -> bytes:
    """What a node sends for texts; one that says LOST takes its node with it."""
    if b"LOST" in contents:
        raise LostError("ray::parse_contents()\n  File x.py, line 1\nThe worker died unexpectedly.")
    texts = [content.decode() for content in contents]
    return b"".join(
        pack(encode_error(EmptyDocumentError(f"{name} is empty")) if not text else encode_document(_read(name, text)))
        for name, text in zip(names, texts, strict=True)
    )


def _read(name: str, text: str) -> Document:
    return make_document(text, name)


def files_of(folder: Path, *texts: str) -> list[tuple[Path, str]]:
    files = [(folder / f"{number}", f"{number}.txt") for number in range(len(texts))]
    for (path, _), text in zip(files, texts, strict=True):
        path.write_text(text, "utf-8")
    return files


def shown(results: Sequence[Document | InputError]) -> list[str]:
    return [result.text if isinstance(result, Document) else str(result) for result in results]


def test_documents_and_errors_come_back_in_the_order_of_their_files(tmp_path: Path) -> None:
    results = list(parse_elsewhere(files_of(tmp_path, "late work", "", "迟交的作业", "遲交的作業"), answered, ()))
    assert shown(results) == ["late work", "1.txt is empty", "迟交的作业", "遲交的作業"]


def test_a_lost_task_fails_its_own_file_alone_and_says_why_in_one_line(tmp_path: Path) -> None:
    files = files_of(tmp_path, "before", "LOST", "after")
    before, lost, after = parse_elsewhere(files, answered, (LostError,))
    assert shown([before, after]) == ["before", "after"]
    assert isinstance(lost, UnreadableFileError)
    assert str(lost) == (
        "cannot read 1.txt: no node of the cluster could read it (The worker died unexpectedly.). Try again"
    )


def test_a_file_that_is_gone_before_it_is_sent_fails_alone(tmp_path: Path) -> None:
    files = files_of(tmp_path, "here", "gone")
    files[1][0].unlink()
    here, gone = parse_elsewhere(files, answered, (LostError, OSError))
    assert shown([here]) == ["here"]
    assert isinstance(gone, UnreadableFileError)


@pytest.mark.parametrize("sent", [b"", b"\xff" * 20, pack(b"{}")])
def test_an_answer_that_is_short_or_senseless_is_an_error_for_each_file(tmp_path: Path, sent: bytes) -> None:
    results = list(parse_elsewhere(files_of(tmp_path, "one", "two"), lambda _names, _contents: sent, ()))
    assert [type(result) for result in results] == [UnreadableFileError] * 2


def test_an_answer_for_more_files_than_were_sent_is_cut(tmp_path: Path) -> None:
    too_much = pack(encode_document(make_document("one"))) * 3
    assert shown(list(parse_elsewhere(files_of(tmp_path, "one"), lambda _names, _contents: too_much, ()))) == ["one"]


def test_a_node_parses_in_its_own_sandbox_and_a_crash_costs_one_file(tmp_path: Path) -> None:
    parser = "tests.ingest.misbehaving:behave"
    files = files_of(tmp_path, "你好", "crash", "hello")
    names = ["a.pdf", "b.pdf", "c.pdf"]  # an ending that needs no heavy libraries

    def answer(_names: Sequence[str], contents: Sequence[bytes]) -> bytes:
        return parse_contents(LIMITS, parser, PARSER_VERSION, names, *contents)

    before, crashed, after = parse_elsewhere(files, answer, ())
    assert shown([before, after]) == ["你好", "hello"]
    assert isinstance(before, Document)
    assert before.name == "a.pdf"
    assert "cannot read b.pdf: the parser was ended by signal 11" in str(crashed)


def test_a_node_with_other_parsers_reads_nothing(tmp_path: Path) -> None:
    sent = parse_contents(LIMITS, "no:parser", "another", ["a.txt", "b.txt"], b"a", b"b")
    results = list(parse_elsewhere(files_of(tmp_path, "a", "b"), lambda _names, _contents: sent, ()))
    assert all("Install the same release of ibid on every node" in str(result) for result in results)
    assert [str(result).partition(":")[0] for result in results] == ["cannot read a.txt", "cannot read b.txt"]


@given(texts=st.integers(1, 10_000), actors=st.integers(1, 500))
def test_batches_are_of_a_sensible_size_and_every_actor_gets_one_or_two(texts: int, actors: int) -> None:
    size = batch_size(texts, actors)
    assert 32 <= size <= 256
    if size not in {32, 256}:
        assert actors < -(-texts // size) <= 2 * actors


def test_an_actor_says_which_space_its_vectors_are_of_and_another_space_is_refused() -> None:
    actor = EmbeddingActor(HashEmbedder)
    made = actor.embed(["late work", "迟交"])
    assert checked(made, HashEmbedder().space).shape == (2, 64)
    assert checked(actor.embed([]), HashEmbedder().space).shape == (0, 64)
    with pytest.raises(EmbeddingSpaceError, match=r"node far.*same embedding model"):
        checked(Embedded("far", HashEmbedder(model="other").space, made.vectors), HashEmbedder().space)


def test_an_error_of_ours_comes_back_from_a_node_as_itself_and_others_in_one_line() -> None:
    class TaskError(Exception):
        cause: Exception | None = None

    ours, other = TaskError(), TaskError("a trace\nin two lines")
    ours.cause = ModelError("cannot load the model")
    assert meaning_of(ours) is ours.cause
    assert "cluster could not embed: in two lines." in str(meaning_of(other))


def test_only_living_nodes_with_processors_take_part() -> None:
    nodes = [
        {"NodeID": "a", "Alive": True, "Resources": {"CPU": 4.0}},
        {"NodeID": "b", "Alive": True, "Resources": {}},
        {"NodeID": "c", "Alive": False, "Resources": {"CPU": 4.0}},
    ]
    assert processors_of(nodes) == {"a": 4}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("8.8.8.8:6379", "public address"),
        ("ray://10.0.0.1:10001", "no address of a Ray cluster"),
        ("everywhere", "no address of a Ray cluster"),
        ("127.0.0.1:99999", "cannot join"),
    ],
)
def test_an_address_that_cannot_or_must_not_be_joined_is_refused_at_once(address: str, words: str) -> None:
    with pytest.raises(UsageError, match=words), joined_cluster(address):
        pass


def test_an_address_where_nothing_listens_ends_the_command_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        (tmp_path / "a.txt").write_text("text")
        assert main(["ingest", str(tmp_path / "a.txt"), "--ray", address]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"ibid: cannot join the Ray cluster {address}: ")
    assert "ray start --head" in captured.err


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPartError, match=r"ibid\[scale\]"), joined_cluster("local"):
        pass
