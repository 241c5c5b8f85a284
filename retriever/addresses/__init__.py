"""Found by its address: the articles and documents that a question names."""

from retriever.addresses.finding import addressed_first
from retriever.addresses.naming import named_documents
from retriever.addresses.reading import Address, names_nothing_else, numbered_line, read_addresses

__all__ = ["Address", "addressed_first", "named_documents", "names_nothing_else", "numbered_line", "read_addresses"]
