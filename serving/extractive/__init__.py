"""Answers made of the documents' own sentences, for when no language model is configured."""

from serving.extractive.extraction import extract
from serving.extractive.records import Extraction, Quote, Settled

__all__ = ["Extraction", "Quote", "Settled", "extract"]
