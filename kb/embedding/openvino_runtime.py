"""The exported graph through OpenVINO, on the CPU, in bfloat16 or float32."""

from __future__ import annotations

import queue
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding.batches import LENGTH_STEP, Tokens
from kb.embedding.lanes import count_lanes
from kb.ports import Vectors

# The bindings fill a table of number types on first use, letting go of the interpreter lock in between: two threads
# that come first together wait for each other for ever. So the first run of a process is made by one thread alone.
_FIRST_RUN = threading.Lock()


class OpenVinoRuntime:
    """One compiled model with as many one-thread streams as cores: batches fill all, a question takes one."""

    def __init__(self, graph: Path, precision: str, threads: int) -> None:
        self.lanes = count_lanes(threads)
        settings = {
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": self.lanes,
            "INFERENCE_NUM_THREADS": self.lanes,
            # Keeps the compiled graph beside the weights, without a copy of them: opening takes a third of the time.
            "CACHE_DIR": str(graph.parent / "compiled"),
            "CACHE_MODE": "OPTIMIZE_SIZE",
        }
        model = import_openvino().Core().compile_model(str(graph), "CPU", settings)
        self._requests: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(self.lanes):
            self._requests.put(model.create_infer_request())
        with _FIRST_RUN:
            example = np.ones((1, LENGTH_STEP), dtype=np.int64)
            self.run(example, example)

    def run(self, numbers: Tokens, mask: Tokens) -> Vectors:
        """Vectors of shape (batch, dimension), float32."""
        request = self._requests.get()
        try:
            request.infer([numbers, mask], share_inputs=True)
            return np.array(request.get_output_tensor(0).data, dtype=np.float32)
        finally:
            self._requests.put(request)


def has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16 (AVX512-BF16 or AMX)."""
    return "BF16" in import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def convert_graph(onnx_file: Path, file: Path, *, half: bool) -> None:
    """Writes an ONNX graph in OpenVINO's own format (`file` and its .bin), with weights in float16 where `half`.

    For a bfloat16 run float16 weights lose nothing that counts (they are eight times finer) and take half the disk.
    """
    openvino = import_openvino()
    openvino.save_model(openvino.Core().read_model(str(onnx_file)), str(file), compress_to_fp16=half)


def import_openvino() -> Any:
    """The module, imported without its converter, which reports its use over the network as soon as it is imported.

    `openvino` itself passes over a converter that cannot be imported, so barring it is enough. Nothing here needs it,
    and leaving it out saves a third of the import's time.
    """
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    converter = "openvino.tools.ovc"
    sys.modules[converter] = None  # type: ignore[assignment]  # how Python bars a module
    try:
        import openvino  # type: ignore[import-untyped]  # it has no py.typed
    finally:
        del sys.modules[converter]
    return openvino
