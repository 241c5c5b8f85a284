"""What a run ran on, and when: without it a figure cannot be repeated."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.records import Run


def describe_machine() -> Mapping[str, Any]:
    """System, processor, cores that this process may use, memory in GiB, Python and ibid's version."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_gib": _memory_gib(),
        "python": platform.python_version(),
        "ibid": _ibid_version(),
    }


def moment() -> str:
    """Now: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def stamped(run: Run, started: str = "") -> Run:
    """The run with this machine and the moment it was started (now, where not given), unless it carries them."""
    return replace(run, machine=run.machine or describe_machine(), started=run.started or started or moment())


def _processor() -> str:
    """The processor as it names itself; the architecture where it does not."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # not Linux
        pass
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError, AttributeError):  # not every system tells
        return None


def _ibid_version() -> str:
    try:
        return version("ibid")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""
