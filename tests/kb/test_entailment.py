"""Classifiers judge sentences as transformers does, whatever their labels, their shape and their window."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.embedding.sources import find_source, preparation_name
from kb.entailment import Entailment, find_preparation, open_entailment, open_ready, prepare
from kb.entailment.labels import Role, roles_of
from kb.entailment.opening import open_through_torch
from kb.entailment.records import best_of
from kb.entailment.tokens import OF_SENTENCE, EvidenceTokenizer
from kb.errors import ModelError, SettingsError
from kb.settings import VerifierSettings
from tests.kb.embedding_models import make_tiny_model
from tests.kb.entailment_models import NLI, make_tiny_classifier

TEXTS = ["refunds take 14 days.", "退款需十四天。", "a day, the next day and more", "課程期末考試"]
SENTENCES = ["refund within 14 days", "退款需要多少天", "a day"]
SHAPES: dict[str, dict[str, Any]] = {
    "nli bert": {},
    "nli xlm-roberta": {"family": "xlm-roberta", "labels": ("contradiction", "neutral", "entailment")},
    "nli deberta": {"family": "deberta-v2", "labels": ("neutral", "entailment", "contradiction")},
    "two labels": {"family": "xlm-roberta", "labels": ("entailment", "not_entailment")},
    "grounding": {"family": "roberta", "labels": ("", "")},
    "one score": {"labels": ("",)},
    "tokens": {"family": "modernbert", "labels": ("", ""), "tokens": True},
    "tokens with types": {"labels": ("supported", "hallucinated"), "tokens": True},
}
S, C, U = Role.SUPPORTED, Role.CONTRADICTED, Role.UNDECIDED


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifiers")
    for name, shape in SHAPES.items():
        make_tiny_classifier(folder / name.replace(" ", "-"), **shape)
    return folder


def settings_for(models: Path, name: str, **more: Any) -> VerifierSettings:
    return VerifierSettings(kind="model", model=str(models / name.replace(" ", "-")), **more)


def transformers_says(folder: Path, sentence: str, text: str) -> tuple[float, float]:
    """Probabilities of support and contradiction by transformers alone, as the model cards show it."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(text, sentence, return_tensors="pt")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if "ForTokenClassification" in config["architectures"][0]:
        model = AutoModelForTokenClassification.from_pretrained(folder).eval()
        own = [place for place, number in enumerate(encoded.sequence_ids(0)) if number == 1]
        with torch.inference_mode():
            unsupported = torch.softmax(model(**encoded).logits[0], -1)[own, 1]
        return 1 - float(unsupported.max()), 0.0
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        logits = model(**encoded).logits[0]
    if len(logits) == 1:
        return float(torch.sigmoid(logits[0])), 0.0
    shares = torch.softmax(logits, -1).tolist()
    names = [config.get("id2label", {}).get(str(place), "") for place in range(len(shares))]
    supported = names.index("entailment") if "entailment" in names else 1
    contradicted = shares[names.index("contradiction")] if "contradiction" in names else 0.0
    return shares[supported], contradicted


# Not "auto": which runtime is fastest is chance, and bfloat16 promises its nearness on its sample alone.
@pytest.mark.parametrize("runtime", ["onnx", "torch"])
@pytest.mark.parametrize("name", SHAPES)
def test_probabilities_are_those_of_transformers(name: str, runtime: str, models: Path, tmp_path: Path) -> None:
    reader = open_entailment(settings_for(models, name, runtime=runtime), tmp_path)
    for sentence in SENTENCES:
        for text in TEXTS:
            found = reader.judge(sentence, [text])
            expected = transformers_says(models / name.replace(" ", "-"), sentence, text)
            assert (found.supported, found.contradicted) == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("name", SHAPES)
def test_every_runtime_that_may_be_taken_agrees_with_torch(name: str, models: Path, tmp_path: Path) -> None:
    candidates = prepare(settings_for(models, name), tmp_path).candidates
    exact = [one for one in candidates if one.precision == "f32"]
    assert {one.runtime for one in exact} == {"torch", "onnx", "openvino"}
    assert min(one.agreement for one in exact) > 0.999
    assert all(one.agreement >= 0.98 for one in candidates if not one.why_not)


@pytest.mark.parametrize("name", ["tokens", "tokens with types"])
def test_a_token_classifier_says_which_words_it_does_not_find(name: str, models: Path, tmp_path: Path) -> None:
    reader = open_entailment(settings_for(models, name), tmp_path)
    spans = [(sentence, reader.judge(sentence, [text])) for sentence in SENTENCES for text in TEXTS]
    assert any(found.unfound for _, found in spans)
    for sentence, found in spans:
        assert (found.unfound is not None) == (found.supported < 0.5)
        if found.unfound is not None:
            start, end = found.unfound
            assert 0 <= start < end <= len(sentence)


