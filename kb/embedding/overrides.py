"""What the settings change about a model: fewer dimensions, other prefixes. Each makes another embedding space."""

from __future__ import annotations

from dataclasses import replace

from kb.embedding.manifest import ModelFacts
from kb.errors import SettingsError
from kb.settings import EmbedderSettings

AUTO = "auto"


def overridden(facts: ModelFacts, settings: EmbedderSettings) -> ModelFacts:
    """The facts of a model as the settings want it used.

    A model trained for it (Matryoshka representation learning, arXiv 2205.13147) keeps most of its quality in its first
    coordinates: they are taken and brought back to length 1. Whether a model was, its files do not say.

    Raises:
        SettingsError: more dimensions than the model has, or a negative number.
    """
    dimension = settings.dimension or facts.dimension
    if not 0 < dimension <= facts.dimension:
        raise SettingsError(
            f"setting embedder.dimension is {settings.dimension}",
            f"{facts.name} has {facts.dimension} dimensions",
            f"Give a number from 1 to {facts.dimension}, or 0 for all",
        )
    return replace(
        facts,
        dimension=dimension,
        query_prefix=facts.query_prefix if settings.query_prefix == AUTO else settings.query_prefix,
        passage_prefix=facts.passage_prefix if settings.passage_prefix == AUTO else settings.passage_prefix,
    )
