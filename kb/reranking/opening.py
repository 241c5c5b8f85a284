"""Opening a prepared reranker; the fast runtimes without torch, sentence-transformers and transformers."""

from __future__ import annotations

from kb.embedding.devices import torch_device, uses_gpu
from kb.embedding.manifest import Preparation
from kb.embedding.opening import check_opened, read_tokenizer, source_of
from kb.ports import Reranker
from kb.reranking.graph_reranker import GraphReranker
from kb.reranking.pairs import PairTokenizer
from kb.settings import RerankerSettings


def open_prepared(preparation: Preparation, settings: RerankerSettings) -> Reranker:
    """The reranker of `preparation`: on a GPU where the settings want one, else as it was prepared.

    Raises:
        ModelError: its files are damaged or gone, or torch cannot load the model.
    """
    facts = preparation.facts
    if uses_gpu(settings.device, "reranker"):
        return open_on_gpu(preparation)
    if preparation.runtime == "torch":
        from kb.reranking.torch_reranker import TorchReranker, load_cross_encoder

        device = torch_device(settings.device)
        return TorchReranker(facts, load_cross_encoder(source_of(preparation, "reranker"), device=device))
    tokenizer = read_tokenizer(preparation, PairTokenizer)
    return GraphReranker(facts, tokenizer, check_opened(preparation, settings.threads))


def open_on_gpu(preparation: Preparation, device: str = "cuda") -> Reranker:
    """The reranker on the GPU: in bfloat16 where that keeps its order, else in float32.

    Raises:
        ModelError: torch cannot load the model.
    """
    from kb.embedding.gpu import halved_where_it_agrees
    from kb.reranking.cross_encoders import RERANKERS
    from kb.reranking.torch_reranker import TorchReranker, load_cross_encoder

    source = source_of(preparation, "reranker")
    model = halved_where_it_agrees(lambda: load_cross_encoder(source, device=device), preparation.facts, RERANKERS)
    return TorchReranker(preparation.facts, model)
