"""From a question to ranked passages: dense and lexical search over one collection, fused."""

from retriever.opening import embedder_of, open_searcher, reranker_of, searcher_over
from retriever.searcher import Searcher, SearchMode

__all__ = ["SearchMode", "Searcher", "embedder_of", "open_searcher", "reranker_of", "searcher_over"]
