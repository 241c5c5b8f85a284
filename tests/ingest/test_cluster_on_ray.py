"""Ingestion on a real Ray cluster of two nodes on this machine: the same catalog as without it, whatever breaks."""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.cluster.embedding import ClusterEmbedder
from ingest.cluster.joining import joined_cluster
from ingest.cluster.parsing import parse_on_cluster
from ingest.pipeline import ingest_files
from ingest.reading import FileOutcome, FileState, Parse
from ingest.sandbox import ParserPool
from ingest.walking import walk
from kb.catalog import Catalog
from kb.errors import EmbeddingSpaceError, InputError, ModelError
from kb.ports import Embedder
from kb.records import Document
from kb.settings import LimitSettings
from tests.fakes import HashEmbedder
from tests.ingest.cluster_parts import FATAL, open_another, open_nothing
from tests.serving.http_server import wait_until

pytestmark = [
    pytest.mark.ray,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs pip install 'ibid[scale]'"),
]

LIMITS = LimitSettings(free_disk_mb=0)
SLOWLY = "tests.ingest.cluster_parts:read_slowly"
TEXTS = [
    "Work handed in after the deadline loses ten marks a day. Extensions are granted by the lecturer in writing.",
    "第{0}条 逾期提交的作业每天扣十分。延期须经任课教师书面同意。",
    "第{0}條 逾期提交的作業每天扣十分。延期須經任課教師書面同意。",
    "# Rules {0}\n\nThe hall closes at nine.\n\n## 開放時間\n\n大廳於晚上九時關閉。",
]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two nodes of one processor, on the loopback interface."""
    variables = pytest.MonkeyPatch()
    variables.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    variables.setenv("RAY_AUTH_MODE", "disabled")
    cluster = importlib.import_module("ray.cluster_utils").Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()
    variables.undo()


@pytest.fixture(scope="module")
def ray(nodes: Any) -> Iterator[Any]:
    with joined_cluster(nodes.address) as joined:
        yield joined


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


def write_texts(folder: Path, count: int) -> None:
    for number in range(count):
        text = TEXTS[number % len(TEXTS)].format(number)
        (folder / f"{number:03d}.md").write_text(f"{text}\n\n({number})", "utf-8")


def ids_of(ray: Any) -> list[str]:
    return [node["NodeID"] for node in ray.nodes() if node["Alive"]]


def take_in(catalog: Catalog, folder: Path, parse: Parse, embedder: Embedder) -> list[FileOutcome]:
    return list(ingest_files(walk([folder]), catalog, embedder, parse, LIMITS, workers=2))


def content_of(catalog: Catalog) -> dict[str, tuple[str, list[str]]]:
    """Names and passages of every document, by its id."""
    with catalog.snapshot() as snapshot:
        return {
            entry.id: (entry.name, [stored.passage.id for stored in snapshot.passages_of(entry.id)])
            for entry in snapshot.documents()
        }


def vectors_of(catalog: Catalog) -> dict[str, np.ndarray[Any, Any]]:
    """Every passage's vector, by the passage's id."""
    with catalog.snapshot() as snapshot:
        passages = [stored for entry in snapshot.documents() for stored in snapshot.passages_of(entry.id)]
        vectors = snapshot.vectors(np.array([stored.number for stored in passages]))
    return {stored.passage.id: vector for stored, vector in zip(passages, vectors, strict=True)}


def test_twenty_bilingual_files_end_as_the_same_catalog_and_a_broken_one_fails_alone(
    ray: Any, folder: Path, tmp_path: Path
) -> None:
    write_texts(folder, 20)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    here, elsewhere = Catalog.create(tmp_path / "here"), Catalog.create(tmp_path / "elsewhere")
    with ParserPool(LIMITS) as pool:
        expected = take_in(here, folder, pool.parse_all, HashEmbedder())
    local = HashEmbedder()
    embedder = ClusterEmbedder(ray, local, HashEmbedder, ids_of(ray))
    outcomes = take_in(elsewhere, folder, parse_on_cluster(ray, LIMITS), embedder)

    assert sorted(outcomes, key=lambda outcome: outcome.name) == sorted(expected, key=lambda outcome: outcome.name)
    assert [outcome.name for outcome in outcomes if outcome.state is FileState.FAILED] == ["broken.pdf"]
    assert len(content_of(elsewhere)) == 20
    assert content_of(elsewhere) == content_of(here)
    expected_vectors = vectors_of(here)
    for passage, vector in vectors_of(elsewhere).items():
        assert np.abs(vector - expected_vectors[passage]).max() < 1e-3
    assert local.embedded == []  # the nodes did it


def test_passages_keep_their_order_over_many_batches_and_both_nodes(ray: Any) -> None:
    texts = [f"passage {number} 第{number}段" for number in range(300)]
    embedder = ClusterEmbedder(ray, HashEmbedder(), HashEmbedder, ids_of(ray))
    assert np.array_equal(embedder.embed_passages(texts), HashEmbedder().embed_passages(texts))
    assert embedder.embed_passages([]).shape == (0, 64)
    assert np.array_equal(embedder.embed_question("第七段"), HashEmbedder().embed_question("第七段"))
    assert embedder.count_tokens(["第七段"]) == [3]


def test_a_node_with_another_model_or_none_is_refused_before_anything_is_read(ray: Any) -> None:
    with pytest.raises(EmbeddingSpaceError, match="Install the same embedding model"):
        ClusterEmbedder(ray, HashEmbedder(), open_another, ids_of(ray)[:1])
    with pytest.raises(ModelError, match=r"^cannot load the model: its folder is empty$"):
        ClusterEmbedder(ray, HashEmbedder(), open_nothing, ids_of(ray)[:1])


def test_a_crash_of_a_parser_fails_its_own_file_alone(ray: Any, folder: Path) -> None:
    files = []
    for name, order in (("a.pdf", "before"), ("b.pdf", "crash"), ("c.pdf", "之后")):
        (folder / name).write_text(order, "utf-8")
        files.append((folder / name, name))
    parse = parse_on_cluster(ray, LIMITS, parser="tests.ingest.misbehaving:behave")
    before, crashed, after = parse(files)
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert (before.text, after.text) == ("before", "之后")
    assert "b.pdf: the parser was ended by signal 11" in str(crashed)


@pytest.mark.slow
def test_a_file_that_ends_every_process_sent_it_fails_alone(ray: Any, folder: Path) -> None:
    for name, text in (("a.pdf", "before"), ("b.pdf", FATAL.decode()), ("c.pdf", "after")):
        (folder / name).write_text(text)
    files = [(folder / name, name) for name in ("a.pdf", "b.pdf", "c.pdf")]
    before, lost, after = parse_on_cluster(ray, LIMITS, parser=SLOWLY)(files)
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert isinstance(lost, InputError)
    assert str(lost).startswith("cannot read b.pdf: no node of the cluster could read it")
    assert "\n" not in str(lost)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_node_that_is_killed_with_work_in_flight_loses_nothing(
    nodes: Any, ray: Any, folder: Path, tmp_path: Path
) -> None:
    write_texts(folder, 96)  # six tasks of sixteen small files
    victim = nodes.add_node(num_cpus=1)
    assert len(ids_of(ray)) == 3
    local = HashEmbedder()
    embedder = ClusterEmbedder(ray, local, HashEmbedder, ids_of(ray))
    send = parse_on_cluster(ray, LIMITS, parser=SLOWLY)
    one_is_back = threading.Event()

    def parse(files: Sequence[tuple[Path, str]]) -> Iterable[Document | InputError]:
        results = list(send(files))
        one_is_back.set()
        return results

    def kill() -> None:
        one_is_back.wait(120)
        nodes.remove_node(victim, allow_graceful=False)

    killer = threading.Thread(target=kill)
    killer.start()
    catalog = Catalog.create(tmp_path / "catalog")
    outcomes = list(ingest_files(walk([folder]), catalog, embedder, parse, LIMITS, workers=6))
    killer.join()
    wait_until(lambda: len(ids_of(ray)) == 2, 60)  # the cluster notices a dead node some seconds later
    assert [outcome.state for outcome in outcomes] == [FileState.STORED] * 96
    assert len(content_of(catalog)) == 96
    expected = HashEmbedder()
    texts = [f"text {number}" for number in range(200)]
    assert np.array_equal(embedder.embed_passages(texts), expected.embed_passages(texts))  # the lost actor is back


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_command_starts_a_cluster_and_one_without_it_finds_nothing_left_to_do(
    prepared_models: Path, folder: Path, tmp_path: Path
) -> None:
    write_texts(folder, 4)
    home = tmp_path / "home"
    shutil.copytree(prepared_models, home / "models")

    def ingest(*arguments: str) -> set[str]:
        code = "from ui.terminal.main import main; raise SystemExit(main())"
        command = [sys.executable, "-c", code, "ingest", str(folder), "--home", str(home), "--json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {file["state"] for file in json.loads(done.stdout)["files"]}  # nothing of Ray's is among the data

    assert ingest("--ray", "local", "--workers", "1") == {"stored"}
    assert ingest() == {"unchanged"}
