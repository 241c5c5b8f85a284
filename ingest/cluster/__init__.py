"""The two costly stages of ingestion, parsing and embedding, on the nodes of a Ray cluster. The catalog stays here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kb.errors import UsageError
from kb.ports import Embedder
from kb.settings import Settings

if TYPE_CHECKING:
    from ingest.reading import Parse

__all__ = ["Cluster", "open_cluster"]


@dataclass(frozen=True, slots=True)
class Cluster:
    """What `ingest.pipeline.ingest_files` takes, done on a cluster."""

    parse: Parse
    embedder: Embedder
    workers: int  # how many files are parsed at once


@contextmanager
def open_cluster(
    address: str, settings: Settings, open_embedder: Callable[[], Embedder], workers: int = 0
) -> Iterator[Cluster]:
    """Parsing and embedding on the cluster at `address`, until the block ends.

    Args:
        address: as `ingest.cluster.joining.joined_cluster` takes it.
        settings: limits of the parsers, and the embedder that every node opens. Nodes keep prepared models in the same
            folder as this machine.
        open_embedder: opens the same on this machine, for questions and token counts.
        workers: how many files are parsed at once; 0 for half of the cluster's processors, since the others embed.

    Raises:
        MissingPartError: Ray is not installed.
        UsageError: there is no cluster to join, or it has no processor.
        EmbeddingSpaceError: a node has another embedding model.
        ModelError, SettingsError, StorageError: a node cannot open it.
    """
    from ingest.cluster.embedding import ClusterEmbedder, open_on_node
    from ingest.cluster.joining import joined_cluster
    from ingest.cluster.parsing import parse_on_cluster

    with joined_cluster(address) as ray:
        processors = processors_of(ray.nodes())
        if not processors:
            raise UsageError(
                f"the Ray cluster {address} has no processor", advice="Start a node of it without --num-cpus=0"
            )
        embedder = open_embedder()
        if not settings.embedder.base_url:  # a model server is reached from here as well as from any node
            on_node = partial(open_on_node, settings.embedder, settings.models_folder)
            embedder = ClusterEmbedder(ray, embedder, on_node, list(processors))
        at_once = workers or max(1, sum(processors.values()) // 2)
        yield Cluster(parse_on_cluster(ray, settings.limits), embedder, at_once)


def processors_of(nodes: list[dict[str, Any]]) -> dict[str, int]:
    """How many processors each living node lends, by Ray's id of it; without nodes that lend none."""
    lent = {node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]}
    return {node: count for node, count in lent.items() if count}
