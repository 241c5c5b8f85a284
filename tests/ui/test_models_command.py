"""`ibid models` as a person meets it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kb.embedding.multilingual import find_data_file
from tests.fakes import HashEmbedder
from tests.kb.entailment_models import make_tiny_classifier
from tests.kb.reranking_models import make_tiny_cross_encoder
from tests.making import make_catalog, make_document
from ui.terminal.main import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["models", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_it_says_what_is_used_what_is_here_and_which_profiles_there_are(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, "--home", str(home), "--json")
    found: dict[str, Any] = json.loads(out)
    assert status == 0
    assert (found["profile"], found["embedder"]["prepared"], found["reranker"]["here"]) == ("embedded", False, "none")
    assert list(found["profiles"]) == ["embedded", "standard", "gpu"]
    assert found["profiles"]["standard"]["embedder"]["here"] == "not here"
    assert found["profiles"]["gpu"]["reranker"]["licence"] == "Apache-2.0"
    assert found["chat"] == {"model": "extractive", "base_url": ""}
    assert (found["verifier"]["kind"], found["verifier"]["here"]) == ("packaged", "none")
    assert found["profiles"]["standard"]["verifier"]["here"] == "not here"
    assert found["profiles"]["standard"]["verifier"]["licence"] == "MIT"
    _, out, _ = run(capsys, "--home", str(home))
    assert "* embedded" in out
    assert "checking   words, in English with" in out
    assert found["profiles"]["standard"]["embedder"]["name"] in out


def test_one_profile_is_shown_with_its_reasons_and_doubts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--home", str(home), "--profile", "gpu")
    for words in ("licence", "unverified", "why", "vllm serve", "question ms"):
        assert words in out


def test_using_a_profile_writes_the_settings_and_says_what_is_to_be_done(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_catalog(home, HashEmbedder(), make_document("Tea is served."), name="law")
    (home / "ibid.toml").write_text('# ours\ncollection = "law"\n[embedder]\nthreads = 2\n', "utf-8")
    status, _, err = run(capsys, "--home", str(home), "--use", "standard")
    assert status == 0
    assert "ibid reembed -c law" in err
    assert 'was "packaged"' in err
    text = (home / "ibid.toml").read_text("utf-8")
    assert text.startswith('# ours\ncollection = "law"\n')
    assert tomllib.loads(text)["embedder"]["threads"] == 2
    _, out, err = run(capsys, "--home", str(home), "--use", "standard", "--json")
    assert json.loads(out)["profile"] == "standard"
    assert "set already" in err
    assert "reembed" not in err


def test_a_profile_for_a_gpu_says_when_there_is_none(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    status, _, err = run(capsys, "--home", str(home), "--use", "gpu")
    assert status == 0
    assert "this machine cannot use the profile" in err
    assert "vllm serve" in err


def test_variables_that_come_before_the_file_are_named(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBID_EMBEDDER_THREADS", "1")
    _, _, err = run(capsys, "--home", str(home), "--use", "standard")
    assert "IBID_EMBEDDER_THREADS still comes before the file" in err


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ('kind = "llm"', "writer as judge at http://127.0.0.1:9/v1"),
        ('kind = "llm"\nmodel = "judge"', "judge as judge at http://127.0.0.1:9/v1"),
        ('kind = "server"\nbase_url = "http://127.0.0.1:8"\nmodel = "nli"', "nli on a server at http://127.0.0.1:8"),
        (
            'kind = "model"\nmodel = "nobody/none"',
            "nobody/none: not here yet (`ibid models --prepare`; until then words",
        ),
    ],
)
def test_it_says_who_checks_sentences(home: Path, lines: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()
    model = '[model]\nbase_url = "http://127.0.0.1:9/v1"\nname = "writer"\n'
    (home / "ibid.toml").write_text(f"{model}[verifier]\n{lines}\n", "utf-8")
    _, out, _ = run(capsys, "--home", str(home))
    assert f"checking   {shown}" in out


def test_preparing_takes_the_verifier_too(
    home: Path, prepared_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    shutil.copytree(prepared_models, home / "models")
    folder = make_tiny_classifier(tmp_path / "nli")
    (home / "ibid.toml").write_text(f'[verifier]\nkind = "model"\nmodel = "{folder}"\nruntime = "onnx"\n', "utf-8")
    status, out, _ = run(capsys, "--home", str(home), "--prepare", "--json")
    found = json.loads(out)["verifier"]
    assert (status, found["here"], found["runtime"]) == (0, "ready", "onnx")
    _, out, _ = run(capsys, "--home", str(home))
    assert f"checking   {folder}: onnx f32, agrees with torch" in out


def test_preparing_takes_the_reranker_too(
    home: Path, prepared_models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    shutil.copytree(prepared_models, home / "models")
    folder = make_tiny_cross_encoder(tmp_path / "cross-encoder")
    (home / "ibid.toml").write_text(f'[reranker]\nmodel = "{folder}"\nruntime = "onnx"\n', "utf-8")
    status, out, err = run(capsys, "--home", str(home), "--prepare", "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["embedder"]["here"], found["reranker"]["here"]) == ("ready", "ready")
    assert found["reranker"]["runtime"] == "onnx"
    assert "ready: onnx" in err
    _, out, _ = run(capsys, "--home", str(home))
    assert "agrees with torch" in out
    assert (found["embedder"]["other_scripts"] is not None) == (find_data_file() is not None)
    if find_data_file() is not None:  # where its package can be installed
        assert found["embedder"]["other_scripts"]["prepared"]
        assert "multilingual-e5-small, for scripts other than the Latin: ready" in out


def test_a_profile_whose_models_cannot_be_fetched_says_how_to(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "--home", str(home), "--profile", "standard", "--prepare")
    assert status == 1
    assert "hf download ibm-granite/granite-embedding-97m-multilingual-r2" in err


@pytest.mark.parametrize(
    "arguments", [["--profile", "mine"], ["--use", "mine"], ["--use", "gpu", "--profile", "standard"]]
)
def test_a_profile_that_is_not_there_is_a_usage_error(
    arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "--home", str(home), *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("ibid: ")
