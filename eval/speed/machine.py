"""What the machine is, and what this process holds of it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from eval.speed.records import Machine
from kb.embedding.devices import uses_gpu
from kb.embedding.lanes import count_lanes
from kb.errors import IbidError


def this_machine(device: str) -> Machine:
    """The machine; its GPU where the embedder's `device` (auto, cpu, cuda) lets passages be embedded on one."""
    return Machine(
        processor=_processor(),
        cores=count_lanes(0),
        memory_mb=_memory_mb(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        gpu=_gpu(device),
    )


def megabytes_held() -> tuple[int, int]:
    """The most memory that this process has held so far, and the most that one of its ended children has."""
    try:
        import resource
    except ImportError:  # Windows
        return 0, 0
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere (getrusage(2))
    return (
        round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit),
        round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit),
    )


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            named = next((line for line in lines if line.startswith("model name")), "")
    except OSError:
        named = ""
    return named.partition(":")[2].strip() or platform.processor() or platform.machine()


def _memory_mb() -> int:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6)
    except (AttributeError, OSError, ValueError):  # Windows
        return 0


def _gpu(device: str) -> str:
    try:
        if not uses_gpu(device):
            return ""
        import torch

        return str(torch.cuda.get_device_name(0))
    except IbidError:
        return ""
