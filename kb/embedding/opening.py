"""Opening what was prepared, without importing any model library for the fast runtimes."""

from __future__ import annotations

from pathlib import Path

from kb.embedding.graph_embedder import GraphEmbedder, Runtime
from kb.embedding.manifest import Preparation
from kb.embedding.tokens import TextTokenizer
from kb.ports import Embedder
from kb.settings import EmbedderSettings


def open_prepared(preparation: Preparation, settings: EmbedderSettings) -> Embedder:
    """The embedder of `preparation`.

    Raises:
        ModelError: the model cannot be loaded.
    """
    facts, folder = preparation.facts, preparation.folder
    if preparation.runtime == "torch":
        from kb.embedding.sources import ModelSource
        from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer

        place = Path(preparation.source)
        return TorchEmbedder(facts, load_sentence_transformer(ModelSource(facts.name, place if place.is_dir() else None)))
    tokenizer = TextTokenizer(folder / "tokenizer.json", facts.max_tokens, facts.special_tokens)
    runtime: Runtime
    if preparation.runtime == "openvino":
        from kb.embedding.openvino_runtime import OpenVinoRuntime

        runtime = OpenVinoRuntime(folder / "model.onnx", preparation.precision, settings.threads, folder / "compiled")
    else:
        from kb.embedding.onnx_runtime import OnnxRuntime

        runtime = OnnxRuntime(folder / "model.onnx", settings.threads)
    return GraphEmbedder(facts, tokenizer, runtime)
