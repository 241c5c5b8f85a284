"""`ibid bench`: what is measured on a collection, with fakes in the place of models and parsers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from eval.speed import Speed, measure_speed
from kb.errors import InputError, UnreadableFileError, UsageError
from kb.records import Document
from kb.settings import Settings
from retriever import Searcher
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.making import make_document
from tests.serving.library import DOCUMENTS, make_collection
from ui.terminal.benching import _as_json
from ui.terminal.main import main


class ScriptedParser:
    """Reads every file as two pages, except the one that is `broken`; remembers what it was given."""

    def __init__(self, broken: str = "") -> None:
        self._broken = broken
        self.read: list[tuple[bytes, str]] = []

    def __call__(self, files: Iterable[tuple[Path, str]]) -> Sequence[Document | InputError]:
        outcomes: list[Document | InputError] = []
        for path, name in files:
            self.read.append((path.read_bytes(), name))
            broken = name == self._broken
            outcomes.append(UnreadableFileError("it is torn") if broken else make_document("Some text.", pages=2))
        return outcomes


def measured(tmp_path: Path, parser: ScriptedParser, model: ScriptedChatModel | None = None) -> tuple[Speed, list[str]]:
    embedder = HashEmbedder()
    catalog = make_collection(tmp_path, embedder)
    said: list[str] = []
    speed = measure_speed(
        Settings(home=tmp_path),
        "default",
        seconds=5.0,
        progress=lambda stage, done, of: said.append(stage),
        searcher=Searcher(catalog, embedder),
        model=model,
        parse=parser,
    )
    return speed, said


def test_every_stage_is_measured_on_the_collections_own_documents(tmp_path: Path) -> None:
    parser = ScriptedParser()
    speed, said = measured(tmp_path, parser)
    assert (speed.documents, speed.passages, speed.answers_by) == (3, 10, "extractive")
    done = {stage.name: (stage.done, stage.unit) for stage in speed.stages}
    assert done == {
        "read files": (3, "files"),
        "read pages": (6, "pages"),
        "embed": (10, "passages"),
        "search by words": (10, "questions"),
        "search": (10, "questions"),
        "answer": (10, "questions"),
    }
    assert {name for _, name in parser.read} == set(DOCUMENTS)
    assert {content.decode() for content, _ in parser.read} == set(DOCUMENTS.values())
    assert list(dict.fromkeys(said)) == [name for name in done if name != "read pages"]
    assert all(0 < stage.p50_ms <= stage.p95_ms for stage in speed.stages if stage.name != "read pages")
    assert all(stage.per_second == pytest.approx(stage.done / stage.seconds) for stage in speed.stages)
    assert speed.memory_mb > 0
    assert 0 < speed.index_mb < speed.disk_mb
    assert speed.machine.cores >= 1


def test_an_original_that_cannot_be_read_again_is_named_and_not_counted(tmp_path: Path) -> None:
    speed, _ = measured(tmp_path, ScriptedParser(broken="leaflet.txt"))
    assert speed.unread == ("leaflet.txt",)
    assert speed.stages[0].done == 2


def test_a_chat_model_is_asked_where_one_is_set(tmp_path: Path) -> None:
    model = ScriptedChatModel(*[["That is so. [1]"]] * 30)
    speed, _ = measured(tmp_path, ScriptedParser(), model)
    assert speed.answers_by == model.name
    assert model.asked


def test_as_json_it_holds_no_value_that_json_does_not_know(tmp_path: Path) -> None:
    speed, _ = measured(tmp_path, ScriptedParser())
    assert any(math.isnan(stage.p50_ms) for stage in speed.stages)
    told = json.loads(json.dumps(_as_json(speed), allow_nan=False))
    assert told["stages"][1] == {
        "name": "read pages",
        "done": 6,
        "unit": "pages",
        "seconds": speed.stages[1].seconds,
        "p50_ms": None,
        "p95_ms": None,
        "per_second": speed.stages[1].per_second,
    }


def test_an_empty_collection_is_told_to_take_documents_in(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    searcher = Searcher(make_collection(tmp_path, embedder, documents={}), embedder)
    with pytest.raises(UsageError, match="ibid ingest"):
        measure_speed(Settings(home=tmp_path), "default", seconds=1.0, progress=lambda *_: None, searcher=searcher)


@pytest.mark.parametrize(
    "arguments",
    [["-c", "missing"], ["--seconds", "0"], ["--seconds", "-1"], ["--seconds", "inf"], ["--seconds", "nan"]],
)
def test_what_cannot_be_measured_is_wrong_usage(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--home", str(tmp_path), *arguments]) == 2
    assert capsys.readouterr().err.startswith("ibid: ")


def test_the_command_measures_with_the_real_models_and_parsers(
    tmp_path: Path, prepared_models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lecture.txt").write_text(
        "Gradient descent takes steps.\n\n第二讲 梯度下降沿着最陡的方向走。", encoding="utf-8"
    )
    home = ["--home", str(tmp_path / "home")]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "models").symlink_to(prepared_models)
    assert main(["ingest", *home, str(tmp_path / "lecture.txt")]) == 0
    capsys.readouterr()
    assert main(["bench", *home, "--seconds", "0.2"]) == 0
    shown = capsys.readouterr().out
    assert "default: 1 documents, 1 passages; all-MiniLM-L6-v2" in shown
    for stage in ("read files", "embed", "search by words", "search", "answer"):
        assert f"\n{stage} " in shown
