"""Verifiers by setting: words alone, a classifier on this machine or on a server, or a chat model as judge."""

from serving.verifiers.opening import health_of, open_early, verifier_of

__all__ = ["health_of", "open_early", "verifier_of"]
