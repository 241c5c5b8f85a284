"""The ground floor: nouns, ports, errors, settings, text rules, the catalog on disk, embedders and chat models.

`from kb import Document, Passage, …` gives the nouns; everything else is imported from its own module.
"""

from kb.errors import IbidError
from kb.records import (
    Answer,
    AnswerStatus,
    Citation,
    Claim,
    Collection,
    Document,
    DocumentEntry,
    EmbeddingSpace,
    Filters,
    Hit,
    Job,
    Passage,
    SearchResult,
    Turn,
    Verdict,
)

__all__ = [
    "Answer",
    "AnswerStatus",
    "Citation",
    "Claim",
    "Collection",
    "Document",
    "DocumentEntry",
    "EmbeddingSpace",
    "Filters",
    "Hit",
    "IbidError",
    "Job",
    "Passage",
    "SearchResult",
    "Turn",
    "Verdict",
]
