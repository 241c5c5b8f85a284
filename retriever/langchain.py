"""ibid for LangChain: a retriever, embeddings, and the reading side of a vector store.

retriever = IbidRetriever(searcher=searcher, k=5)
documents = retriever.invoke("How much does late work lose?")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict

from kb.errors import UsageError
from kb.ports import Embedder
from kb.records import NO_FILTERS, Filters, Hit
from kb.text.written_dates import read_day
from retriever.searcher import Searcher, SearchMode


class IbidEmbeddings(Embeddings):
    """An `Embedder` as LangChain's `Embeddings`."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One unit vector for each text."""
        return [[float(value) for value in row] for row in self.embedder.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The question's unit vector."""
        return [float(value) for value in self.embedder.embed_question(text)]


class IbidRetriever(BaseRetriever):
    """The best passages of a collection, as LangChain documents with their place in the file as metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    searcher: Searcher
    k: int = 5
    mode: SearchMode = SearchMode.HYBRID
    filters: Filters = NO_FILTERS

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager  # nothing inside a search is worth a callback
        result = self.searcher.search(query, k=self.k, mode=self.mode, filters=self.filters)
        return [document_of(hit) for hit in result.hits]


class IbidVectorStore(VectorStore):
    """A collection as a LangChain vector store that is read; documents come in by `ibid ingest`.

    Searching means ibid's own search: dense, lexical or both, by `mode`.
    """

    def __init__(self, searcher: Searcher, mode: SearchMode = SearchMode.HYBRID) -> None:
        self.searcher = searcher
        self.mode = mode

    @property
    def embeddings(self) -> Embeddings:
        """The collection's embedder."""
        return IbidEmbeddings(self.searcher.embedder)

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """The best `k` passages. `filter` may be `Filters` or a mapping of metadata keys to a value or values.

        The key `as_of` asks for what was in force on a day, `all_versions` also for what newer versions have replaced.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        """The best `k` passages with their scores, higher is better. `filter` as for `similarity_search`."""
        result = self.searcher.search(query, k=k, mode=self.mode, filters=_filters_from(kwargs.get("filter")))
        return [(document_of(hit), hit.score) for hit in result.hits]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda score: min(max(score, 0.0), 1.0)  # hybrid and dense scores are between 0 and 1 already

    def add_texts(
        self,
        texts: Iterable[str],  # noqa: ARG002 (LangChain's signature)
        metadatas: list[dict[Any, Any]] | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> list[str]:
        """Not here.

        Raises:
            UsageError: always: a text without its file could not be cited.
        """
        raise UsageError(
            "texts cannot be added to an ibid collection through LangChain",
            "every passage must be a place in a stored file, so that it can be cited",
            "Run `ibid ingest PATH`, or upload the file to the server",
        )

    @classmethod
    def from_texts(
        cls,
        texts: list[str],  # noqa: ARG003 (LangChain's signature)
        embedding: Embeddings,  # noqa: ARG003
        metadatas: list[dict[Any, Any]] | None = None,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> IbidVectorStore:
        """Not here.

        Raises:
            UsageError: always, as for `add_texts`.
        """
        raise UsageError(
            "an ibid collection cannot be made from texts",
            "every passage must be a place in a stored file, so that it can be cited",
            "Run `ibid ingest PATH` and open the collection",
        )


def document_of(hit: Hit) -> Document:
    """A hit as LangChain sees it."""
    passage = hit.passage
    metadata = {
        **hit.document.metadata,
        "document": hit.document.name,
        "document_id": hit.document.id,
        "title": hit.document.title,
        "headings": list(passage.headings),
        "page": passage.first_page or None,
        "start": passage.start,
        "end": passage.end,
        "score": hit.score,
        "passage_id": passage.id,
    }
    return Document(page_content=passage.text, metadata=metadata, id=passage.id)


def _filters_from(wanted: Any) -> Filters:
    if wanted is None or isinstance(wanted, Filters):
        return wanted or NO_FILTERS
    if not isinstance(wanted, dict):
        raise UsageError(f"cannot filter by {wanted!r}", advice="Give a mapping of metadata keys to values")
    metadata = dict(wanted)
    day, all_versions = metadata.pop("as_of", None), bool(metadata.pop("all_versions", False))
    return Filters(
        metadata={
            str(key): tuple(map(str, value)) if isinstance(value, list | tuple | set) else (str(value),)
            for key, value in metadata.items()
        },
        as_of=read_day(str(day)) if day is not None else None,
        all_versions=all_versions,
    )
