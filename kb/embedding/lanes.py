"""How many batches run at once."""

from __future__ import annotations

import os


def count_lanes(threads: int) -> int:
    """`threads` where given, else the cores that this process may use.

    One batch takes one thread: batches never wait for each other, and a question beside a running ingestion is answered
    after one batch at most.
    """
    if threads > 0:
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
