"""The stand-in for the spaCy model that `unstructured` would download."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.parsing.elements import prepare_unstructured


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_spacy_finds_the_stand_in_and_it_parts_sentences_in_both_languages() -> None:
    prepare_unstructured()
    import spacy

    pipeline = spacy.load("en_core_web_sm", exclude=["ner", "lemmatizer", "attribute_ruler"])

    assert [s.text for s in pipeline("One is here. Two are there.").sents] == ["One is here.", "Two are there."]
    assert [s.text for s in pipeline("第一句话。第二句话！").sents] == ["第一句话。", "第二句话！"]
    assert [token.tag_ for token in pipeline("The clinic opened")] == ["NN", "NN", "VBG"]


def test_a_really_installed_model_comes_first_and_telemetry_is_off() -> None:
    prepare_unstructured()
    prepare_unstructured()

    assert [Path(entry).name for entry in sys.path].count("offline_models") == 1
    assert Path(sys.path[-1]).name == "offline_models"
    assert os.environ["DO_NOT_TRACK"] == "1"


def test_importing_the_parsers_loads_no_library() -> None:
    code = "import sys, ingest.parsing; print([n for n in ('unstructured', 'spacy', 'pypdfium2') if n in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
