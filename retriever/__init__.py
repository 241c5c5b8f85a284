"""From a question to ranked passages: dense and lexical search over one collection, fused."""

from retriever.searcher import Searcher, SearchMode

__all__ = ["SearchMode", "Searcher"]
