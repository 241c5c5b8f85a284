"""Library: the collections, their files, and files on their way."""
