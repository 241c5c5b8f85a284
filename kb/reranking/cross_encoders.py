"""Cross-encoders as preparing sees them: the ones with one score on top of an encoder can be exported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.exporting import model_window, trace_graph
from kb.embedding.graph_embedder import Runtime
from kb.embedding.kinds import ModelKind
from kb.embedding.manifest import ModelFacts
from kb.embedding.revision import weights_revision
from kb.embedding.sample import sample_passages, sample_questions
from kb.embedding.sources import ModelSource
from kb.ports import Vectors
from kb.reranking.graph_reranker import GraphReranker
from kb.reranking.pairs import MOST_TOKENS, PairTokenizer
from kb.reranking.torch_reranker import TorchReranker, load_cross_encoder

# The greatest error of a logit that still counts as the same order, as a share of the range of the sample's logits:
# passages that lie closer are as good as each other.
_ERROR_BOUND = 0.02

# Every third passage of the sample, a single word and the longest among them: a large cross-encoder reads a pair in
# seconds, and six runs over the whole sample would take it half an hour.
_SAMPLE_STEP = 3


def _load(source: ModelSource) -> Any:
    return load_cross_encoder(source, to_export=True)


def _facts(model: Any, source: ModelSource) -> ModelFacts:
    return ModelFacts(
        name=source.name,
        revision=weights_revision(source),
        dimension=1,
        pooling="pair",
        max_tokens=min(model_window(model), MOST_TOKENS),
        pad_id=int(model.tokenizer.pad_token_id or 0),
        query_prefix="",
        passage_prefix="",
    )


def _unfit(model: Any) -> str:
    if len(model) != 1 or getattr(model.tokenizer, "chat_template", None) or any(model.prompts.values()):
        return "the model asks a language model about each pair, which only sentence-transformers puts into words"
    return ""


def _export(model: Any, file: Path) -> None:
    separator = model.tokenizer.sep_token_id

    def token_types(numbers: Any, mask: Any) -> dict[str, Any]:
        """0 up to the first separator, 1 after it: which of the two texts a token is of (Devlin et al. 2019, 3.2)."""
        separators = (numbers == separator).long()
        return {"token_type_ids": ((separators.cumsum(1) - separators) > 0).long() * mask}

    has_types = "token_type_ids" in model.tokenizer.model_input_names
    trace_graph(model, file, "scores", token_types if has_types else None)


def _reference(model: Any, facts: ModelFacts) -> Vectors:
    return _all_logits(TorchReranker(facts, model))


def _outputs(facts: ModelFacts, tokenizer: Path, runtime: Runtime) -> Vectors:
    return _all_logits(GraphReranker(facts, PairTokenizer(tokenizer, facts.max_tokens), runtime))


def _all_logits(reranker: TorchReranker | GraphReranker) -> Vectors:
    passages = sample_passages()[::_SAMPLE_STEP]
    return np.concatenate([reranker.logits(question, passages) for question in sample_questions()])


def _agreement(outputs: Vectors, reference: Vectors) -> float:
    """1 less the greatest error, as a share of the range of the reference; 0 where the reference has no range."""
    span = float(reference.max() - reference.min())
    return 1.0 - float(np.abs(outputs - reference).max()) / span if span > 0 else 0.0


RERANKERS = ModelKind(
    section="reranker",
    load=_load,
    read_facts=_facts,
    unfit=_unfit,
    export=_export,
    reference=_reference,
    outputs=_outputs,
    agreement=_agreement,
    bound=1.0 - _ERROR_BOUND,
)
