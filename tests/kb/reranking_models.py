"""Tiny random cross-encoders, made on the spot: all that a real one has, in a few kilobytes."""

from __future__ import annotations

import warnings
from pathlib import Path

from tests.kb.embedding_models import CHARACTERS


def make_tiny_cross_encoder(folder: Path, *, family: str = "bert", labels: int = 1) -> Path:
    """Writes a cross-encoder of two layers with 32 dimensions and a window of 64 tokens; returns its folder.

    Args:
        folder: where it goes.
        family: "bert" (which is told by token types which text a token is of) or "xlm-roberta" (which is not).
        labels: how many scores it gives.
    """
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        BertTokenizer,
        XLMRobertaConfig,
        XLMRobertaForSequenceClassification,
    )

    torch.manual_seed(11)
    base = folder.with_name(folder.name + "-base")
    base.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{letter}" for letter in CHARACTERS)]
    (base / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if family == "bert" else [])
    shape = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "initializer_range": 0.3,  # larger than a fresh model's 0.02, so that different pairs get different scores
        "pad_token_id": 0,
        "num_labels": labels,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries think of their own older file formats is not tested here
        tokenizer = BertTokenizer(vocab=str(base / "vocab.txt"), model_max_length=64, model_input_names=names)
        tokenizer.save_pretrained(base)
        if family == "bert":
            BertForSequenceClassification(BertConfig(max_position_embeddings=64, **shape)).save_pretrained(base)
        else:
            settings = XLMRobertaConfig(max_position_embeddings=66, type_vocab_size=1, **shape)
            XLMRobertaForSequenceClassification(settings).save_pretrained(base)
        CrossEncoder(str(base), device="cpu").save_pretrained(str(folder))
    return folder