@pytest.mark.parametrize(
    ("labels", "roles"),
    [
        (NLI, (S, U, C)),
        (("Contradiction", "Neutral", "Entailment"), (C, U, S)),
        (("entailment", "not_entailment"), (S, U)),
        (("SUPPORTS", "REFUTES", "NOT ENOUGH INFO"), (S, C, U)),
        (("hallucinated", "consistent"), (U, S)),
        (("LABEL_0", "LABEL_1"), (U, S)),
        (("LABEL_0",), (S,)),
    ],
)
def test_labels_are_understood_in_any_order(labels: tuple[str, ...], roles: tuple[Role, ...]) -> None:
    assert roles_of(labels) == roles


def test_unnamed_labels_of_tokens_begin_with_support() -> None:
    assert roles_of(("LABEL_0", "LABEL_1"), tokens=True) == (S, U)


@pytest.mark.parametrize(
    "labels", [(), ("LABEL_0", "LABEL_1", "LABEL_2"), ("joy", "anger"), ("neutral", "contradiction"), ("yes", "true")]
)
def test_labels_that_mean_nothing_are_a_setting_to_be_given(labels: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match=r'verifier\.labels = "entailment, neutral, contradiction"'):
        roles_of(labels)


def test_unnamed_labels_are_named_by_the_settings(models: Path, tmp_path: Path) -> None:
    folder = make_tiny_classifier(tmp_path / "model", labels=("", "", ""))
    settings = VerifierSettings(kind="model", model=str(folder), runtime="onnx")
    with pytest.raises(SettingsError, match="LABEL_2"):
        open_entailment(settings, tmp_path / "cache")
    found = [
        open_entailment(
            VerifierSettings(kind="model", model=str(folder), runtime="onnx", labels=labels), tmp_path / "cache"
        ).judge("a day", TEXTS[:1])
        for labels in ("entailment, neutral, contradiction", "contradiction, neutral, entailment")
    ]
    assert found[0].supported == pytest.approx(found[1].contradicted)
    with pytest.raises(SettingsError, match="names 2 labels"):
        open_entailment(
            VerifierSettings(kind="model", model=str(folder), runtime="onnx", labels="yes, no"), tmp_path / "cache"
        )


def test_a_long_text_is_read_in_windows_and_the_best_one_decides(models: Path, tmp_path: Path) -> None:
    reader = open_entailment(settings_for(models, "nli deberta"), tmp_path)
    parts = [f"Day {number} is long and is followed by the next day." for number in range(6)]
    whole = reader.judge("a day", [" ".join(parts)])
    alone = [reader.judge("a day", [part]).supported for part in parts]
    assert whole.supported == pytest.approx(max(alone), abs=0.02)


def test_several_texts_are_judged_alone_and_together() -> None:
    """Two passages that only together bear a sentence out are read as one, too."""
    asked: list[str] = []

    class Reading:
        def rows(self, sentence: str, text: str) -> list[Any]:
            asked.append(text)
            return []

    from kb.entailment.reading import EntailmentReader

    reader = EntailmentReader(None, [S], Reading(), None)  # type: ignore[arg-type]  # only the texts are looked at
    reader.judge("s", ["one", "two"])
    assert asked == ["one", "two", "one\ntwo"]


def test_the_best_text_decides_and_the_plainest_denial_is_kept() -> None:
    best = best_of([Entailment(0.2, 0.7), Entailment(0.6, 0.1, (0, 3)), Entailment(0.3, 0.4)])
    assert best == Entailment(0.6, 0.7, (0, 3))


def tokenizer_of(models: Path, name: str = "nli bert", window: int = 64, template: str = "") -> EvidenceTokenizer:
    return EvidenceTokenizer((models / name.replace(" ", "-") / "tokenizer.json").read_text("utf-8"), window, template)


@given(
    st.lists(
        st.sampled_from(["day ", "refund ", "退款", "天。", ". ", "[SEP]", "[sep] ", "[CLS]", "x" * 90]), max_size=30
    )
)
def test_every_row_fits_and_only_the_frame_has_special_tokens(models: Path, pieces: list[str]) -> None:
    text = "".join(pieces)
    for row in tokenizer_of(models).rows(f"a day {text[:40]}", text):
        assert len(row.numbers) == len(row.marks) == len(row.characters) <= 64
        assert row.numbers.count(3) == 2  # [SEP] after each of the two
        assert row.numbers.count(2) == 1  # [CLS]
        assert OF_SENTENCE in row.marks


def test_a_template_is_filled_once_and_the_sentence_is_found_in_it(models: Path) -> None:
    tokenizer = tokenizer_of(models, template="{evidence}[SEP]{sentence}?")
    (row,) = tokenizer.rows("a day", "the {sentence} day")
    own = [place for place, mark in zip(row.characters, row.marks, strict=True) if mark == OF_SENTENCE]
    assert (own[0][0], own[-1][1]) == (0, 5)
    assert row.numbers.count(3) == 2
    assert row.numbers.index(3) < row.marks.index(OF_SENTENCE)


