from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from kb.embedding.packed_weights import read_packed, unpack_blocks, write_model
from kb.errors import ModelError

HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 2, 64, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "\u2581query", ":", "合同", "合", "同", "\u2581a", "<mask>"]


def pack(weights: np.ndarray) -> bytes:
    """Q4_0 written the slow way, block by block."""
    content = b""
    for block in weights.astype(np.float32).reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1)
        numbers = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        content += scale.tobytes() + bytes(int(numbers[j]) | int(numbers[j + 16]) << 4 for j in range(16))
    return content


def packed_file(seed: int = 3) -> tuple[bytes, dict[str, np.ndarray]]:
    chance = np.random.default_rng(seed)
    matrices = {"emb.word": chance.normal(size=(len(PIECES), HIDDEN))}
    vectors = {"emb.pos": chance.normal(size=(POSITIONS, HIDDEN)), "emb.type": chance.normal(size=(2, HIDDEN))}
    vectors |= {f"emb.ln.{part}": chance.normal(size=HIDDEN) for part in "wb"}
    for layer in range(LAYERS):
        for name, rows, columns in (
            *((name, HIDDEN, HIDDEN) for name in ("q", "k", "v", "ao")),
            ("fi", INNER, HIDDEN),
            ("fo", HIDDEN, INNER),
        ):
            matrices[f"l{layer}.{name}.w"] = chance.normal(size=(rows, columns))
            vectors[f"l{layer}.{name}.b"] = chance.normal(size=rows)
        vectors |= {f"l{layer}.{name}.{part}": chance.normal(size=HIDDEN) for name in ("aln", "oln") for part in "wb"}
    text = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, text)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(starts[-1])) + starts.astype("<u4").tobytes()
    head += (-np.arange(len(PIECES))).astype("<f4").tobytes() + b"".join(text) + struct.pack("<iI", 0, 0)
    stored = {name: pack(values) for name, values in matrices.items()}
    stored |= {name: values.astype("<f4").tobytes() for name, values in vectors.items()}
    directory_size = 4 + sum(2 + len(name) + 21 for name in stored)
    directory, body = struct.pack("<i", len(stored)), b""
    for name, content in stored.items():
        offset = len(head) + directory_size + len(body)
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, offset, len(content))
        body += content
    return head + directory + body, matrices | vectors


def test_a_block_holds_its_low_halves_before_its_high_halves() -> None:
    block = np.float16(0.5).tobytes() + bytes(low | (15 - low) << 4 for low in range(16))
    expected = [(number - 8) / 2 for number in [*range(16), *range(15, -1, -1)]]
    assert unpack_blocks(np.frombuffer(block, np.uint8)).tolist() == expected


def test_every_matrix_is_found_under_its_name_to_within_its_rounding() -> None:
    content, original = packed_file()
    tensors = read_packed(content).tensors
    for stored, name in (
        ("emb.word", "embeddings.word_embeddings.weight"),
        ("l1.fi.w", "encoder.layer.1.intermediate.dense.weight"),
        ("l0.ao.w", "encoder.layer.0.attention.output.dense.weight"),
    ):
        assert tensors[name].shape == original[stored].shape
        assert np.abs(tensors[name] - original[stored]).max() < 0.5  # 4 bits of numbers up to 4
    for stored, name in (
        ("emb.pos", "embeddings.position_embeddings.weight"),
        ("l1.oln.b", "encoder.layer.1.output.LayerNorm.bias"),
        ("l0.q.b", "encoder.layer.0.attention.self.query.bias"),
    ):
        assert np.allclose(tensors[name], original[stored], atol=2e-3)


def test_the_written_folder_holds_a_model_of_the_same_sizes_and_its_vocabulary(tmp_path: Path) -> None:
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    content, _ = packed_file()
    write_model(read_packed(content), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["hidden_size"], config["num_hidden_layers"], config["vocab_size"]) == (HIDDEN, LAYERS, len(PIECES))
    assert load_file(tmp_path / "model.safetensors")["pooler.dense.weight"].shape == (HIDDEN, HIDDEN)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("query: 合同").tokens == ["<s>", "\u2581query", ":", "\u2581", "合同", "</s>"]
    assert tokenizer.encode("ａ").tokens == ["<s>", "\u2581a", "</s>"]  # full width


@pytest.mark.parametrize("size", [3, 40, 200, 2000])
def test_a_file_cut_short_is_refused(size: int) -> None:
    content, _ = packed_file()
    with pytest.raises(ModelError, match="packed model"):
        read_packed(content[:size])


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(ModelError, match="begins with"):
        read_packed(b"GGUF" + bytes(100))
