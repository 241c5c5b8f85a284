"""Verifiers by setting: words alone, a model on this machine or on a server, or a chat model as judge."""

from serving.verifiers.opening import verifier_of

__all__ = ["verifier_of"]
