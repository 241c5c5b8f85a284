"""Where several server processes keep their counters together."""

from __future__ import annotations

# prometheus_client's own variable: the folder in which several processes keep their counters, so that each can tell
# those of all. It must be set before the first import of prometheus_client in a process.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
