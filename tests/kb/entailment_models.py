"""Tiny random classifiers, made on the spot: all that a real one has, in a few kilobytes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.kb.embedding_models import CHARACTERS

NLI = ("entailment", "neutral", "contradiction")
_ENDS = {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}


def make_tiny_classifier(
    folder: Path, *, family: str = "bert", labels: Sequence[str] = NLI, tokens: bool = False, seed: int = 11
) -> Path:
    """Writes a classifier of two layers with 32 dimensions and a window of 64 tokens; returns its folder.

    Args:
        folder: where it goes.
        family: "bert" (told by token types which text a token is of), "roberta", "xlm-roberta", "deberta-v2" or
            "modernbert" (which are not).
        labels: their names; those named "" are left to transformers, which calls them LABEL_0 and so on.
        tokens: classifies each token instead of the pair.
        seed: other weights for another one.
    """
    import torch
    import transformers
    from transformers import BertTokenizer

    torch.manual_seed(seed)
    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{letter}" for letter in CHARACTERS)]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if family == "bert" else [])
    kind = {
        "bert": "Bert",
        "roberta": "Roberta",
        "xlm-roberta": "XLMRoberta",
        "deberta-v2": "DebertaV2",
        "modernbert": "ModernBert",
    }[family]
    task = "ForTokenClassification" if tokens else "ForSequenceClassification"
    config = getattr(transformers, f"{kind}Config")(**_shape(family, len(words), labels))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries think of their own older file formats is not tested here
        tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"), model_max_length=64, model_input_names=names)
        tokenizer.save_pretrained(folder)
        getattr(transformers, f"{kind}{task}")(config).save_pretrained(folder)
    return folder


def _shape(family: str, words: int, labels: Sequence[str]) -> Mapping[str, Any]:
    shape: dict[str, Any] = {
        "vocab_size": words,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "initializer_range": 0.3,  # larger than a fresh model's 0.02, so that different pairs get different scores
        "pad_token_id": 0,
        "max_position_embeddings": 65 if "roberta" in family else 64,
        "num_labels": len(labels),
    }
    if all(labels):
        shape["id2label"] = dict(enumerate(labels))
        shape["label2id"] = {name: number for number, name in enumerate(labels)}
    if family == "modernbert":
        shape |= {"local_attention": 16, **_ENDS}
    if family == "deberta-v2":  # as mDeBERTa: positions relative to each other, none of the tokens' own
        shape |= {
            "relative_attention": True,
            "position_buckets": 16,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
            "type_vocab_size": 0,
        }
    if "roberta" in family:
        shape["type_vocab_size"] = 1
    return shape
