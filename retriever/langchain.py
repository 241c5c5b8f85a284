"""ibid for LangChain: a retriever, embeddings and a vector store.

retriever = IbidRetriever(searcher=searcher, k=5)
documents = retriever.invoke("How much does late work lose?")
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
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
from retriever.langchain_texts import MEDIA_TYPE, attribute_text, delete_texts, given_text, put_texts, read_texts
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

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        del run_manager  # nothing inside a search is worth a callback
        result = self.searcher.search(query, k=k or self.k, mode=self.mode, filters=self.filters)
        return [document_of(hit) for hit in result.hits]


class IbidVectorStore(VectorStore):
    """A collection as a LangChain vector store. Files come in by `ibid ingest`, single texts by `add_documents`.

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
        return [(self._document_of(hit), hit.score) for hit in result.hits]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda score: min(max(score, 0.0), 1.0)  # hybrid and dense scores are between 0 and 1 already

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[Any, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,  # noqa: ARG002 (LangChain's signature)
    ) -> list[str]:
        """Stores each text as a document of its own, one passage long; cut long ones before. Returns their ids.

        An id that is given replaces what it held before. Files are better ingested: their passages are cited by page.

        Raises:
            UsageError: a text is empty or cannot be stored.
        """
        contents = list(texts)
        given = metadatas or [{} for _ in contents]
        names = [name or str(uuid.uuid4()) for name in ids or [""] * len(contents)]
        items = zip(names, contents, given, strict=True)
        documents = [Document(id=name, page_content=content, metadata=metadata) for name, content, metadata in items]
        put_texts(self.searcher.catalog, self.searcher.embedder, documents)
        return names

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:  # noqa: ARG002
        """Removes texts that were added here; no search finds them from the moment this returns. Files are left alone.

        Raises:
            UsageError: no ids are given: a whole collection is deleted with `ibid delete`.
        """
        if ids is None:
            raise UsageError("nothing says what to delete", advice="Give ids; `ibid delete` removes whole documents")
        delete_texts(self.searcher.catalog, ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The texts of these ids, as they were added; ids that are none are passed over."""
        return list(read_texts(self.searcher.catalog, ids))

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[Any, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> IbidVectorStore:
        """A vector store with these texts in it; `searcher` says in which collection, and must be given.

        Raises:
            UsageError: there is no searcher, or its collection is embedded by something else.
        """
        searcher = kwargs.pop("searcher", None)
        if not isinstance(searcher, Searcher):
            raise UsageError(
                "nothing says which collection the texts belong to", advice="Open one and give it as searcher=…"
            )
        if not isinstance(embedding, IbidEmbeddings) or embedding.embedder.space != searcher.embedder.space:
            raise UsageError("a collection is embedded by its own embedder", advice="Give IbidEmbeddings of it")
        store = cls(searcher, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def _document_of(self, hit: Hit) -> Document:
        if hit.document.media_type == MEDIA_TYPE:
            return given_text(self.searcher.catalog, hit.document.id)
        return document_of(hit)


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
            str(key): tuple(map(attribute_text, value))
            if isinstance(value, list | tuple | set)
            else (attribute_text(value),)
            for key, value in metadata.items()
        },
        as_of=read_day(str(day)) if day is not None else None,
        all_versions=all_versions,
    )
