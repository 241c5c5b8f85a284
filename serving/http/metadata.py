"""OpenAI's `metadata`: up to 16 pairs of short texts that belong to whoever stored them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

# The bounds are OpenAI's own.
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
