"""The reranker over sentence-transformers itself: for models that cannot be exported, and the measure of all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kb.embedding.hub import place_to_load
from kb.embedding.manifest import ModelFacts
from kb.embedding.sources import ModelSource
from kb.embedding.torch_embedder import loading_error, quieten
from kb.errors import SettingsError
from kb.ports import Scores
from kb.reranking.graph_reranker import logistic
from kb.reranking.pairs import MOST_TOKENS, question_tokens

_BATCH = 32  # pairs; the library sorts them by length


class TorchReranker:
    """Implements `kb.ports.Reranker` with `CrossEncoder.predict`."""

    def __init__(self, facts: ModelFacts, model: Any) -> None:
        self._most = question_tokens(facts.max_tokens)
        self._model = model

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),), float32, from 0 to 1; higher is better."""
        return logistic(self.logits(question, passages))

    def logits(self, question: str, passages: Sequence[str]) -> Scores:
        """What the model itself gives: shape (len(passages),), float32."""
        import torch

        if not passages:
            return np.zeros(0, dtype=np.float32)
        short = self._cut(question)
        pairs = [(short, passage) for passage in passages]
        identity = torch.nn.Identity()
        scores = self._model.predict(pairs, batch_size=_BATCH, activation_fn=identity, show_progress_bar=False)
        return np.asarray(scores, dtype=np.float32).reshape(-1)

    def _cut(self, question: str) -> str:
        if len(question.encode()) <= self._most:
            return question
        tokens = self._model.tokenizer(question, add_special_tokens=False, truncation=False, verbose=False)
        if len(tokens["input_ids"]) <= self._most:
            return question
        end = tokens.token_to_chars(self._most - 1).end
        return question[:end]


def load_cross_encoder(source: ModelSource, *, to_export: bool = False, device: str | None = None) -> Any:
    """The model in float32 as sentence-transformers loads it, reading at most `MOST_TOKENS` of a pair.

    Args:
        source: where it is.
        to_export: on the CPU, with attention written out in full.
        device: cpu or cuda; None leaves the choice to sentence-transformers.

    Raises:
        ModelError: it cannot be loaded or fetched.
        SettingsError: it is no reranker: it gives another number of scores than one.
    """
    place = str(source.folder) if source.folder else place_to_load(source)
    from sentence_transformers import CrossEncoder

    quieten()
    arguments: dict[str, Any] = {"dtype": "float32"}
    if to_export:
        arguments["attn_implementation"] = "eager"  # runtimes recognise it and fuse it themselves
    try:
        model = CrossEncoder(
            place,
            device="cpu" if to_export else device,
            trust_remote_code=False,
            model_kwargs=arguments,
        )
        model.max_seq_length = min(model.max_seq_length or MOST_TOKENS, MOST_TOKENS)
    except Exception as error:  # the loader raises OSError, ValueError, KeyError, ImportError and its own kinds
        raise loading_error(error, source) from error
    if model.num_labels != 1:
        raise SettingsError(
            f"{source.name} is no reranker",
            f"it gives {model.num_labels} scores for a pair instead of one",
            "Set reranker.model to a cross-encoder for ranking, BAAI/bge-reranker-v2-m3 for example",
        )
    return model.eval()
