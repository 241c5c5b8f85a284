"""From a loaded sentence-transformers model to the files that the fast runtimes read."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

from kb.embedding.manifest import ModelFacts
from kb.embedding.sources import ModelSource
from kb.errors import ModelError

GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
INPUTS = ("input_ids", "attention_mask")

_OPSET = 18  # the newest that torch's tracing exporter writes without a converter; both runtimes read it


def read_facts(model: Any, source: ModelSource, folder: Path) -> ModelFacts:
    """All that the manifest keeps about a loaded `SentenceTransformer` whose tokenizer was saved into `folder`."""
    from tokenizers import Tokenizer

    prefixes = read_prefixes(model, source.name)
    return ModelFacts(
        name=source.name,
        revision=_revision(model),
        dimension=int(model.get_embedding_dimension()),
        pooling=_pooling(model),
        max_tokens=_window(model),
        special_tokens=Tokenizer.from_file(str(folder / TOKENIZER)).num_special_tokens_to_add(False),
        pad_id=int(model.tokenizer.pad_token_id or 0),
        query_prefix=prefixes[0],
        passage_prefix=prefixes[1],
    )


def save_tokenizer(model: Any, folder: Path) -> None:
    """Writes the model's fast tokenizer as `tokenizer.json`.

    Raises:
        ModelError: the model has no fast tokenizer.
    """
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("the model has no fast tokenizer")
    backend.save(str(folder / TOKENIZER))


def export_graph(model: Any, file: Path) -> None:
    """Writes the whole chain of modules (transformer, pooling, dense layers, normalisation) as one ONNX graph.

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
            for module in self.model:
                features = module(features)
            return features["sentence_embedding"]

    example = torch.ones(2, 7, dtype=torch.int64)
    axes = {0: "batch", 1: "length"}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            # The tracing exporter is deprecated, and transformers warns wherever it looks at a shape; the agreement that
            # is measured on every exported graph says more than they do.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Chain().eval(),
                (example, example),
                str(file),
                dynamo=False,
                opset_version=_OPSET,
                input_names=list(INPUTS),
                output_names=["vectors"],
                dynamic_axes={**dict.fromkeys(INPUTS, axes), "vectors": {0: "batch"}},
            )
    except Exception as error:
        raise ModelError("torch cannot export the model", str(error).splitlines()[0] if str(error) else "") from error


def read_prefixes(model: Any, name: str) -> tuple[str, str]:
    """What stands before questions and before passages: the model's own prompts, else its family's custom."""
    prompts = {key: text for key, text in (model.prompts or {}).items() if text}
    default = prompts.get(model.default_prompt_name or "", "")
    query = prompts.get("query", default)
    passage = next((prompts[key] for key in ("document", "passage", "corpus") if key in prompts), default)
    return query, passage


def _pooling(model: Any) -> str:
    modes = [getattr(module, "pooling_mode", None) for module in model]
    found = next((mode for mode in modes if mode), "none")
    return found if isinstance(found, str) else "+".join(found)


def _window(model: Any) -> int:
    positions = getattr(getattr(model[0], "auto_model", None), "config", None)
    limits = [model.max_seq_length, getattr(model.tokenizer, "model_max_length", None), getattr(positions, "max_position_embeddings", None)]
    return int(min([limit for limit in limits if limit] or [512]))


def _revision(model: Any) -> str:
    """A hash of the weights, the tokenizer and the modules' settings, wherever the files came from."""
    digest = hashlib.sha256(model.tokenizer.backend_tokenizer.to_str().encode() if hasattr(model.tokenizer, "backend_tokenizer") else b"")
    digest.update(repr([(type(module).__name__, getattr(module, "pooling_mode", "")) for module in model]).encode())
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().view(-1).numpy().tobytes())
    return digest.hexdigest()[:16]
