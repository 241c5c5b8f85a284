"""Packages that stand in for models that a library would fetch from the internet. See `ingest.parsing.elements`."""
