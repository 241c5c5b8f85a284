"""Cuts a document into passages: exact spans of its text that each say one thing and fit the embedder.

Where it cuts, from the strongest border to the weakest: articles, headings, slides, tables, then paragraphs and list
items, then sentences; inside a sentence only where one alone is too long. See `split_document`.
"""

from ingest.splitting.naming import embedding_text
from ingest.splitting.splitter import SPLITTER_VERSION, split_document

__all__ = ["SPLITTER_VERSION", "embedding_text", "split_document"]
