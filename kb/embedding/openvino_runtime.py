"""The exported graph through OpenVINO, on the CPU."""

from __future__ import annotations

import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.batches import Tokens
from kb.ports import Vectors

# The bindings fill a table of number types on first use, letting go of the interpreter lock in between: two threads that
# come first together wait for each other for ever. So the first run of a process is made by one thread alone.
_FIRST_RUN = threading.Lock()


class OpenVinoRuntime:
    """One compiled model with as many one-thread streams as cores: batches fill all, a question takes one."""

    def __init__(self, graph: Path, precision: str, threads: int, cached: Path | None = None) -> None:
        self.lanes = threads or os.cpu_count() or 1
        core = import_openvino().Core()
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": self.lanes,
            "INFERENCE_NUM_THREADS": self.lanes,
        }
        if cached is not None:
            settings["CACHE_DIR"] = str(cached)
        self._model = core.compile_model(str(graph), "CPU", settings)
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(self.lanes):
            self._requests.put(self._model.create_infer_request())
        with _FIRST_RUN:
            self.run(np.ones((1, 8), dtype=np.int64), np.ones((1, 8), dtype=np.int64))

    def run(self, numbers: Tokens, mask: Tokens) -> Vectors:
        """Vectors of shape (batch, dimension), float32."""
        request = self._requests.get()
        try:
            request.infer([numbers, mask], share_inputs=True)
            return np.array(request.get_output_tensor(0).data, dtype=np.float32)
        finally:
            self._requests.put(request)


def import_openvino() -> Any:
    """The module, imported without its converter, which reports its use over the network as soon as it is imported.

    `openvino` itself passes over a converter that cannot be imported, so barring it is enough; it costs nothing that is
    used here, and leaving it out saves a third of the import's time.
    """
    converter = "openvino.tools.ovc"
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    sys.modules[converter] = None  # type: ignore[assignment]  # how Python itself bars a module
    try:
        import openvino
    finally:
        del sys.modules[converter]
    return openvino
