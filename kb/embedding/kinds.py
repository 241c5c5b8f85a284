"""The kinds of models that can be prepared (embedders here, rerankers in kb/reranking, verifiers in kb/entailment)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.exporting import export_graph, read_facts, unpooled_prompt
from kb.embedding.graph_embedder import GraphEmbedder, Runtime
from kb.embedding.manifest import ModelFacts
from kb.embedding.revision import weights_revision
from kb.embedding.sample import sample_passages, sample_questions
from kb.embedding.sources import ModelSource
from kb.embedding.tokens import TextTokenizer
from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer
from kb.ports import Embedder, Vectors

# The least cosine to torch's float32 vectors that still counts as the same model: bfloat16 gives .9999, int8 .99.
AGREEMENT_BOUND = 0.999


@dataclass(frozen=True, slots=True)
class ModelKind:
    """How torch runs a kind of model, how it is exported, and when another runtime counts as the same model."""

    section: str  # of the settings
    load: Callable[[ModelSource], Any]  # in float32, on the CPU, ready to be exported
    read_facts: Callable[[Any, ModelSource], ModelFacts]
    unfit: Callable[[Any], str]  # why a loaded model cannot be exported at all; "" where it can be tried
    export: Callable[[Any, Path], None]  # a loaded model into an ONNX file
    reference: Callable[[Any, ModelFacts], Vectors]  # what torch makes of the sample
    outputs: Callable[[ModelFacts, Path, Runtime], Vectors]  # what a runtime makes of it, with the tokenizer's file
    agreement: Callable[[Vectors, Vectors], float]  # of outputs and reference: 1 where they are the same
    bound: float  # the least agreement that is accepted


def _load(source: ModelSource) -> Any:
    return load_sentence_transformer(source, to_export=True)


def _facts(model: Any, source: ModelSource) -> ModelFacts:
    return read_facts(model, source.name, weights_revision(source))


def _reference(model: Any, facts: ModelFacts) -> Vectors:
    return all_vectors(TorchEmbedder(facts, model))


def _outputs(facts: ModelFacts, tokenizer: Path, runtime: Runtime) -> Vectors:
    return all_vectors(GraphEmbedder(facts, TextTokenizer(tokenizer, facts.max_tokens), runtime))


def all_vectors(embedder: Embedder) -> Vectors:
    """What an embedder makes of the sample: its passages, then its questions."""
    questions = [embedder.embed_question(text) for text in sample_questions()]
    return np.vstack([embedder.embed_passages(sample_passages()), *questions])


def least_cosine(vectors: Vectors, reference: Vectors) -> float:
    """The least cosine of two sets of unit vectors, row by row."""
    return float(np.min(np.sum(vectors * reference, axis=1)))


EMBEDDERS = ModelKind(
    section="embedder",
    load=_load,
    read_facts=_facts,
    unfit=unpooled_prompt,
    export=export_graph,
    reference=_reference,
    outputs=_outputs,
    agreement=least_cosine,
    bound=AGREEMENT_BOUND,
)
