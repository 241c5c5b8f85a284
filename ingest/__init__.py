"""Files become documents, documents become passages, passages become vectors, and all of it one commit."""
