"""Reads the questions to one collection with what its documents call the same thing."""

from __future__ import annotations

from pathlib import Path

from kb.catalog import Snapshot
from retriever.questions.collection_glossary import CollectionGlossary
from retriever.questions.reading import read_question
from retriever.questions.records import QuestionVariant


class QuestionReader:
    """From a question to the texts to search for, in one state of a collection. Serves any number of threads.

    Args:
        cache_folder: the collection's, where its glossary is kept.
    """

    def __init__(self, cache_folder: Path) -> None:
        self._glossary = CollectionGlossary(cache_folder)

    def __call__(self, snapshot: Snapshot, question: str) -> tuple[QuestionVariant, ...]:
        """The question first; then, where it compares, one text for each side."""
        return read_question(question, self._glossary.at(snapshot))
