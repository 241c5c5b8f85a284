"""Answers as JSON by a schema, written by a model from the passages, each value checked against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from serving.structured.leaves import pieces_of
from tests.serving.http_server import running_server
from tests.serving.library import HANDBOOK
from tests.serving.model_server import Reply
from tests.serving.test_http_chat_wishes import REPORT, ask, served

FEE = "What is the fee for a resit, and how often may an examination be resat?"
SCHEMA = {
    "type": "object",
    "properties": {"fee": {"type": "integer"}, "how_often": {"type": "string"}, "late": {"$ref": "#/$defs/late"}},
    "required": ["fee", "how_often"],
    "$defs": {"late": {"type": ["boolean", "null"]}},
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "resit", "schema": SCHEMA, "strict": True}}


def filled(answer: Any, passages: tuple[int, ...] = (), *, answered: bool = True) -> Reply:
    whole = {"answered": answered, "passages": list(passages), "answer": answer}
    return Reply((json.dumps(whole, ensure_ascii=False),), usage=(90, 9))


GOOD = {"fee": 40, "how_often": "once in the following term", "late": None}


def test_the_model_fills_the_schema_and_every_value_is_checked_and_cited(tmp_path: Path) -> None:
    with served(tmp_path, filled(GOOD)) as (client, scripted):
        completion = ask(client, FEE, response_format=FORMAT)
        message = completion.choices[0].message
        assert json.loads(message.content) == GOOD
        assert message.refusal is None
        claims = completion.ibid["claims"]
        assert [claim["text"] for claim in claims] == [
            '{"fee": 40',
            ', "how_often": "once in the following term"',
            ', "late": null}',
        ]
        assert [claim["verdict"] for claim in claims] == ["supported", "supported", "uncited"]
        citations = {citation["marker"]: citation for citation in completion.ibid["citations"]}
        assert "fee for a resit is 40 euros" in citations[claims[0]["citations"][0]]["quote"]
        for citation in citations.values():
            assert HANDBOOK[citation["start"] : citation["end"]] == citation["quote"]
        assert completion.usage.prompt_tokens == 90
        rules, asked = (message["content"] for message in scripted.requests[0]["messages"])  # type: ignore[union-attr,attr-defined]
        assert "You fill in a JSON form" in rules
        assert '"how_often"' in asked.partition("<schema-")[2]
        wanted = scripted.requests[0]["response_format"]["json_schema"]["schema"]  # type: ignore[index]
        assert wanted["$defs"] == SCHEMA["$defs"]
        assert wanted["properties"]["answer"]["anyOf"][0]["properties"] == SCHEMA["properties"]


def test_a_value_that_stands_nowhere_is_marked_and_a_strict_collection_refuses(tmp_path: Path) -> None:
    wrong = {**GOOD, "fee": 45}
    with served(tmp_path, filled(wrong)) as (client, _):
        claim = ask(client, FEE, response_format=FORMAT).ibid["claims"][0]
        assert (claim["verdict"], claim["citations"]) == ("unsupported", [])
        assert "45" in claim["why"]
        client.vector_stores.update("default", metadata={"policy": "strict"})
        choice = ask(client, FEE, response_format=FORMAT).choices[0]
        assert choice.message.content is None
        assert "withheld" in choice.message.refusal


def test_a_stream_says_the_same(tmp_path: Path) -> None:
    with served(tmp_path, filled(GOOD)) as (client, _):
        chunks = list(ask(client, FEE, response_format=FORMAT, stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert json.loads(text) == GOOD
        assert chunks[-1].ibid["text"] == text


def test_what_the_passages_do_not_answer_is_a_refusal_and_no_json(tmp_path: Path) -> None:
    with served(tmp_path, filled(None, answered=False)) as (client, _):
        message = ask(client, FEE, response_format=FORMAT).choices[0].message
        assert message.content is None
        assert "I found no answer" in message.refusal
        chunks = list(ask(client, FEE, response_format=FORMAT, stream=True))
        refusal = "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks)
        assert refusal == message.refusal
        assert not any(chunk.choices[0].delta.content for chunk in chunks)


class Resit(BaseModel):
    fee: int
    how_often: Literal["once", "twice"]


def test_the_official_client_parses_chats_and_responses(tmp_path: Path) -> None:
    with served(tmp_path, filled({"fee": 40, "how_often": "once"})) as (client, _):
        messages: Any = [{"role": "user", "content": FEE}]
        chat = client.chat.completions.parse(model="ibid", messages=messages, response_format=Resit)
        assert chat.choices[0].message.parsed == Resit(fee=40, how_often="once")
        response: Any = client.responses.parse(model="ibid", input=FEE, text_format=Resit)
        assert response.output_parsed == Resit(fee=40, how_often="once")
        assert response.text.format.type == "json_schema"
        with client.responses.stream(model="ibid", input=FEE, text_format=Resit) as stream:
            assert stream.get_final_response().output_parsed == Resit(fee=40, how_often="once")


def test_a_response_that_is_refused_holds_a_refusal_streamed_or_not(tmp_path: Path) -> None:
    with served(tmp_path, filled(None, answered=False)) as (client, _):
        response: Any = client.responses.parse(model="ibid", input=FEE, text_format=Resit)
        part = response.output[1].content[0]
        assert (part.type, response.output_parsed) == ("refusal", None)
        assert "I found no answer" in part.refusal
        live = list(client.responses.create(model="ibid", input=FEE, text=_format(), stream=True))
        kinds = [event.type for event in live]
        assert {"response.refusal.delta", "response.refusal.done"} <= set(kinds)
        assert "response.output_text.delta" not in kinds
        again = list(client.responses.retrieve(live[-1].response.id, stream=True))  # type: ignore[union-attr]
        assert [event.type for event in again] == kinds
        follow_up = client.responses.create(model="ibid", input=FEE, text=_format(), previous_response_id=response.id)
        assert follow_up.output[1].content[0].type == "refusal"  # type: ignore[union-attr]


def _format() -> Any:
    return {"format": {"type": "json_schema", "name": "resit", "schema": SCHEMA}}


def test_any_object_may_be_asked_for(tmp_path: Path) -> None:
    with served(tmp_path, filled({"days": "fourteen days"})) as (client, _):
        content = ask(client, response_format={"type": "json_object"}).choices[0].message.content
        assert json.loads(content) == {"days": "fourteen days"}


@pytest.mark.parametrize("reply", [Reply(("no JSON at all",)), filled({"fee": "forty"}), filled([40])])
def test_a_reply_that_does_not_follow_the_schema_is_the_models_failure(tmp_path: Path, reply: Reply) -> None:
    with served(tmp_path, reply) as (client, _), pytest.raises(openai.InternalServerError, match="follow the schema"):
        ask(client, FEE, response_format=FORMAT)


def test_a_schema_that_refers_to_itself_without_end_is_a_bad_request(tmp_path: Path) -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with served(tmp_path, filled({})) as (client, _), pytest.raises(openai.BadRequestError, match="without end"):
        ask(client, FEE, response_format=wanted)


def test_a_pattern_that_takes_for_ever_holds_nobody_up(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"fee": {"type": "string", "pattern": "(a|a)*$"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with served(tmp_path, filled({"fee": "a" * 40 + "!"})) as (client, _):
        assert ask(client, FEE, response_format=wanted).choices[0].finish_reason == "stop"


def test_half_of_a_json_value_is_none(tmp_path: Path) -> None:
    with served(tmp_path, Reply(('{"answered": true, "ans',), finish="length")) as (client, _):
        choice = ask(client, FEE, response_format=FORMAT, max_tokens=5).choices[0]
        assert (choice.finish_reason, choice.message.content or "") == ("length", "")


def test_without_a_model_json_is_a_bad_request(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        client = running.client()
        with pytest.raises(openai.BadRequestError, match="written by a chat model") as in_chat:
            ask(client, response_format=FORMAT)
        with pytest.raises(openai.BadRequestError, match="written by a chat model") as in_response:
            client.responses.create(model="ibid", input=REPORT, text=_format())
        assert (in_chat.value.param, in_response.value.param) == ("response_format", "text.format")


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "#"},
        {"$ref": "#/$defs/nowhere"},
        {"patternProperties": {"(a+)+$": {}}},
        {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        json.loads('{"items": ' * 30 + "{}" + "}" * 30),
    ],
)
def test_schemas_that_cannot_be_followed_are_bad_requests(tmp_path: Path, schema: Any) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with served(tmp_path, filled({})) as (client, scripted):
        with pytest.raises(openai.BadRequestError) as caught:
            ask(client, response_format=wanted)
        assert caught.value.param == "response_format"
        assert scripted.requests == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_the_pieces_of_an_answer_are_the_answer(answer: Any) -> None:
    pieces = pieces_of(answer)
    text = "".join(piece.text for piece in pieces)
    assert text == json.dumps(answer, ensure_ascii=False)
    assert all(json.dumps(piece.value, ensure_ascii=False) in piece.text for piece in pieces if piece.has_value)
