"""Which metrics are better when they are lower."""

from __future__ import annotations

import re

# Words of a metric's name that make it a cost: errors, risks, time, and the like.
_COSTS = re.compile(
    r"\b(CER|WER|AURC|E-AURC|ECE|Brier|risk|error|errors|wrong|latency|seconds|milliseconds|ms|time|p50|p95|p99|tokens"
    r"|memory)\b",
    re.IGNORECASE,
)
_GAINS = re.compile(r"\b(recall|precision|F1|accuracy|per second)\b", re.IGNORECASE)  # "token recall" is no cost


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of `metric` is the better one, by its name."""
    return bool(_COSTS.search(metric)) and not _GAINS.search(metric)
