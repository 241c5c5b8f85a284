"""From a loaded sentence-transformers model to the files that the fast runtimes read."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kb.embedding.manifest import ModelFacts
from kb.errors import ModelError

_INPUTS = ("input_ids", "attention_mask")

# What the model cards of two much used families ask for while their files do not say it.
_FAMILY_PREFIXES = (
    (r"(^|[/-])e5-(small|base|large)(?!.*instruct)", ("query: ", "passage: ")),
    (r"(^|/)bge-(small|base|large)-en", ("Represent this sentence for searching relevant passages: ", "")),
    (r"(^|/)bge-(small|base|large)-zh", ("为这个句子生成表示以用于检索相关文章：", "")),
)

# What models call the prompts that a search takes, the commonest first (harrier, nomic, jina, stella have their own).
_QUERY_PROMPTS = ("query", "web_search_query", "search_query", "retrieval.query", "s2p_query")
_PASSAGE_PROMPTS = ("document", "passage", "corpus", "search_document", "retrieval.passage")

_CUSTOMARY_WINDOW = 512  # where a model says nothing at all: that of BERT
_OPSET = 18  # the newest that torch's tracing exporter writes without a converter; both runtimes read it


def read_facts(model: Any, name: str, revision: str) -> ModelFacts:
    """All that the manifest keeps about a loaded `SentenceTransformer`."""
    prefixes = read_prefixes(model, name)
    return ModelFacts(
        name=name,
        revision=revision,
        dimension=int(model.get_embedding_dimension()),
        pooling=_pooling(model),
        max_tokens=model_window(model),
        pad_id=int(model.tokenizer.pad_token_id or 0),
        query_prefix=prefixes[0],
        passage_prefix=prefixes[1],
    )


def save_tokenizer(model: Any, file: Path) -> None:
    """Writes the model's fast tokenizer.

    Raises:
        ModelError: the model has no fast tokenizer.
    """
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("the model has no fast tokenizer")
    backend.save(str(file))


def export_graph(model: Any, file: Path) -> None:
    """Writes the whole chain of modules (transformer, pooling, dense layers, normalisation) as one ONNX graph.

    Raises:
        ModelError: torch cannot trace this model.
    """
    trace_graph(model, file, "sentence_embedding")


def unpooled_prompt(model: Any) -> str:
    """Why an embedding model cannot be exported at all; "" where it can be tried."""
    if any(getattr(module, "include_prompt", True) is False for module in model):
        return "the model leaves its prompt out of the pooling, which only sentence-transformers does"
    return ""


def trace_graph(model: Any, file: Path, output: str, more: Callable[[Any, Any], dict[str, Any]] | None = None) -> None:
    """Writes a chain of sentence-transformers modules as an ONNX graph from token numbers and mask to one feature.

    Args:
        model: the chain.
        file: where the graph goes.
        output: the feature to return.
        more: computes, inside the graph, further features that the first module wants.

    Raises:
        ModelError: torch cannot trace this model.
    """
    import torch

    class Chain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            features |= more(input_ids, attention_mask) if more else {}
            for module in self.model:
                features = module(features)
            return features[output]

    example = torch.ones(2, 7, dtype=torch.int64)
    axes = {0: "batch", 1: "length"}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # The tracing exporter is deprecated (the new one needs one more library), and transformers warns wherever
            # it looks at a shape; the agreement measured on every exported graph says more than they do.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Chain().eval(),
                (example, example),
                str(file),
                dynamo=False,
                opset_version=_OPSET,
                input_names=list(_INPUTS),
                output_names=["vectors"],
                dynamic_axes={**dict.fromkeys(_INPUTS, axes), "vectors": {0: "batch"}},
            )
    except Exception as error:
        raise ModelError("torch cannot export the model", str(error).splitlines()[0] if str(error) else "") from error


def read_prefixes(model: Any, name: str) -> tuple[str, str]:
    """What stands before questions and before passages: the model's own prompts, else its family's custom."""
    prompts = {key: text for key, text in (model.prompts or {}).items() if text}
    default = prompts.get(model.default_prompt_name or "", "")
    query = next((prompts[key] for key in _QUERY_PROMPTS if key in prompts), default)
    passage = next((prompts[key] for key in _PASSAGE_PROMPTS if key in prompts), default)
    return (query, passage) if prompts else family_prefixes(name)


def family_prefixes(name: str) -> tuple[str, str]:
    """What a family's model cards ask for before questions and before passages; nothing for other models."""
    return next((pair for pattern, pair in _FAMILY_PREFIXES if re.search(pattern, name.lower())), ("", ""))


def _pooling(model: Any) -> str:
    modes = [getattr(module, "pooling_mode", None) for module in model]
    found = next((mode for mode in modes if mode), "none")
    return found if isinstance(found, str) else "+".join(found)


def model_window(model: Any) -> int:
    """Tokens that a loaded model reads at most, special tokens counted."""
    settings = getattr(getattr(model[0], "model", None), "config", None)
    limits = [
        model.max_seq_length,
        getattr(model.tokenizer, "model_max_length", None),
        getattr(settings, "max_position_embeddings", None),
    ]
    return int(min((limit for limit in limits if limit), default=_CUSTOMARY_WINDOW))
