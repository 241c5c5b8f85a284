"""From a request for a response to the question that is asked, and to what is kept of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from kb.chat.sampling import Sampling
from kb.errors import NotFoundError
from kb.home.answers import delete_answers, keep_answer
from kb.home.conversations import add_items
from kb.home.replies import KeptReply, finish_reply, get_reply, keep_reply, replies_until
from kb.records import NO_FILTERS, Answer, Filters, SearchResult, Turn, collections_named, name_of_several
from serving.http.answers.asking import Asking, Opened, check_form, check_store, count_usage
from serving.http.answers.kept_answers import answer_to_keep
from serving.http.errors import ApiError
from serving.http.models import collection_name, open_model
from serving.http.responses.conversation_items import kept_items
from serving.http.responses.function_calls import toolbox_of
from serving.http.responses.items import Json, items_of, response_of_item, text_of, turns_of
from serving.http.responses.request import MOST_STORES, ResponseRequest
from serving.http.responses.shape import ResponseShape, without_results
from serving.http.state import OpenCollection, Services
from serving.http.stores.adding import check_not_expired
from serving.http.stores.filters import read_filters
from serving.http.stores.vector_store_search import RankingOptions
from serving.several_collections import SeveralCatalogs, SeveralSearchers
from serving.wishes import Wishes

RESPONSE = "response"  # the kind under which they are kept


@dataclass(frozen=True, slots=True)
class Prepared:
    """A response that can begin."""

    asking: Asking
    shape: ResponseShape
    items: list[Json]
    collection: str
    conversation: str


def prepare(services: Services, asked: ResponseRequest) -> Prepared:
    """Reads all that a request says and refers to.

    Raises:
        ApiError: something of it cannot be, or is not there.
    """
    check_form(services, asked.form, "text.format")
    check_store(services, store=bool(asked.store) or bool(asked.background))
    store = services.settings.keeps_answers if asked.store is None else asked.store
    shape = ResponseShape(asked, store)
    items = items_of(asked.input, shape.token, partial(find_item, services))
    before = _before(services, asked.previous_response_id)
    told = kept_items(services, asked.conversation_id) if asked.conversation_id else []
    everything = [item for reply in before for item in _items_of_reply(reply)] + told + items
    asked_at = _place_of_question(everything)
    turns = turns_of(everything[: asked_at + 1])
    collection = _collection(services, asked)
    asking = Asking(
        turns[-1].text,
        partial(_open, services, asked, collection),
        tuple(turns[:-1]),
        filters=_filters(asked),
        passages=asked.file_search.passages if asked.file_search is not None else asked.ibid.passages,
        wishes=_wishes(asked, everything, asked_at),
    )
    conversation = asked.conversation_id or asked.ibid.conversation or (before[-1].conversation if before else "")
    return Prepared(asking, shape, items, collection, conversation)


def conclude(services: Services, prepared: Prepared, answer: Answer, searched: SearchResult) -> Json:
    """The finished response, kept before anybody is told of it, unless it is not to be."""
    shape = prepared.shape
    read = "\n".join([*(turn.text for turn in prepared.asking.history), prepared.asking.question])
    body = shape.finished(answer, searched, count_usage(services, read, answer))
    if shape.asked.conversation_id:
        said = [*prepared.items, *_to_keep(body)["output"]]
        add_items(services.home, shape.asked.conversation_id, said)
    if not shape.store:
        return body
    past = keep_answer(services.home, prepared.asking.question, answer, prepared.conversation)
    if shape.asked.background:
        if not finish_reply(services.home, shape.id, body["status"], _to_keep(body), past.number):
            delete_answers(services.home, [past.number])  # it was cancelled meanwhile
    else:
        keep(services, prepared, _to_keep(body), past.number, past.conversation)
    return body


def _to_keep(body: Json) -> Json:
    return {**without_results(body), "ibid": answer_to_keep(body["ibid"])}


def keep(services: Services, prepared: Prepared, body: Json, answer: int | None = None, conversation: str = "") -> None:
    """Keeps a response so that it can be retrieved."""
    reply = KeptReply(
        id=prepared.shape.id,
        kind=RESPONSE,
        collection=prepared.collection,
        status=body["status"],
        asked=prepared.items,
        body=body,
        owner=services.access.owner,
        previous=prepared.shape.asked.previous_response_id or "",
        conversation=conversation or prepared.conversation,
        answer=answer,
    )
    keep_reply(services.home, reply)


def _collection(services: Services, asked: ResponseRequest) -> str:
    """The collection to ask: the vector stores of the tool, their names in one, or the model's own.

    Raises:
        ApiError: they contradict each other, or none or too many stores are named.
    """
    named = collection_name(services.collections, asked.model)
    if asked.file_search is None:
        return named
    stores = list(dict.fromkeys(asked.file_search.vector_store_ids))
    place = next(place for place, tool in enumerate(asked.tools) if tool is asked.file_search)
    param = f"tools[{place}].vector_store_ids"
    if not 1 <= len(stores) <= MOST_STORES:
        message = f"tools: {len(stores)} vector stores are named; 1 to {MOST_STORES} are searched for one answer"
        raise ApiError(400, message, code="invalid_value", param=param)
    if "/" in asked.model and stores != [named]:
        told = ", ".join(map(repr, stores))
        raise ApiError(
            400,
            f"the model {asked.model!r} answers from {named!r}, but file_search names {told}; "
            "use the model 'ibid', which answers from any store",
            code="invalid_value",
            param=param,
        )
    for store in stores:
        if collections_named(store) != (store,):  # which no store is called, but several together are
            raise NotFoundError(f"no collection {store[:80]!r}")
    return name_of_several(stores)


class _Several(NamedTuple):
    catalog: SeveralCatalogs
    searcher: SeveralSearchers


def _open(services: Services, asked: ResponseRequest, collection: str) -> Opened:
    if asked.file_search is None:
        return open_model(services.collections, asked.model)
    ranking = asked.file_search.ranking_options
    opened = [_ranking(services.collections.get(name), ranking) for name in collections_named(collection)]
    if len(opened) == 1:
        return opened[0]
    for one in opened:
        check_not_expired(one.catalog)  # which says of one which it is
    return _Several(
        SeveralCatalogs([one.catalog for one in opened]), SeveralSearchers([one.searcher for one in opened])
    )


def _ranking(opened: OpenCollection, ranking: RankingOptions) -> OpenCollection:
    searcher = opened.searcher.without_reranker() if ranking.ranker == "none" else opened.searcher
    if ranking.score_threshold:
        searcher = searcher.from_score(ranking.score_threshold)
    return opened._replace(searcher=searcher)


def _filters(asked: ResponseRequest) -> Filters:
    options = asked.ibid
    tool = asked.file_search
    given = tool.filters if tool is not None and tool.filters else options.filters
    if given is None and options.as_of is None and not options.all_versions:
        return NO_FILTERS
    return read_filters(given, options.as_of, all_versions=options.all_versions)


def _place_of_question(items: list[Json]) -> int:
    """Where the last message of the user is; nothing that is said may follow it.

    Raises:
        ApiError: there is none, or an answer follows it.
    """
    said = [(place, item["role"]) for place, item in enumerate(items) if item["type"] == "message"]
    turns = [(place, role) for place, role in said if role in {"user", "assistant"}]
    if not turns or turns[-1][1] != "user":
        raise ApiError(400, "the last message must be the user's question", code="invalid_value", param="input")
    return turns[-1][0]


def _wishes(asked: ResponseRequest, items: list[Json], asked_at: int) -> Wishes:
    """Of the answer's form: instructions hold for this response alone, as at OpenAI, system messages for all."""
    instructions = [asked.instructions or "", *(text_of(item) for item in items if _instructs(item))]
    return Wishes(
        max_tokens=asked.max_output_tokens,
        instructions="\n\n".join(filter(None, instructions)),
        sampling=Sampling(temperature=asked.temperature, top_p=asked.top_p),
        toolbox=toolbox_of(asked.functions, asked.tool_choice, items[asked_at:], parallel=asked.parallel_tool_calls),
        form=asked.form,
    )


