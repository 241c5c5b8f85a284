"""One bit for each dimension of a vector, and clusters: nearly the nearest vectors at a tenth of the cost.

RaBitQ (Gao and Long 2024, arXiv 2405.12497) in FAISS's FastScan form, with the best candidates compared exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids, Scores, Vectors
from retriever.flat_index import as_query, load_faiss, one_thread
from retriever.index_sizes import Effort
from retriever.vector_rows import VectorRows, selector

_SEED = 20251122
_BLOCK = 32  # FastScan's vectors at a time
_LEARNT_FROM = 40  # vectors for each list: what FAISS asks for at least
_LEARNT_AT_LEAST = 10_000  # vectors for the centre of a single list
_ROUNDS = 8  # of k-means; more changed no recall in the second digit
_CANDIDATES_PER_RESULT = 5  # where very many results are asked for


class Codes:
    """The codes of the rows of one `VectorRows`, from the first one on.

    Args:
        index: FAISS's, a rotation and lists of codes. RaBitQ's error bound is for randomly rotated vectors.
        trained_on: how many rows there were when the clusters were learnt.
    """

    def __init__(self, index: Any, trained_on: int) -> None:
        self._faiss: Any = load_faiss()
        self.index = index
        self.trained_on = trained_on
        self.lists = int(self._faiss.extract_index_ivf(index).nlist)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def search(
        self, rows: VectorRows, vector: Vectors, k: int, effort: Effort, wanted: NDArray[np.bool_] | None
    ) -> tuple[Ids, Scores]:
        """At most `k` ids with their exact scores, best first, of the rows where `wanted` is true."""
        faiss = self._faiss
        one_thread(faiss)
        chosen = None if wanted is None else selector(faiss, wanted)
        within = faiss.IVFRaBitQSearchParameters(nprobe=min(effort.probes, self.lists), sel=chosen)
        parameters = faiss.IndexRefineSearchParameters(
            k_factor=max(effort.candidates / k, _CANDIDATES_PER_RESULT), base_index_params=within
        )
        refined = faiss.IndexRefine(self.index, rows.index)
        refined.ntotal = len(rows)
        scores, found = refined.search(as_query(vector), k, params=parameters)
        return rows.named(found[0], scores[0])

    def extended(self, rows: VectorRows) -> Codes:
        """A copy that also has the codes of the rows that came after its own."""
        longer = Codes(self._faiss.clone_index(self.index), self.trained_on)
        longer.add_missing(rows)
        return longer

    def add_missing(self, rows: VectorRows) -> None:
        """Adds the codes of the rows that have none yet."""
        one_thread(self._faiss)
        for part in rows.widened(first=len(self)):
            self.index.add(part)

    def as_bytes(self) -> NDArray[np.uint8]:
        """The FAISS index as FAISS writes it."""
        written: NDArray[np.uint8] = self._faiss.serialize_index(self.index)
        return written


def learn_codes(rows: VectorRows, lists: int) -> Codes:
    """Learns `lists` clusters from a sample and codes every row."""
    faiss: Any = load_faiss()
    one_thread(faiss)
    dimension = rows.vectors.shape[1]
    sample_size = min(len(rows), max(_LEARNT_FROM * lists, _LEARNT_AT_LEAST))
    chosen = np.sort(np.random.default_rng(_SEED).choice(len(rows), sample_size, replace=False))
    rotation = faiss.RandomRotationMatrix(dimension, dimension)
    rotation.init(_SEED)
    sample = rotation.apply(rows.vectors[chosen].astype(np.float32))
    clusters = faiss.Kmeans(
        dimension,
        lists,
        niter=_ROUNDS,
        seed=_SEED,
        spherical=lists > 1,  # centres of length 1 gain .01 to .02 of recall; a single centre must be the mean
        min_points_per_centroid=1,
        max_points_per_centroid=max(_LEARNT_FROM, sample_size),
    )
    clusters.train(sample)
    centres = faiss.IndexFlatIP(dimension)
    centres.add(clusters.centroids)
    coded = faiss.IndexIVFRaBitQFastScan(centres, dimension, lists, faiss.METRIC_INNER_PRODUCT, _BLOCK)
    coded.train(sample)
    index = faiss.IndexPreTransform(rotation, coded)
    index.is_trained = True
    codes = Codes(index, len(rows))
    codes.add_missing(rows)
    return codes
