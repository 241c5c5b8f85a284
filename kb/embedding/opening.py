"""Opening what was prepared, without importing any model library for the fast runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kb.embedding.batches import LENGTH_STEP
from kb.embedding.graph_embedder import GraphEmbedder, Runtime
from kb.embedding.manifest import Preparation
from kb.embedding.sources import ModelSource
from kb.embedding.tokens import TextTokenizer
from kb.errors import ModelError
from kb.ports import Embedder, Vectors

TOKENIZER = "tokenizer.json"

# Two runs of the same graph on the same machine differ by less than this in every coordinate of a unit vector.
_PROBE_TOLERANCE = 0.01


def open_prepared(preparation: Preparation, threads: int) -> Embedder:
    """The embedder of `preparation`.

    Raises:
        ModelError: its files are damaged or gone, or torch cannot load the model.
    """
    facts, folder = preparation.facts, preparation.folder
    if preparation.runtime == "torch":
        from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer

        place = Path(preparation.source)
        source = ModelSource(facts.name, place if place.is_dir() else None)
        return TorchEmbedder(facts, load_sentence_transformer(source))
    try:
        tokenizer = TextTokenizer(folder / TOKENIZER, facts.max_tokens)
        runtime = open_runtime(folder, preparation.runtime, preparation.precision, threads)
        difference = float(np.abs(probe(runtime) - np.array(preparation.probe, dtype=np.float32)).max())
    except Exception as error:  # the runtimes and the tokenizer raise bare RuntimeError and Exception
        raise ModelError(f"cannot open the prepared model in {folder}", str(error).partition("\n")[0]) from error
    if not difference <= _PROBE_TOLERANCE:  # "not <=" so that a NaN is refused
        raise ModelError(f"the prepared model in {folder} is damaged", f"a known vector is off by {difference:.3g}")
    return GraphEmbedder(facts, tokenizer, runtime)


def graph_file(folder: Path, runtime: str, precision: str) -> Path:
    """Where the graph for a runtime is in a prepared folder."""
    return folder / ("model.onnx" if runtime == "onnx" else f"openvino-{precision}.xml")


def open_runtime(folder: Path, runtime: str, precision: str, threads: int) -> Runtime:
    """The runtime over the graph in `folder`."""
    graph = graph_file(folder, runtime, precision)
    if runtime == "openvino":
        from kb.embedding.openvino_runtime import OpenVinoRuntime

        return OpenVinoRuntime(graph, precision, threads)
    from kb.embedding.onnx_runtime import OnnxRuntime

    return OnnxRuntime(graph, threads)


def probe(runtime: Runtime) -> Vectors:
    """The unit vector of a fixed row of tokens, shape (dimension,)."""
    numbers = np.arange(1, LENGTH_STEP + 1, dtype=np.int64).reshape(1, -1)
    vector = runtime.run(numbers, np.ones_like(numbers))[0]
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
