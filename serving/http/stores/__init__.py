"""Collections as OpenAI's vector stores: their files, searches and filters, and the collection as one file."""
