"""/v1/responses: answers with file search, streamed, whole or in the background, kept and asked for again."""
