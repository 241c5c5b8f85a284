"""How a model is used is its own affair, unless the settings say otherwise: prompts, pooling, dimensions, devices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kb.embedding import find_preparation, open_embedder, prepare
from kb.embedding.devices import uses_gpu
from kb.embedding.exporting import read_prefixes
from kb.embedding.gpu import PassagesOnGpu, open_on_gpu
from kb.embedding.kinds import AGREEMENT_BOUND
from kb.embedding.sources import ModelSource
from kb.embedding.torch_embedder import loading_error
from kb.errors import SettingsError
from kb.ports import Embedder, Vectors
from kb.settings import EmbedderSettings
from tests.fakes import HashEmbedder
from tests.kb.embedding_models import make_tiny_decoder, make_tiny_model
from tests.ports.embedder_suite import check_embedder

TEXTS = ["refund within 14 days", "退款需要多少天？", "x y " * 60, "why", "本課程的期末考試"]


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_decoder(tmp_path_factory.mktemp("decoder") / "model")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("encoder") / "model", prompts={"query": "q: ", "document": "p: "})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prepared")


def encoded(folder: Path, dimension: int | None = None) -> tuple[Vectors, Vectors]:
    """Passages and questions by sentence-transformers itself."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", truncate_dim=dimension)
    passages = model.encode_document(TEXTS, normalize_embeddings=True)
    questions = model.encode_query(TEXTS, normalize_embeddings=True)
    return np.asarray(passages, np.float32), np.asarray(questions, np.float32)


def assert_same(embedder: Embedder, passages: Vectors, questions: Vectors) -> None:
    made = embedder.embed_passages(TEXTS)
    asked = np.stack([embedder.embed_question(text) for text in TEXTS])
    assert float(np.sum(made * passages, axis=1).min()) >= AGREEMENT_BOUND
    assert float(np.sum(asked * questions, axis=1).min()) >= AGREEMENT_BOUND


@pytest.mark.parametrize("runtime", ["auto", "torch"])
def test_a_decoder_with_its_last_token_pooled_is_used_as_it_wants(runtime: str, decoder: Path, cache: Path) -> None:
    settings = EmbedderSettings(str(decoder), runtime=runtime)
    embedder = open_embedder(settings, cache)
    assert (embedder.space.pooling, embedder.space.query_prefix) == ("lasttoken", "find what answers: ")
    assert_same(embedder, *encoded(decoder))
    found = find_preparation(settings, cache)
    assert found is not None
    assert (found.runtime == "torch") == (runtime == "torch")  # the export takes decoders


def test_a_decoder_keeps_the_promises_of_an_embedder(decoder: Path, cache: Path) -> None:
    check_embedder(open_embedder(EmbedderSettings(str(decoder)), cache))


@pytest.mark.parametrize("runtime", ["auto", "torch"])
def test_fewer_dimensions_are_the_first_ones_at_length_1(runtime: str, encoder: Path, cache: Path) -> None:
    whole = open_embedder(EmbedderSettings(str(encoder), runtime=runtime), cache)
    part = open_embedder(EmbedderSettings(str(encoder), runtime=runtime, dimension=12), cache)
    assert part.space.dimension == 12
    assert part.space.id != whole.space.id
    assert part.space.revision == whole.space.revision
    assert_same(part, *encoded(encoder, 12))
    check_embedder(part)


def test_fewer_dimensions_need_no_second_preparation(encoder: Path, cache: Path) -> None:
    folder = prepare(EmbedderSettings(str(encoder)), cache).folder
    assert prepare(EmbedderSettings(str(encoder), dimension=8, query_prefix=""), cache).folder == folder


@pytest.mark.parametrize("dimension", [33, -1])
def test_a_model_has_no_more_dimensions_than_it_has(dimension: int, encoder: Path, cache: Path) -> None:
    with pytest.raises(SettingsError, match="32 dimensions"):
        open_embedder(EmbedderSettings(str(encoder), dimension=dimension), cache)


