"""The exported graph through ONNX Runtime, on the CPU, in float32."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kb.embedding.batches import Tokens
from kb.embedding.lanes import count_lanes
from kb.ports import Vectors


class OnnxRuntime:
    """One session whose runs take one thread each: several threads may run it at once."""

    def __init__(self, graph: Path, threads: int) -> None:
        import onnxruntime  # type: ignore[import-untyped]  # it has no types

        self.lanes = count_lanes(threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3  # errors only: what it warns of (an unknown processor) nobody can act on
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def run(self, numbers: Tokens, mask: Tokens) -> Vectors:
        """Vectors of shape (batch, dimension), float32."""
        (vectors,) = self._session.run(None, {"input_ids": numbers, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)
