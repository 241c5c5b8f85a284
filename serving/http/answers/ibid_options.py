"""The field `ibid` of a request: what OpenAI's API has no place for."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from serving.answering import PASSAGES
from serving.http.bodies import JsonBody

MOST_PASSAGES = 50
LONGEST_CONVERSATION_NAME = 64  # a UUID has 36 characters


class IbidOptions(JsonBody):
    """With the official clients: `extra_body={"ibid": {…}}`."""

    model_config = ConfigDict(extra="forbid")

    filters: dict[str, Any] | None = None
    as_of: str | None = None
    all_versions: bool = False
    passages: int = Field(default=PASSAGES, ge=1, le=MOST_PASSAGES)
    conversation: str = Field(default="", max_length=LONGEST_CONVERSATION_NAME)  # that a stored answer belongs to
    show_withheld: bool = False  # in `ibid.withheld`, the sentences themselves that a strict collection kept back
