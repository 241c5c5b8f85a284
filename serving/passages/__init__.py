"""What is read for an answer: duplicates folded, neighbours joined, within a budget, in the documents' order."""

from serving.passages.building import MOST_TOKENS, build_readings
from serving.passages.records import Reading

__all__ = ["MOST_TOKENS", "Reading", "build_readings"]