@pytest.mark.parametrize("runtime", ["auto", "torch"])
def test_prefixes_of_the_settings_replace_the_models_own(runtime: str, encoder: Path, cache: Path) -> None:
    from sentence_transformers import SentenceTransformer

    settings = EmbedderSettings(str(encoder), runtime=runtime, query_prefix="為這個句子: ", passage_prefix="")
    embedder = open_embedder(settings, cache)
    own = open_embedder(EmbedderSettings(str(encoder), runtime=runtime), cache)
    assert embedder.space.id != own.space.id
    model = SentenceTransformer(str(encoder), device="cpu")
    passages = model.encode(TEXTS, prompt="", normalize_embeddings=True)
    questions = model.encode(TEXTS, prompt="為這個句子: ", normalize_embeddings=True)
    assert_same(embedder, passages, questions)


class Prompted:
    """As much of a loaded model as `read_prefixes` looks at."""

    default_prompt_name = None

    def __init__(self, prompts: dict[str, str]) -> None:
        self.prompts = prompts


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ({"web_search_query": "Query: ", "sts_query": "Same: "}, ("Query: ", "")),
        (
            {"search_query": "search_query: ", "search_document": "search_document: "},
            ("search_query: ", "search_document: "),
        ),
        ({"retrieval.query": "Q ", "retrieval.passage": "P "}, ("Q ", "P ")),
        ({"query": "own: ", "web_search_query": "other: "}, ("own: ", "")),
    ],
)
def test_prompts_for_searching_are_known_by_their_other_names(
    prompts: dict[str, str], expected: tuple[str, str]
) -> None:
    assert read_prefixes(Prompted(prompts), "any/model") == expected


def test_a_model_with_code_of_its_own_is_refused_with_a_way_out() -> None:
    raised = ValueError("The repository contains custom code. Please pass `trust_remote_code=True` to allow it.")
    error = loading_error(raised, ModelSource("someone/odd", None))
    assert "does not run" in str(error)
    assert "embedder.base_url" in str(error)


def test_devices_are_what_the_machine_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import torch

    monkeypatch.setattr("kb.embedding.devices._DRIVERS", (tmp_path,))  # as if a driver were there
    for seen in (True, False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda seen=seen: seen)
        assert uses_gpu("auto") is seen
        assert uses_gpu("cpu") is False
    with pytest.raises(SettingsError, match=r"embedder\.device is cuda, but torch sees no GPU"):
        uses_gpu("cuda")
    with pytest.raises(SettingsError, match="auto, cpu, cuda"):
        uses_gpu("abacus")
    monkeypatch.setattr("kb.embedding.devices._DRIVERS", ())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert uses_gpu("auto") is False  # without a driver torch is not even asked
    assert uses_gpu("cuda") is True


def test_the_bulk_goes_to_the_gpu_and_questions_do_not() -> None:
    quick, bulk = HashEmbedder(), HashEmbedder()
    opened: list[int] = []

    def open_bulk() -> HashEmbedder:
        opened.append(1)
        return bulk

    embedder = PassagesOnGpu(quick, open_bulk)
    check_embedder(embedder)
    assert opened == []  # a few passages are no reason to wait for a GPU
    many: Sequence[str] = [f"passage {number}" for number in range(100)]
    np.testing.assert_array_equal(embedder.embed_passages(many), quick.embed_passages(many))
    embedder.embed_passages(["one more"])
    assert opened == [1]
    assert bulk.embedded == [*many, "one more"]
    check_embedder(embedder)


def test_half_precision_gives_the_same_vectors_or_is_not_taken(encoder: Path, cache: Path) -> None:
    """As on a GPU, on the processor: what torch makes in bfloat16 stays within the bound or float32 is kept."""
    facts = prepare(EmbedderSettings(str(encoder)), cache).facts
    embedder = open_on_gpu(facts, ModelSource("tiny", encoder), device="cpu")
    assert_same(embedder, *encoded(encoder))
    check_embedder(embedder)
