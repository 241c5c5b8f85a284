"""Embedding on a Ray cluster: an actor on every node holds the model, passages go there in batches.

Questions and token counts stay on this machine: they are quicker than the way.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kb.errors import EmbeddingSpaceError, IbidError, ModelError
from kb.ports import Embedder, Vectors
from kb.records import EmbeddingSpace
from kb.settings import EmbedderSettings
from retriever.locks import process_lock

OpenEmbedder = Callable[[], Embedder]

_TURNS = 2  # batches for each actor in one call: a fast node takes some of a slow one's
_LEAST, _MOST = 32, 256  # passages in a batch: well above the cost of the way (some ms); what fills a large GPU


class Embedded(NamedTuple):
    """What an actor made."""

    node: str
    space: EmbeddingSpace
    vectors: Vectors


class EmbeddingActor:
    """Lives on a node. It opens its model with the first batch, so that what fails there comes back as an error."""

    def __init__(self, open_embedder: OpenEmbedder) -> None:
        self._open = open_embedder
        self._embedder: Embedder | None = None

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Vectors of `texts` with the space that they are of."""
        if self._embedder is None:
            self._embedder = self._open()
        return Embedded(platform.node(), self._embedder.space, self._embedder.embed_passages(texts))


def open_on_node(settings: EmbedderSettings, models: Path) -> Embedder:
    """Runs on a node: the settings' embedder. Of several actors on a node, one prepares the model and the others wait.

    Raises:
        IbidError: as `kb.embedding.open_embedder`.
    """
    from kb.embedding import open_embedder, prepare_all

    models.mkdir(parents=True, exist_ok=True)
    with process_lock(models / "preparing.lock"):
        prepare_all(settings, models)
    return open_embedder(settings, models)


class ClusterEmbedder:
    """Implements `kb.ports.Embedder` over actors. Safe to use from several threads."""

    def __init__(self, ray: Any, local: Embedder, open_embedder: OpenEmbedder, nodes: Sequence[str]) -> None:
        """Starts an actor on each of `nodes` (Ray's ids of them; one may come twice) and waits until all are ready.

        Raises:
            EmbeddingSpaceError: a node's vectors are of another space than `local`'s.
            ModelError, SettingsError, StorageError: a node cannot open the model.
        """
        self._ray = ray
        self._local = local
        strategies = ray.util.scheduling_strategies
        # Actors reserve no processor, or on small nodes none would be left for parsing. Where a node is lost, Ray
        # starts its actor on another ("soft") and gives it again what it had not done.
        actor = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(EmbeddingActor)
        self._actors = [
            actor.options(
                scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node_id=node, soft=True)
            ).remote(open_embedder)
            for node in nodes
        ]
        self._collect([worker.embed.remote([]) for worker in self._actors])

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        return self._local.space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`.

        Raises:
            EmbeddingSpaceError: an actor that was started again found another model on its new node.
            ModelError: an actor failed.
        """
        if not texts:
            return np.zeros((0, self.space.dimension), dtype=np.float32)
        size = batch_size(len(texts), len(self._actors))
        batches = [list(texts[start : start + size]) for start in range(0, len(texts), size)]
        pool = self._ray.util.ActorPool(self._actors)  # gives each actor its next batch when it has done one
        return np.concatenate(self._checked(pool.map(lambda worker, batch: worker.embed.remote(batch), batches)))

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1; made on this machine."""
        return self._local.embed_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted; counted on this machine."""
        return self._local.count_tokens(texts)

    def _collect(self, references: Sequence[Any]) -> list[Vectors]:
        return self._checked(self._ray.get(reference) for reference in references)

    def _checked(self, results: Iterable[Embedded]) -> list[Vectors]:
        try:
            return [checked(result, self.space) for result in results]
        except self._ray.exceptions.RayError as error:
            raise meaning_of(error) from error


def batch_size(texts: int, actors: int) -> int:
    """Passages in a batch, so that every actor has some turns."""
    return min(max(-(-texts // (_TURNS * actors)), _LEAST), _MOST)


def checked(result: Embedded, space: EmbeddingSpace) -> Vectors:
    """The vectors, where they are of `space`.

    Raises:
        EmbeddingSpaceError: they are of another.
    """
    if result.space.id != space.id:
        raise EmbeddingSpaceError(
            f"the vectors of the cluster's node {result.node} are not used",
            f"they are of {result.space.model} {result.space.revision}, this machine's of {space.model}"
            f" {space.revision}",
            "Install the same embedding model and the same release of ibid on every node",
        )
    return result.vectors


def meaning_of(error: Exception) -> IbidError:
    """What an error of Ray's means: our own error where one was raised on the node."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, IbidError):
        return cause
    reason = (str(cause or error).strip().splitlines() or [type(error).__name__])[-1]
    advice = "Check that every node has the same release of ibid, then run it again: what was stored before stays"
    return ModelError("the cluster could not embed", reason, advice)