@pytest.mark.parametrize("template", ["{evidence} only", "{sentence} only", "{evidence}{evidence}{sentence}"])
def test_a_template_without_its_slots_is_a_wrong_setting(template: str, models: Path, tmp_path: Path) -> None:
    settings = settings_for(models, "nli bert", runtime="onnx", template=template)
    with pytest.raises(SettingsError, match="must hold"):
        open_entailment(settings, tmp_path)


def test_minichecks_own_frame_is_known(tmp_path: Path) -> None:
    folder = make_tiny_classifier(tmp_path / "MiniCheck-RoBERTa-Large", family="roberta", labels=("", ""))
    preparation = prepare(VerifierSettings(kind="model", model=str(folder), runtime="onnx"), tmp_path / "cache")
    assert preparation.facts.template == "{evidence}</s>{sentence}"


def test_a_prepared_model_is_opened_without_any_model_library(models: Path, tmp_path: Path) -> None:
    settings = settings_for(models, "nli bert")
    with pytest.raises(ModelError, match=r"not prepared.*ibid models --prepare"):
        open_ready(settings, tmp_path)
    assert list(tmp_path.iterdir()) == []
    preparation = prepare(settings, tmp_path)
    assert preparation.runtime in {"openvino", "onnx"}
    assert preparation.facts.labels == "entailment, neutral, contradiction"
    assert find_preparation(settings, tmp_path) == preparation
    code = (
        "import sys; from pathlib import Path; from kb.entailment import open_ready;"
        "from kb.settings import VerifierSettings;"
        f"model = open_ready(VerifierSettings(model={settings.model!r}), Path({str(tmp_path)!r}));"
        "model.judge('why', ['a day']);"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_a_damaged_preparation_is_made_again(models: Path, tmp_path: Path) -> None:
    settings = settings_for(models, "tokens", runtime="onnx")
    graph = prepare(settings, tmp_path).folder / "onnx" / "model.onnx"
    expected = open_entailment(settings, tmp_path).judge(SENTENCES[0], TEXTS[:1])
    graph.write_bytes(graph.read_bytes()[:100])
    again = open_entailment(settings, tmp_path).judge(SENTENCES[0], TEXTS[:1])
    assert again.supported == pytest.approx(expected.supported, abs=1e-4)
    assert again.unfound == expected.unfound


def test_wrong_weights_are_noticed_by_the_probe(models: Path, tmp_path: Path) -> None:
    one, two = settings_for(models, "nli bert", runtime="onnx"), settings_for(models, "nli xlm-roberta", runtime="onnx")
    first, second = prepare(one, tmp_path), prepare(two, tmp_path)
    expected = open_entailment(one, tmp_path).judge(SENTENCES[0], TEXTS[:1])
    (first.folder / "onnx" / "model.onnx").write_bytes((second.folder / "onnx" / "model.onnx").read_bytes())
    again = open_entailment(one, tmp_path).judge(SENTENCES[0], TEXTS[:1])
    assert again[:2] == pytest.approx(expected[:2], abs=1e-4)


def test_half_precision_is_kept_only_where_it_gives_the_same_probabilities(models: Path, tmp_path: Path) -> None:
    settings = settings_for(models, "nli bert")
    halved = open_through_torch(prepare(settings, tmp_path), settings, "cpu")
    exact = open_entailment(settings, tmp_path)
    for text in TEXTS:
        np.testing.assert_allclose(
            halved.judge(SENTENCES[0], [text])[:2], exact.judge(SENTENCES[0], [text])[:2], atol=0.03
        )


def test_the_same_weights_may_serve_two_sections(models: Path) -> None:
    settings = settings_for(models, "one score")
    names = {preparation_name(find_source(settings.model, section), settings) for section in ("verifier", "reranker")}
    assert len(names) == 2


def test_a_model_that_writes_or_embeds_is_no_verifier(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model", family="modernbert")
    with pytest.raises(SettingsError, match=r"ModernBertModel.*verifier\.kind = \"llm\""):
        open_entailment(VerifierSettings(kind="model", model=str(folder)), tmp_path / "cache")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (VerifierSettings(model="/no/such/folder"), "no checking model"),
        (VerifierSettings(model="a/b", runtime="abacus"), r"verifier\.runtime"),
        (VerifierSettings(model="a/b", device="abacus"), r"verifier\.device"),
    ],
)
def test_a_wrong_setting_is_named(settings: VerifierSettings, named: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=named):
        open_ready(settings, tmp_path)


def test_a_hub_model_that_cannot_be_fetched_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"verifier\.model.*hf download nobody/none"):
        open_entailment(VerifierSettings(model="nobody/none"), tmp_path)
