"""A vLLM server of our own: found in its environment, started on loopback, watched, restarted, and stopped with us."""

from serving.vllm.server import VllmServer
from serving.vllm.status import ModelServer, SharedStatus

__all__ = ["ModelServer", "SharedStatus", "VllmServer"]
