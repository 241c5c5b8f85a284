"""POST /v1/chat/completions: the answer path as an OpenAI chat model, streamed or whole."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kb.home.seals import seal_answer
from kb.records import Answer
from serving.http.answers.asking import Asking, begin_telling, check_form, check_store, count_usage
from serving.http.answers.chat_request import ChatRequest
from serving.http.answers.chat_response import Completion, Json
from serving.http.answers.completion_stream import answer_streamed, answer_whole
from serving.http.answers.stored_completions import keep_completion
from serving.http.bodies import JsonRoute
from serving.http.declared import streamed
from serving.http.models import open_model
from serving.http.state import Services, services_of
from serving.http.stores.filters import read_filters

router = APIRouter(route_class=JsonRoute)


@router.post("/v1/chat/completions", response_model=None, responses=streamed("A checked, cited answer"))
async def complete_chat(request: Request, asked: ChatRequest) -> Response:
    """Answers the last message from a collection's documents."""
    services = services_of(request)
    asking = _asking(services, asked)
    check_store(services, store=bool(asked.store))
    check_form(services, asking.wishes.form, "response_format")
    may_be_kept = not asked.store and services.settings.keeps_answers
    completion = Completion(
        asked.model,
        asked.ibid.show_withheld,
        asked.metadata,
        tells_usage=bool(asked.stream) and asked.wants_usage,
        waits=asking.wishes.form is not None,
        seal=partial(seal_answer, services.home.folder, asking.question) if may_be_kept else None,
    )
    events = begin_telling(services, asking, partial(_whole, services, asked, completion))
    if asked.stream:
        return await answer_streamed(request, events, completion, wants_usage=asked.wants_usage)
    return await answer_whole(request, events)


def _asking(services: Services, asked: ChatRequest) -> Asking:
    question, history = asked.conversation()
    return Asking(
        question,
        partial(open_model, services.collections, asked.model),
        history,
        filters=read_filters(asked.ibid.filters, asked.ibid.as_of, all_versions=asked.ibid.all_versions),
        passages=asked.ibid.passages,
        wishes=asked.wishes(
            max_tokens=asked.max_completion_tokens or asked.max_tokens,
            instructions=asked.instructions(),
            toolbox=asked.toolbox(),
            form=asked.form(),
        ),
    )


def _whole(services: Services, asked: ChatRequest, completion: Completion, answer: Answer) -> Json:
    """The whole completion. It is kept, where the request wants it, before anybody is told that it is finished."""
    whole = completion.whole(answer, count_usage(services, asked.words(), answer).as_json())
    if asked.store:
        keep_completion(services, asked, whole, answer)
    return whole
