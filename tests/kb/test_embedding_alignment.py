from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.embedding.alignment import fit_rotation, read_alignment, write_alignment
from kb.errors import ModelError


def unit_rows(count: int, dimension: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def rotation_of(dimension: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))[0].astype(np.float32)


@given(st.integers(0, 1000), st.integers(2, 12))
def test_a_rotation_is_found_again_from_what_it_turned(seed: int, dimension: int) -> None:
    rows, rotation = unit_rows(4 * dimension, dimension, seed), rotation_of(dimension, seed + 1)
    assert np.allclose(fit_rotation(rows, rows @ rotation), rotation, atol=1e-3)


@given(st.integers(0, 1000))
def test_a_fitted_rotation_keeps_every_cosine_whatever_it_was_fitted_to(seed: int) -> None:
    rows = unit_rows(20, 8, seed)
    turned = rows @ fit_rotation(rows, unit_rows(20, 8, seed + 1))
    assert np.allclose(turned @ turned.T, rows @ rows.T, atol=1e-5)


def test_what_was_written_is_read_and_turns_to_unit_length(tmp_path: Path) -> None:
    file = tmp_path / "alignment.npz"
    rotation, mean = rotation_of(8, 1), np.full(8, 0.25, dtype=np.float32)
    write_alignment(file, -mean, mean, rotation)
    found = read_alignment(file)
    rows = unit_rows(5, 8, 2)
    expected = (rows - mean) @ rotation
    assert np.allclose(found.turn_passages(rows), expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-2)
    question = (rows[0] + mean) @ rotation
    assert np.allclose(found.turn_question(rows[0]), question / np.linalg.norm(question), atol=1e-2)
    assert found.turn_passages(rows).dtype == np.float32


def test_the_same_numbers_make_the_same_file_and_other_numbers_another_digest(tmp_path: Path) -> None:
    mean = np.zeros(8, dtype=np.float32)
    for name, seed in (("a.npz", 1), ("b.npz", 1), ("c.npz", 2)):
        write_alignment(tmp_path / name, mean, mean, rotation_of(8, seed))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert read_alignment(tmp_path / "a.npz").digest != read_alignment(tmp_path / "c.npz").digest


def test_a_matrix_that_is_no_rotation_is_refused(tmp_path: Path) -> None:
    mean = np.zeros(8, dtype=np.float32)
    write_alignment(tmp_path / "a.npz", mean, mean, 2 * rotation_of(8, 1))
    with pytest.raises(ModelError, match="rotation is off"):
        read_alignment(tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ModelError, match="cannot read"):
        read_alignment(tmp_path / "a.npz")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        read_alignment(tmp_path / "none.npz")


def test_the_packaged_alignment_fits_the_packaged_model() -> None:
    found = read_alignment()
    assert found.rotation.shape == (384, 384)
    assert found.question_mean.shape == found.passage_mean.shape == (384,)
