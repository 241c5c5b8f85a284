"""Any other sentence-transformers model: its pooling, layers and prompts are its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.embedding import open_embedder, prepare
from kb.embedding.exporting import read_prefixes
from kb.embedding.kinds import AGREEMENT_BOUND
from kb.errors import ModelError, SettingsError
from kb.ports import Vectors
from kb.settings import EmbedderSettings
from tests.kb.embedding_models import make_tiny_model

TEXTS = ["refund within 14 days", "退款需要多少天？", "x" * 300, "why"]


@pytest.mark.parametrize(
    "kind",
    [
        {"pooling": "cls"},
        {"pooling": "lasttoken"},
        {"pooling": "max"},
        {"dense": 16},
        {"normalise": False},
        {"prompts": {"query": "query: ", "document": "passage: "}},
        {"prompts": {"query": "ask: ", "document": "text: "}, "include_prompt": False},
        {"family": "modernbert", "pooling": "cls"},
    ],
    ids=["cls", "last token", "max", "dense layer", "not normalised", "prompts", "prompts not pooled", "modernbert"],
)
def test_a_model_keeps_its_own_ways(kind: dict[str, Any], tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model", **kind)
    embedder = open_embedder(EmbedderSettings(model=str(folder)), tmp_path / "cache")
    passages, questions = sentence_transformers_vectors(folder)
    assert embedder.space.dimension == passages.shape[1]
    assert float(np.sum(embedder.embed_passages(TEXTS) * passages, axis=1).min()) >= AGREEMENT_BOUND
    for text, expected in zip(TEXTS, questions, strict=True):
        assert float(embedder.embed_question(text) @ expected) >= AGREEMENT_BOUND


def test_prompts_belong_to_the_space(tmp_path: Path) -> None:
    plain = make_tiny_model(tmp_path / "one" / "model")
    prompted = make_tiny_model(tmp_path / "two" / "model", prompts={"query": "query: ", "passage": "passage: "})
    spaces = [
        prepare(EmbedderSettings(model=str(model)), tmp_path / "cache").facts.space for model in (plain, prompted)
    ]
    assert spaces[1].query_prefix == "query: "
    assert spaces[1].passage_prefix == "passage: "
    assert spaces[0].id != spaces[1].id


def test_a_model_that_cannot_be_exported_runs_through_torch(tmp_path: Path) -> None:
    prompts = {"query": "ask: ", "document": "text: "}
    folder = make_tiny_model(tmp_path / "model", prompts=prompts, include_prompt=False)
    preparation = prepare(EmbedderSettings(model=str(folder)), tmp_path / "cache")
    assert preparation.runtime == "torch"
    assert all("prompt" in item.why_not for item in preparation.candidates if item.runtime != "torch")
    with pytest.raises(ModelError, match=r"Set embedder\.runtime to auto"):
        prepare(EmbedderSettings(model=str(folder), runtime="onnx"), tmp_path / "cache")


class Prompted:
    """As much of a loaded model as `read_prefixes` looks at."""

    def __init__(self, prompts: dict[str, str], default: str | None = None) -> None:
        self.prompts = prompts
        self.default_prompt_name = default


@pytest.mark.parametrize(
    ("prompts", "default", "name", "expected"),
    [
        ({"query": "q: ", "document": "d: "}, None, "any", ("q: ", "d: ")),
        ({"query": "q: ", "document": ""}, None, "any", ("q: ", "")),
        ({"query": "q: ", "passage": "p: ", "document": ""}, None, "any", ("q: ", "p: ")),
        ({"all": "x: "}, "all", "any", ("x: ", "x: ")),
        ({"query": "", "document": ""}, None, "intfloat/multilingual-e5-small", ("query: ", "passage: ")),
        ({}, None, "intfloat/multilingual-e5-large-instruct", ("", "")),
        ({}, None, "BAAI/bge-small-en-v1.5", ("Represent this sentence for searching relevant passages: ", "")),
        ({}, None, "BAAI/bge-base-zh-v1.5", ("为这个句子生成表示以用于检索相关文章：", "")),
        ({}, None, "BAAI/bge-m3", ("", "")),
    ],
)
def test_prefixes_are_the_models_own_or_its_familys(
    prompts: dict[str, str], default: str | None, name: str, expected: tuple[str, str]
) -> None:
    assert read_prefixes(Prompted(prompts, default), name) == expected


@pytest.mark.parametrize("model", ["/no/such/folder", "../nowhere", "a model with blanks"])
def test_a_path_without_a_model_is_a_wrong_setting(model: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no embedding model"):
        open_embedder(EmbedderSettings(model=model), tmp_path / "cache")


def test_a_folder_without_a_model_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"modules\.json"):
        open_embedder(EmbedderSettings(model=str(tmp_path)), tmp_path / "cache")


def test_an_unknown_runtime_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="auto, openvino, onnx, torch"):
        open_embedder(EmbedderSettings(runtime="abacus"), tmp_path / "cache")


def test_a_hub_model_that_cannot_be_fetched_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="while the model hub can be reached"):
        open_embedder(EmbedderSettings(model="nobody/no-such-model"), tmp_path / "cache")


def sentence_transformers_vectors(folder: Path) -> tuple[Vectors, Vectors]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    passages = model.encode_document(TEXTS, normalize_embeddings=True)
    questions = model.encode_query(TEXTS, normalize_embeddings=True)
    return np.asarray(passages, np.float32), np.asarray(questions, np.float32)
