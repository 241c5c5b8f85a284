"""A Llama of 2 MB that says what it is told to: enough for a real vLLM server, and nothing is fetched.

Its one layer adds nothing, so that what comes next depends on the last token alone, and `lm_head` is made such that
each token of a saying is followed by the next one. The chat template ends in a token by which a saying begins, and
chooses it by what it is asked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from tokenizers.pre_tokenizers import ByteLevel

if TYPE_CHECKING:
    import torch

_DIMENSION = 256
_CONTEXT = 131_072  # so long that no processor is at the end of a reply before a test has looked at it
_END = "<|end|>"
# Each saying in pieces of which none occurs twice in all sayings; `None` at its end means that it goes on for ever.
ENGLISH = (
    " Students must",
    " hand in",
    " the final report",
    " within fourteen days",
    " after the last",
    " lecture",
    " [1].",
)
CHINESE = ("租赁期满后，", "出租人应当", "在三十日内", "退还押金", "[1]。")
REWRITTEN = (
    '{"question":"',
    "How many",
    " days do",
    " students have",
    " to hand in",
    " the final",
    " report",
    "?",
    '"}',
)
_LOOP = ("Round", " and round", " it goes,")
_LONG = tuple(f" step{number}," for number in range(1500))  # longer than any answer may be, and nothing repeats
SAYINGS = {"<|en|>": ENGLISH, "<|zh|>": CHINESE, "<|json|>": REWRITTEN, "<|loop|>": _LOOP, "<|long|>": _LONG}

_TEMPLATE = """{%- for message in messages -%}<|{{ message.role }}|>{{ message.content }}{%- endfor -%}
{%- set asked = messages[-1].content -%}
{%- if 'rewrite' in messages[0].content -%}<|json|>
{%- elif 'in circles' in asked -%}<|loop|>
{%- elif 'at length' in asked -%}<|long|>
{%- elif '段落' in messages[0].content -%}<|zh|>
{%- else -%}<|en|>{%- endif -%}"""


def make_tiny_llama(folder: Path) -> Path:
    """Writes the model and its tokenizer into `folder`, which is returned."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": _END, "chat_template": _TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": _DIMENSION,
        "intermediate_size": _DIMENSION,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "max_position_embeddings": _CONTEXT,
        "rms_norm_eps": 1e-6,
        "eos_token_id": tokenizer.token_to_id(_END),
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
    }
    (folder / "config.json").write_text(json.dumps(config))
    save_file(_weights(tokenizer), folder / "model.safetensors", {"format": "pt"})
    return folder


def _tokenizer() -> Tokenizer:
    """Text is read byte by byte; the pieces of the sayings are only ever written."""
    vocabulary = {letter: number for number, letter in enumerate(sorted(ByteLevel.alphabet()))}
    for saying in SAYINGS.values():
        for piece in saying:
            vocabulary.setdefault(_written(piece), len(vocabulary))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([_END, "<|system|>", "<|user|>", "<|assistant|>", *SAYINGS])
    return tokenizer


def _written(piece: str) -> str:
    """A piece in the letters that stand for its bytes in the vocabulary."""
    ((letters, _),) = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(piece)
    return letters


def _weights(tokenizer: Tokenizer) -> dict[str, torch.Tensor]:
    import torch

    size = tokenizer.get_vocab_size()
    generator = torch.Generator().manual_seed(0)
    embedded = torch.nn.functional.normalize(torch.randn(size, _DIMENSION, generator=generator), dim=1)
    head = torch.zeros(size, _DIMENSION)
    for beginning, saying in SAYINGS.items():
        ids = [tokenizer.token_to_id(beginning), *(tokenizer.token_to_id(_written(piece)) for piece in saying)]
        last = ids[1] if beginning in {"<|loop|>", "<|long|>"} else tokenizer.token_to_id(_END)
        for token, following in zip(ids, [*ids[1:], last], strict=True):
            head[following] += embedded[token]
    square = torch.zeros(_DIMENSION, _DIMENSION)
    layer = "model.layers.0."
    names = [f"{layer}self_attn.{name}_proj.weight" for name in "qkvo"]
    names += [f"{layer}mlp.{name}_proj.weight" for name in ("gate", "up", "down")]
    norms = [f"{layer}input_layernorm.weight", f"{layer}post_attention_layernorm.weight", "model.norm.weight"]
    weights = {name: square.clone() for name in names} | {name: torch.ones(_DIMENSION) for name in norms}
    weights |= {"model.embed_tokens.weight": embedded, "lm_head.weight": head}
    return {name: weight.to(torch.bfloat16) for name, weight in weights.items()}
