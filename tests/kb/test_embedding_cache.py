"""What was prepared is found again, made anew when it is stale or damaged, and never half there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.embedding import find_preparation, open_embedder, prepare
from kb.embedding.preparing import prepare_model
from kb.embedding.revision import weights_revision
from kb.embedding.sources import ModelSource
from kb.errors import StorageError
from kb.settings import EmbedderSettings
from tests.kb.embedding_models import make_tiny_model

QUESTION = "how many days"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> EmbedderSettings:
    return EmbedderSettings(model=str(make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")), runtime="openvino")


@pytest.fixture(scope="module")
def prepared(settings: EmbedderSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("prepared")
    said: list[str] = []
    prepare(settings, cache, said.append)
    assert said  # somebody who waits is told why
    return cache


@pytest.fixture
def cache(prepared: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(prepared, tmp_path / "cache"))


def test_a_model_is_prepared_once(settings: EmbedderSettings, cache: Path) -> None:
    found = find_preparation(settings, cache)
    said: list[str] = []
    assert prepare(settings, cache, said.append) == found
    assert said == []


def test_nothing_is_found_before_a_preparation(settings: EmbedderSettings, tmp_path: Path) -> None:
    assert find_preparation(settings, tmp_path / "cache") is None
    assert not (tmp_path / "cache").exists()


def test_changed_weights_are_prepared_anew_as_another_space(tmp_path: Path) -> None:
    settings = EmbedderSettings(model=str(make_tiny_model(tmp_path / "model")), runtime="openvino")
    before = prepare(settings, tmp_path / "cache")
    weights = Path(settings.model) / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-8:] = bytes(8)
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    after = prepare(settings, tmp_path / "cache")
    assert after.folder != before.folder
    assert after.facts.space.id != before.facts.space.id


def test_the_same_weights_in_another_folder_are_the_same_revision(settings: EmbedderSettings, tmp_path: Path) -> None:
    one = Path(settings.model)
    two = Path(shutil.copytree(one, tmp_path / "model", copy_function=shutil.copyfile))
    assert weights_revision(ModelSource("one", one)) == weights_revision(ModelSource("two", two))


def test_a_second_preparation_at_the_same_time_takes_the_first_ones_result(
    settings: EmbedderSettings, cache: Path
) -> None:
    first = find_preparation(settings, cache)
    assert first is not None
    second = prepare_model(settings, cache, lambda _line: None)  # had not seen the first when it began
    assert second == first
    assert [path.name for path in cache.iterdir()] == [first.folder.name]


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("manifest.json", cut_short),
        ("tokenizer.json", Path.unlink),
        ("*.xml", overwrite),
        ("*.bin", cut_short),
        ("*.bin", overwrite),
        ("compiled/*.blob", cut_short),
        ("compiled/*.blob", overwrite),
    ],
)
def test_a_damaged_preparation_is_made_again(
    name: str, damage: Callable[[Path], None], settings: EmbedderSettings, prepared: Path, cache: Path
) -> None:
    expected = open_embedder(settings, prepared).embed_question(QUESTION)
    open_embedder(settings, cache)
    for path in prepare(settings, cache).folder.glob(name):
        path.chmod(0o600)
        damage(path)
    vector = open_embedder(settings, cache).embed_question(QUESTION)
    assert float(vector @ expected) > 0.999


def test_a_cache_that_cannot_be_written_is_a_storage_error(settings: EmbedderSettings, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot write the prepared model"):
        prepare(settings, tmp_path / "cache")
