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
    family: str = "bert",
) -> Path:
    """Writes a model of two layers with 32 dimensions and a window of 64 tokens; returns its folder.

    `family` is "bert" or "modernbert" (which looks around itself in every layer but each third).
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from transformers import BertConfig, BertModel, BertTokenizer, ModernBertConfig, ModernBertModel

    torch.manual_seed(7)
    base = folder.with_name(folder.name + "-base")
    base.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{letter}" for letter in CHARACTERS)]
    (base / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries think of their own older file formats is not tested here
        BertTokenizer(vocab=str(base / "vocab.txt"), model_max_length=64).save_pretrained(base)
        # Weights larger than a fresh model's 0.02, so that different texts get clearly different vectors.
        shape = {
            "vocab_size": len(words),
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "max_position_embeddings": 64,
            "initializer_range": 0.3,
            "pad_token_id": 0,
        }
        if family == "bert":
            BertModel(BertConfig(**shape)).save_pretrained(base)
        else:
            ends = {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
            ModernBertModel(ModernBertConfig(local_attention=16, **ends, **shape)).save_pretrained(base)
        modules: list[torch.nn.Module] = [Transformer(str(base), max_seq_length=64)]
        modules.append(Pooling(32, pooling_mode=pooling, include_prompt=include_prompt))
        if dense:
            modules.append(Dense(32, dense))
        if normalise:
            modules.append(Normalize())
        SentenceTransformer(modules=modules, prompts=dict(prompts or {}), device="cpu").save(str(folder))
    return folder


def make_tiny_decoder(folder: Path) -> Path:
    """Writes a model in the manner of Qwen3-Embedding: a decoder, its last token pooled, padding on the left.

    It has an instruction before questions, nothing before passages, and ends each text with a token of its own.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

    torch.manual_seed(7)
    base = folder.with_name(folder.name + "-base")
    base.mkdir(parents=True)
    numbers = {token: number for number, token in enumerate(["<pad>", "<unk>", "<end>", *dict.fromkeys(CHARACTERS)])}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="<unk>"))
    letters = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(letters)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A <end>", special_tokens=[("<end>", 2)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<end>",
        model_max_length=64,
        padding_side="left",
    ).save_pretrained(base)
    settings = Qwen3Config(
        vocab_size=len(numbers),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,
    )
    Qwen3Model(settings).save_pretrained(base)
    modules = [Transformer(str(base), max_seq_length=64), Pooling(32, pooling_mode="lasttoken"), Normalize()]
    prompts = {"query": "find what answers: ", "document": ""}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder))
    return folder
