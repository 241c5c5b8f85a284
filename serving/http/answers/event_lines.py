"""Server-sent events as text."""

from __future__ import annotations

import json
from typing import Any

DONE = "data: [DONE]\n\n"  # how streams of completions end


def event_line(data: dict[str, Any], name: str = "") -> str:
    """One event; with a name where the API in question names its events."""
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
