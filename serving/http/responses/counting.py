"""POST /v1/responses/input_tokens: how many tokens an input has."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from serving.http.answers.asking import count_tokens
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.responses.items import InputItem, items_of, text_of
from serving.http.responses.preparing import find_item, said_before
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)


class CountRequest(JsonBody):
    """What to count; the other fields of a response do not matter here."""

    input: str | list[InputItem] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None


@router.post("/v1/responses/input_tokens")
async def count_input_tokens(request: Request, asked: CountRequest) -> dict[str, Any]:
    """The number of tokens of input, instructions and what came before, as the embedder counts them."""
    tokens = await asyncio.to_thread(_count, services_of(request), asked)
    return {"object": "response.input_tokens", "input_tokens": tokens}


def _count(services: Services, asked: CountRequest) -> int:
    items = items_of(asked.input, "0" * 48, lambda item_id: find_item(services, item_id)) if asked.input else []
    said = [turn.text for turn in said_before(services, asked.previous_response_id)]
    words = [asked.instructions or "", *said, *map(text_of, items)]
    return count_tokens(services, "\n".join(words))[0]
