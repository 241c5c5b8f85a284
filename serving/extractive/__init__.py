"""Answers made of the documents' own sentences, for when no language model is configured."""

from serving.extractive.extraction import extract
from serving.extractive.records import Extraction, Quote, Settled
from serving.extractive.scoring import knows_cosines

__all__ = ["Extraction", "Quote", "Settled", "extract", "knows_cosines"]
