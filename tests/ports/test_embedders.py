from __future__ import annotations

from pathlib import Path

import pytest

from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
from tests.fakes import HashEmbedder
from tests.kb.embedding_models import make_tiny_model
from tests.ports.embedder_suite import check_embedder


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def test_the_hash_embedder_keeps_the_promises_of_an_embedder() -> None:
    check_embedder(HashEmbedder())


def test_the_packaged_model_keeps_the_promises_of_an_embedder(prepared_models: Path) -> None:
    check_embedder(open_embedder(EmbedderSettings(), prepared_models))


@pytest.mark.parametrize("runtime", ["openvino", "onnx", "torch"])
def test_every_runtime_keeps_the_promises_of_an_embedder(runtime: str, tiny_model: Path, tmp_path: Path) -> None:
    check_embedder(open_embedder(EmbedderSettings(model=str(tiny_model), runtime=runtime), tmp_path / "cache"))
