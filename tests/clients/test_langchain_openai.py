"""LangChain's own OpenAI parts, unchanged but for the address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import numpy as np
import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr

from tests.serving.http_server import RunningServer

QUESTION = "How much does a late report lose?"
KEY = SecretStr("any")


@pytest.fixture
def connection() -> Iterator[httpx.Client]:
    """LangChain leaves its own connections open until the program ends."""
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.fixture
def chat(server: RunningServer, connection: httpx.Client) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{server.address}/v1", api_key=KEY, model="ibid", max_retries=0, http_client=connection)


def test_an_answer_is_a_message_with_its_usage(chat: ChatOpenAI) -> None:
    message = chat.invoke(QUESTION)
    assert isinstance(message, AIMessage)
    assert "5% a day" in message.text
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.usage_metadata is not None
    assert message.usage_metadata["total_tokens"] > 0


def test_a_streamed_answer_adds_up_to_the_whole_one(chat: ChatOpenAI) -> None:
    chunks = list(chat.stream(QUESTION, stream_usage=True))
    assert "".join(chunk.text for chunk in chunks) == chat.invoke(QUESTION).text
    assert any(chunk.usage_metadata for chunk in chunks)


def test_async_answers_come_streamed_and_several_at_once(server: RunningServer) -> None:
    async def ask() -> tuple[str, list[AIMessage]]:
        async with httpx.AsyncClient(timeout=30) as client:
            url = f"{server.address}/v1"
            chat = ChatOpenAI(base_url=url, api_key=KEY, model="ibid", max_retries=0, http_async_client=client)
            streamed = [chunk.text async for chunk in chat.astream(QUESTION)]
            return "".join(streamed), await chat.abatch([QUESTION, "When does the library open?"])

    streamed, (late, library) = asyncio.run(ask())
    assert streamed == late.text
    assert "8:00" in library.text


def test_a_conversation_makes_a_follow_up_clear(chat: ChatOpenAI) -> None:
    turns = [SystemMessage("Answer briefly."), HumanMessage("租赁期满后押金何时退还？")]
    first = chat.invoke(turns)
    assert "三十日" in first.text
    assert "转租" in chat.invoke([*turns, first, HumanMessage("承租人可以转租吗？")]).text


def test_it_stands_in_a_chain(chat: ChatOpenAI) -> None:
    chain = ChatPromptTemplate.from_messages([("human", "{question}")]) | chat | StrOutputParser()
    assert "40 euros" in chain.invoke({"question": "What is the fee for a resit?"})


def test_the_responses_api_is_spoken_too(server: RunningServer, connection: httpx.Client) -> None:
    url = f"{server.address}/v1"
    chat = ChatOpenAI(
        base_url=url, api_key=KEY, model="ibid", use_responses_api=True, max_retries=0, http_client=connection
    )
    search = {"type": "file_search", "vector_store_ids": ["default"]}
    message = chat.bind_tools([search]).invoke(QUESTION)
    assert "5% a day" in message.text
    citations = [note for block in message.content_blocks for note in block.get("annotations", [])]  # type: ignore[attr-defined]
    assert citations
    assert "".join(chunk.text for chunk in chat.stream(QUESTION)) == message.text


def test_structured_output_without_a_chat_model_is_refused_with_a_reason(chat: ChatOpenAI) -> None:
    class Fee(BaseModel):
        fee: str

    with pytest.raises(openai.BadRequestError, match="response_format"):
        chat.with_structured_output(Fee, method="json_schema").invoke(QUESTION)


def test_embeddings_are_the_servers(server: RunningServer, connection: httpx.Client) -> None:
    texts = ["a late report", "迟交的报告"]
    made = OpenAIEmbeddings(
        base_url=f"{server.address}/v1",
        api_key=KEY,
        model="ibid",
        check_embedding_ctx_length=False,
        max_retries=0,
        http_client=connection,
    )
    vectors = made.embed_documents(texts)
    assert np.allclose(vectors, server.embedder.embed_passages(texts))
    assert np.allclose(made.embed_query(texts[0]), vectors[0])


def test_texts_cut_into_another_models_tokens_are_refused_with_what_to_do(server: RunningServer) -> None:
    """What LangChain sends by default, once it could fetch the tokens of OpenAI's models."""
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
        server.client().embeddings.create(model="ibid", input=[[64, 3389, 1934]])
