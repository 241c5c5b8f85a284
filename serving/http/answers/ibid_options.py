"""The field `ibid` of a request: what OpenAI's API has no place for."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from serving.answering import PASSAGES

MOST_PASSAGES = 50
LONGEST_CONVERSATION_NAME = 64  # a UUID has 36 characters


class IbidOptions(BaseModel):
    """With the official clients: `extra_body={"ibid": {…}}`."""

    model_config = ConfigDict(extra="forbid")

    filters: dict[str, Any] | None = None
    as_of: str | None = None
    all_versions: StrictBool = False
    passages: int = Field(default=PASSAGES, ge=1, le=MOST_PASSAGES)
    conversation: str = Field(default="", max_length=LONGEST_CONVERSATION_NAME)  # that a stored answer belongs to
    show_withheld: StrictBool = False  # in `ibid.withheld`, the sentences themselves that a strict collection kept back
