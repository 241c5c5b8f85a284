"""The OpenAI-compatible server."""

from serving.http.app import create_app
from serving.http.server import serve

__all__ = ["create_app", "serve"]
