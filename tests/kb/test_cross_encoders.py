"""Cross-encoders: prepared as embedding models are, and in the order that sentence-transformers gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kb.embedding.kinds import ModelKind
from kb.errors import ModelError, SettingsError
from kb.ports import Scores
from kb.reranking import find_preparation, open_reranker, open_reranker_late, prepare
from kb.reranking.cross_encoders import RERANKERS
from kb.reranking.opening import open_on_gpu
from kb.reranking.pairs import PairTokenizer, question_tokens
from kb.settings import RerankerSettings
from tests.kb.embedding_models import make_tiny_model
from tests.kb.reranking_models import make_tiny_cross_encoder

QUESTIONS = ["refund within how many days?", "退款需要多少天？", "課程考試在哪天？", "why " * 50]
PASSAGES = ["refunds take 14 days", "退款需十四天", "課程期末考試", "x" * 300, "day", "a day, the next day and more"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cross-encoders")
    for family in ("bert", "xlm-roberta"):
        make_tiny_cross_encoder(folder / family, family=family)
    return folder


def sentence_transformers_scores(folder: Path, question: str) -> Scores:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu")
    return np.asarray(model.predict([(question, passage) for passage in PASSAGES], show_progress_bar=False))


@pytest.mark.parametrize("family", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("runtime", ["auto", "torch"])
def test_scores_are_those_of_sentence_transformers(family: str, runtime: str, models: Path, tmp_path: Path) -> None:
    reranker = open_reranker(RerankerSettings(str(models / family), runtime=runtime), tmp_path)
    for question in QUESTIONS[:3]:
        expected = sentence_transformers_scores(models / family, question)
        scores = reranker.rerank(question, PASSAGES)
        np.testing.assert_allclose(scores, expected, atol=0.02)
        far = np.abs(expected[:, None] - expected[None, :]) > 0.04
        same_side = np.sign(scores[:, None] - scores[None, :]) == np.sign(expected[:, None] - expected[None, :])
        assert bool(same_side[far].all())


def test_a_prepared_reranker_is_opened_without_any_model_library(models: Path, tmp_path: Path) -> None:
    settings = RerankerSettings(str(models / "bert"))
    assert find_preparation(settings, tmp_path) is None
    preparation = prepare(settings, tmp_path)
    assert preparation.runtime in {"openvino", "onnx"}
    assert find_preparation(settings, tmp_path) == preparation
    code = (
        "import sys; from pathlib import Path; from kb.reranking import open_reranker;"
        "from kb.settings import RerankerSettings;"
        f"reranker = open_reranker(RerankerSettings({str(models / 'bert')!r}), Path({str(tmp_path)!r}));"
        "reranker.rerank('why', ['a day']);"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_a_damaged_preparation_is_made_again(models: Path, tmp_path: Path) -> None:
    settings = RerankerSettings(str(models / "bert"), runtime="onnx")
    graph = prepare(settings, tmp_path).folder / "onnx" / "model.onnx"
    expected = open_reranker(settings, tmp_path).rerank(QUESTIONS[0], PASSAGES)
    graph.write_bytes(graph.read_bytes()[:100])
    np.testing.assert_allclose(open_reranker(settings, tmp_path).rerank(QUESTIONS[0], PASSAGES), expected, atol=1e-4)


def test_a_question_leaves_half_of_the_window_to_the_passage(models: Path, tmp_path: Path) -> None:
    settings = RerankerSettings(str(models / "bert"), runtime="onnx")
    preparation = prepare(settings, tmp_path)
    window = preparation.facts.max_tokens
    tokenizer = PairTokenizer(preparation.folder / "tokenizer.json", window)
    for question in ("why " * 200, "退" * 200, "y" * 200):
        cut = tokenizer.cut(question)
        assert question.startswith(cut)
        (row,) = tokenizer.encode(question, ["day " * 100])
        assert len(row) == window
        assert row.index(3) <= question_tokens(window) + 1  # 3: the separator
    reranker = open_reranker(settings, tmp_path)
    near, far = reranker.rerank("why " * 200, ["a day", "退款"])
    assert near != far  # the passages were read


def test_a_model_with_several_scores_is_no_reranker(tmp_path: Path) -> None:
    folder = make_tiny_cross_encoder(tmp_path / "model", labels=3)
    with pytest.raises(SettingsError, match="gives 3 scores"):
        open_reranker(RerankerSettings(str(folder)), tmp_path / "cache")


def test_an_embedding_model_is_no_reranker_or_at_least_a_different_preparation(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model")
    from kb.embedding.sources import find_source, preparation_name

    settings = RerankerSettings(str(folder))
    names = {preparation_name(find_source(str(folder), section), settings) for section in ("embedder", "reranker")}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (RerankerSettings("/no/such/folder"), "no reranking model"),
        (RerankerSettings("a/b", runtime="abacus"), "reranker.runtime"),
        (RerankerSettings("a/b", device="abacus"), "reranker.device"),
        (RerankerSettings("a/b", candidates=0), "reranker.candidates"),
    ],
)
def test_a_wrong_setting_is_said_before_the_first_question(
    settings: RerankerSettings, named: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=named):
        open_reranker_late(settings, tmp_path)


def test_a_hub_model_that_cannot_be_fetched_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"reranker\.model.*hf download nobody/none"):
        open_reranker(RerankerSettings("nobody/none"), tmp_path)


def test_a_search_waits_for_no_preparation(models: Path, tmp_path: Path) -> None:
    settings = RerankerSettings(str(models / "bert"), runtime="onnx")
    late = open_reranker_late(settings, tmp_path)
    assert late is not None
    with pytest.raises(ModelError, match=r"not prepared.*ibid models --prepare"):
        late.rerank("why", ["a"])
    assert list(tmp_path.iterdir()) == []
    prepare(settings, tmp_path)
    late = open_reranker_late(settings, tmp_path)
    assert late is not None
    assert late.rerank("why", ["a"]).shape == (1,)


def test_for_a_gpu_alone_nothing_is_exported(models: Path, tmp_path: Path) -> None:
    preparation = prepare(RerankerSettings(str(models / "bert"), device="cuda"), tmp_path)
    assert (preparation.runtime, preparation.candidates[1:]) == ("torch", ())


def test_without_a_model_and_a_server_there_is_no_reranker(tmp_path: Path) -> None:
    assert open_reranker_late(RerankerSettings(), tmp_path) is None


def test_half_precision_is_kept_only_where_it_keeps_the_order(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparation = prepare(RerankerSettings(str(models / "bert")), tmp_path)
    expected = sentence_transformers_scores(models / "bert", QUESTIONS[0])
    halved = open_on_gpu(preparation, device="cpu")
    np.testing.assert_allclose(halved.rerank(QUESTIONS[0], PASSAGES), expected, atol=0.02)
    strict = {name: getattr(RERANKERS, name) for name in ModelKind.__slots__} | {"bound": 1.0}
    monkeypatch.setattr("kb.reranking.cross_encoders.RERANKERS", ModelKind(**strict))
    exact = open_on_gpu(preparation, device="cpu")
    np.testing.assert_allclose(exact.rerank(QUESTIONS[0], PASSAGES), expected, atol=1e-5)
