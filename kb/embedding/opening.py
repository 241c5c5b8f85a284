"""Opening what was prepared, without importing any model library for the fast runtimes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

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


def open_prepared(preparation: Preparation, threads: int, device: str | None = None) -> Embedder:
    """The embedder of `preparation`; on `device` where torch runs it, by its own choice where that is None.

    Raises:
        ModelError: its files are damaged or gone, or torch cannot load the model.
    """
    facts = preparation.facts
    if preparation.runtime == "torch":
        from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer

        return TorchEmbedder(facts, load_sentence_transformer(source_of(preparation, "embedder"), device=device))
    return GraphEmbedder(facts, read_tokenizer(preparation, TextTokenizer), check_opened(preparation, threads))


def source_of(preparation: Preparation, section: str) -> ModelSource:
    """Where the prepared model came from."""
    place = Path(preparation.source)
    return ModelSource(preparation.facts.name, place if place.is_dir() else None, section)


_Tokenizer = TypeVar("_Tokenizer")


def read_tokenizer(preparation: Preparation, kind: Callable[[Path, int], _Tokenizer]) -> _Tokenizer:
    """The prepared tokenizer, of the kind that is wanted.

    Raises:
        ModelError: its file is damaged or gone.
    """
    try:
        return kind(preparation.folder / TOKENIZER, preparation.facts.max_tokens)
    except Exception as error:  # the tokenizer raises bare Exception
        where = preparation.folder
        raise ModelError(f"cannot open the prepared model in {where}", str(error).partition("\n")[0]) from error


def check_opened(preparation: Preparation, threads: int) -> Runtime:
    """The runtime of `preparation`, after it has given the vector that it gave when it was prepared.

    Raises:
        ModelError: its files are damaged or gone.
    """
    folder = preparation.folder
    try:
        runtime = open_runtime(folder, preparation.runtime, preparation.precision, threads)
        difference = float(np.abs(probe(runtime) - np.array(preparation.probe, dtype=np.float32)).max())
    except Exception as error:  # the runtimes raise bare RuntimeError and their own kinds
        raise ModelError(f"cannot open the prepared model in {folder}", str(error).partition("\n")[0]) from error
    if not difference <= _PROBE_TOLERANCE:  # "not <=" so that a NaN is refused
        raise ModelError(f"the prepared model in {folder} is damaged", f"a known vector is off by {difference:.3g}")
    return runtime


def graph_file(folder: Path, runtime: str, precision: str) -> Path:
    """Where the graph for a runtime is in a prepared folder.

    An ONNX graph has a folder of its own, since above 2 GB the exporter puts each weight into a file beside it.
    """
    return folder / "onnx" / "model.onnx" if runtime == "onnx" else folder / f"openvino-{precision}.xml"


def open_runtime(folder: Path, runtime: str, precision: str, threads: int) -> Runtime:
    """The runtime over the graph in `folder`."""
    graph = graph_file(folder, runtime, precision)
    if runtime == "openvino":
        from kb.embedding.openvino_runtime import OpenVinoRuntime

        return OpenVinoRuntime(graph, precision, threads)
    from kb.embedding.onnx_runtime import OnnxRuntime

    return OnnxRuntime(graph, threads)


def probe(runtime: Runtime) -> Vectors:
    """The unit vector of a fixed row of tokens, shape (dimension,); of a reranker the score from 0 to 1, shape (1,)."""
    numbers = np.arange(1, LENGTH_STEP + 1, dtype=np.int64).reshape(1, -1)
    vector = runtime.run(numbers, np.ones_like(numbers))[0]
    if vector.size == 1:
        return np.asarray(1 / (1 + np.exp(-vector)), dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
