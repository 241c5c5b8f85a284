"""Questions and their answers as OpenAI's chat and text completions."""
