"""Chat models: the real one behind any OpenAI-compatible server."""