def _instructs(item: Json) -> bool:
    return item["type"] == "message" and item["role"] in {"system", "developer"}


def _before(services: Services, previous: str | None) -> list[KeptReply]:
    """The stored responses that a new one follows, the oldest first."""
    if not previous:
        return []
    try:
        last = get_reply(services.home, RESPONSE, previous, services.access.owns)
    except NotFoundError:
        raise ApiError(
            400,
            f"Previous response with id {previous[:80]!r} not found. It was not stored, or has been deleted.",
            code="previous_response_not_found",
            param="previous_response_id",
        ) from None
    if last.status not in {"completed", "incomplete"}:
        raise ApiError(
            400,
            f"the response {previous!r} is {last.status}; only a finished one can be followed",
            code="invalid_value",
            param="previous_response_id",
        )
    return replies_until(services.home, last)


def _items_of_reply(reply: KeptReply) -> list[Json]:
    return [*reply.asked, *reply.body["output"]]


def said_before(services: Services, previous: str | None) -> list[Turn]:
    """What was said up to a stored response.

    Raises:
        ApiError: it is not there, or not finished.
    """
    return [turn for reply in _before(services, previous) for turn in turns_of(_items_of_reply(reply))]


def find_item(services: Services, item_id: str) -> Json:
    """An item of a stored response.

    Raises:
        ApiError: 404.
    """
    owner = response_of_item(item_id)
    try:
        if owner is None:
            raise NotFoundError("it is none of ours")
        reply = get_reply(services.home, RESPONSE, owner, services.access.owns)
    except NotFoundError:
        reply = None
    for item in _items_of_reply(reply) if reply is not None else []:
        if item.get("id") == item_id:
            found: Json = item
            return found
    raise ApiError(404, f"Item with id {item_id[:80]!r} not found.", code="not_found", param="input")
