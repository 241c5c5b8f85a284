"""Tiny random sentence-transformers models, made on the spot: all that a real one has, in a few kilobytes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;?!退款需要多少天第条學期考試"


def make_tiny_model(
    folder: Path,
    *,
    pooling: str = "mean",
    prompts: Mapping[str, str] | None = None,
    include_prompt: bool = True,
    dense: int = 0,
    normalise: bool = True,
) -> Path:
    """Writes a model of two layers with 32 dimensions and a window of 64 tokens; returns its folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(7)
    base = folder.with_name(folder.name + "-base")
    base.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{letter}" for letter in CHARACTERS)]
    (base / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries think of their own older file formats is not tested here
        BertTokenizer(vocab=str(base / "vocab.txt"), model_max_length=64).save_pretrained(base)
        # Weights larger than a fresh model's 0.02, so that different texts get clearly different vectors.
        settings = BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.3,
        )
        BertModel(settings).save_pretrained(base)
        modules: list[torch.nn.Module] = [Transformer(str(base), max_seq_length=64)]
        modules.append(Pooling(32, pooling_mode=pooling, include_prompt=include_prompt))
        if dense:
            modules.append(Dense(32, dense))
        if normalise:
            modules.append(Normalize())
        SentenceTransformer(modules=modules, prompts=dict(prompts or {}), device="cpu").save(str(folder))
    return folder
