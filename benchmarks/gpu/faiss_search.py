"""How fast FAISS searches on a GPU: what ibid uses there (flat), and CAGRA where the build has cuVS.

    python benchmarks/gpu/faiss_search.py --vectors 1000000 --dimension 1024 --results FILE.json

Made-up unit vectors in clusters. Prints, for each index, seconds to build, and for one question at a time and for 100
at a time the milliseconds a question and recall at 10 against the flat one; then the same of CAGRA's graph on a CPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

AT_ONCE = 50_000  # vectors made up at a time
ASKED = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--results", type=Path)
    arguments = parser.parse_args()
    import faiss

    if faiss.get_num_gpus() == 0 or not hasattr(faiss, "StandardGpuResources"):
        raise SystemExit("This FAISS sees no GPU. Install ibid[gpu] on a machine with a CUDA GPU.")
    vectors, questions = made_up(arguments.vectors, arguments.dimension)
    figures: dict[str, object] = {"faiss": faiss.__version__, "vectors": len(vectors), "dimension": vectors.shape[1]}
    figures["ibid"] = ibid(vectors, questions)
    resources = faiss.StandardGpuResources()
    flat, seconds = timed(lambda: build_flat(faiss, resources, vectors))
    exact = flat.search(questions, 10)[1]
    figures["flat"] = {"build_s": seconds, **searched(flat, questions, exact)}
    if hasattr(faiss, "GpuIndexCagra"):
        del flat
        cagra, seconds = timed(lambda: build_cagra(faiss, resources, vectors))
        figures["cagra"] = {"build_s": seconds, **searched(cagra, questions, exact)}
        on_cpu = faiss.IndexHNSWCagra()
        cagra.copyTo(on_cpu)
        figures["cagra read by a CPU"] = searched(on_cpu, questions[:50], exact[:50])
    print(json.dumps(figures, indent=1))
    if arguments.results:
        arguments.results.write_text(json.dumps(figures, indent=1) + "\n")


def ibid(vectors: np.ndarray, questions: np.ndarray) -> dict[str, float]:
    """ibid's own index over the same vectors, as a search uses it."""
    from retriever.base_index import BaseIndex
    from retriever.faiss_index import FaissIndex
    from retriever.index_sizes import IndexKind
    from retriever.vector_rows import VectorRows

    rows = VectorRows(np.arange(len(vectors)), vectors)
    index, seconds = timed(lambda: FaissIndex(vectors.shape[1], BaseIndex(rows, IndexKind.EXACT)))
    _, copied = timed(lambda: index.search(questions[0], 10))
    spent = [timed(lambda question=question: index.search(question, 10))[1] for question in questions]
    return {"open_s": seconds, "first_search_s": copied, "one_p50_ms": 1000 * statistics.median(spent)}


def build_flat(faiss, resources, vectors: np.ndarray):
    settings = faiss.GpuIndexFlatConfig()
    settings.useFloat16 = True
    index = faiss.GpuIndexFlatIP(resources, vectors.shape[1], settings)
    for first in range(0, len(vectors), AT_ONCE):
        index.add(vectors[first : first + AT_ONCE].astype(np.float32))
    return index


def build_cagra(faiss, resources, vectors: np.ndarray):
    settings = faiss.GpuIndexCagraConfig()
    settings.graph_degree = 64
    index = faiss.GpuIndexCagra(resources, vectors.shape[1], faiss.METRIC_INNER_PRODUCT, settings)
    index.train(vectors.astype(np.float32))  # CAGRA wants all at once
    return index


def searched(index, questions: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    index.search(questions[:1], 10)
    spent = [timed(lambda question=question: index.search(question[None], 10))[1] for question in questions]
    (_, found), together = timed(lambda: index.search(questions[:100], 10))
    found = np.concatenate([index.search(questions[n : n + 100], 10)[1] for n in range(0, len(questions), 100)])
    shares = [len(set(row) & set(best)) / 10 for row, best in zip(found.tolist(), exact.tolist(), strict=True)]
    return {
        "one_p50_ms": round(1000 * statistics.median(spent), 3),
        "one_p95_ms": round(1000 * statistics.quantiles(spent, n=20)[-1], 3),
        "hundred_ms_each": round(1000 * together / min(100, len(questions)), 4),
        "recall@10": round(float(np.mean(shares)), 4),
    }


def made_up(count: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors in half precision, in clusters of about 200, and questions of the same clusters."""
    draw = np.random.default_rng(1)
    centres = unit(draw.standard_normal((max(count // 200, 1), dimension)))

    def drawn(size: int) -> np.ndarray:
        chosen = centres[draw.integers(0, len(centres), size)]
        return unit(chosen + unit(draw.standard_normal((size, dimension), dtype=np.float32)))

    vectors = np.empty((count, dimension), np.float16)
    for first in range(0, count, AT_ONCE):
        vectors[first : first + AT_ONCE] = drawn(min(AT_ONCE, count - first))
    return vectors, drawn(ASKED)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def timed(work):
    began = time.perf_counter()
    done = work()
    return done, round(time.perf_counter() - began, 6)


if __name__ == "__main__":
    main()
